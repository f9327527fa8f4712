/** Schemas of the results of `sandbox` commands: the contract behind docs/schemas. */
import { z } from 'zod';

export const sandboxStartSchema = z.object({
  id: z.string(),
  endpoint: z.string(),
  pid: z.int(),
  region: z.string(),
  account: z.string(),
  speed: z.number(),
  exec: z.boolean(),
  started: z.boolean(),
  env: z.record(z.string(), z.string()),
  seeded: z.array(z.string()),
});

export const sandboxStopSchema = z.object({
  stopped: z.array(z.object({ id: z.string(), endpoint: z.string(), pid: z.int() })),
});

const listener = z.object({ region: z.string(), loadBalancer: z.string(), port: z.int(), localPort: z.int() });

export const sandboxStatusSchema = z.object({
  sandboxes: z.array(
    z.object({
      id: z.string(),
      endpoint: z.string(),
      pid: z.int(),
      account: z.string(),
      region: z.string(),
      speed: z.number(),
      exec: z.boolean(),
      answering: z.boolean(),
      awsTime: z.string().optional(),
      faults: z.int().optional(),
      trafficRps: z.number().optional(),
      stateFolder: z.string().optional(),
      listeners: z.array(listener),
    }),
  ),
});

export const sandboxEnvSchema = z.object({
  set: z.record(z.string(), z.string()),
  unset: z.array(z.string()),
});

export const sandboxResetSchema = z.object({ id: z.string(), seeded: z.array(z.string()) });

const fault = z.object({
  id: z.string(),
  kind: z.string(),
  operation: z.string(),
  percent: z.number(),
  hits: z.int(),
  remaining: z.int().optional(),
  delayMs: z.number().optional(),
});

export const faultAddSchema = z.object({ fault: fault.optional(), done: z.string().optional() });
export const faultListSchema = z.object({
  faults: z.array(fault),
  kinds: z.array(z.object({ kind: z.string(), meaning: z.string() })),
});
export const faultClearSchema = z.object({ cleared: z.int() });

export const timelineSchema = z.object({
  entries: z.array(z.looseObject({ seq: z.int(), at: z.number(), region: z.string(), kind: z.string() })),
});

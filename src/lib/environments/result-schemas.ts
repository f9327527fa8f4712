/** Schemas of the results of environment commands: the contract behind docs/schemas. */
import { z } from 'zod';

export const statusSchema = z.object({
  services: z.array(
    z.object({
      service: z.string(),
      serviceName: z.string(),
      state: z.enum(['healthy', 'deploying', 'degraded', 'asleep', 'missing']),
      release: z.int(),
      image: z.string(),
      desired: z.int(),
      running: z.int(),
      pending: z.int(),
      strategy: z.string(),
      targets: z.object({ healthy: z.int(), total: z.int() }).optional(),
      deployment: z.object({ status: z.string(), since: z.string(), reason: z.string().optional() }).optional(),
      problems: z.array(z.string()),
    }),
  ),
  lock: z.array(
    z.object({ run: z.string(), scope: z.string(), operation: z.string(), by: z.string(), since: z.string() }),
  ),
});

export const openSchema = z.object({
  what: z.enum(['service', 'logs', 'cluster', 'alarms']),
  service: z.string().nullable(),
  url: z.string(),
  how: z.enum(['opened', 'printed', 'none']).describe('none: a sandbox has no console'),
});

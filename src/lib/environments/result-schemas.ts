/** Schemas of the results of environment commands: the contract behind docs/schemas. */
import { z } from 'zod';

const deployment = z.object({
  status: z.string().describe("ECS's rollout state of the live deployment"),
  since: z.string(),
  reason: z.string().optional(),
  outcome: z
    .enum(['succeeded', 'in-progress', 'rolling-back', 'rolled-back', 'rollback-failed', 'stopped'])
    .optional()
    .describe('of the newest service deployment; absent where it was not asked for (large environments)'),
  endedAt: z.string().optional(),
  seconds: z.int().optional(),
  id: z.string().optional().describe('ARN of the newest service deployment'),
});

const alarm = z.object({
  name: z.string(),
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA', 'missing']),
  since: z.string().optional(),
  reason: z.string().optional(),
});

export const statusSchema = z.object({
  counts: z
    .object({ healthy: z.int(), deploying: z.int(), degraded: z.int(), asleep: z.int(), missing: z.int() })
    .describe('of every service that was looked at, also those that --state leaves out'),
  services: z
    .array(
      z.object({
        service: z.string(),
        serviceName: z.string(),
        state: z.enum(['healthy', 'deploying', 'degraded', 'asleep', 'missing']),
        release: z.int(),
        taskDefinition: z.string(),
        image: z.string(),
        tag: z.string().optional().describe('the tag that was shipped'),
        digest: z.string().optional(),
        desired: z.int(),
        running: z.int(),
        pending: z.int(),
        strategy: z.string(),
        targets: z.object({ healthy: z.int(), total: z.int() }).optional(),
        scaling: z.object({ min: z.int(), max: z.int(), isSuspended: z.boolean() }).optional(),
        deployment: deployment.optional(),
        alarms: z.array(alarm),
        problems: z.array(z.string()),
      }),
    )
    .describe('problems first'),
  lock: z.array(
    z.object({
      run: z.string(),
      scope: z.string(),
      operation: z.string(),
      by: z.string(),
      since: z.string(),
      liveness: z.enum(['live', 'gone', 'remote']),
    }),
  ),
});

export const openSchema = z.object({
  what: z.enum(['service', 'logs', 'cluster', 'alarms']),
  service: z.string().nullable(),
  url: z.string(),
  how: z.enum(['opened', 'printed', 'none']).describe('none: a sandbox has no console'),
});

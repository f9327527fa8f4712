/** The JSON contract of deploy, rollback and restart. */
import { z } from 'zod';

export const cardSchema = z.object({
  service: z.string(),
  cause: z.enum([
    'exit-code',
    'out-of-memory',
    'image-not-found',
    'unhealthy',
    'secret-missing',
    'log-group-missing',
    'smoke-failed',
    'not-ready-in-time',
    'other',
  ]),
  summary: z.string(),
  evidence: z.array(z.object({ source: z.string(), at: z.string().optional(), text: z.string() })),
  fix: z.string(),
  next: z.array(z.object({ command: z.string(), why: z.string() })),
});

const evidence = z.object({
  deployment: z.string().nullable().describe('ARN of the service deployment'),
  status: z.string(),
  digests: z.array(z.object({ container: z.string(), digest: z.string(), tasks: z.int() })),
  targets: z.object({ healthy: z.int(), total: z.int() }).nullable(),
  smoke: z.object({ what: z.string(), attempts: z.int(), lastResult: z.string() }).nullable(),
  approvedBy: z.string().nullable(),
});

export const outcomeSchema = z.enum([
  'succeeded',
  'unchanged',
  'failed',
  'stopped',
  'rolled-back',
  'rollback-failed',
  'superseded',
  'timed-out',
  'paused',
  'skipped',
  'planned',
]);

const service = z.object({
  service: z.string(),
  outcome: outcomeSchema,
  release: z.int().nullable().describe("the task definition's revision; null when nothing was registered"),
  image: z.string(),
  previous: z.int().nullable().describe('the release that ran before'),
  strategy: z.enum(['rolling']),
  deploymentId: z.string().nullable(),
  seconds: z.int().nullable().describe('AWS seconds of the deployment'),
  evidence: evidence.nullable(),
  card: cardSchema.optional(),
});

export const deploySchema = z.object({ services: z.array(service) });

/** The JSON contract of `platform scale`. */
import { z } from 'zod';
import { cardSchema, outcomeSchema } from '../deployments/result-schema.js';

const range = { min: z.int(), max: z.int() };

const service = z.object({
  service: z.string(),
  outcome: outcomeSchema,
  before: z.int().describe('desired count before'),
  asked: z.int(),
  desired: z.int().nullable().describe('desired count as last seen'),
  running: z.int().nullable(),
  healthy: z.int().nullable(),
  targets: z.object({ healthy: z.int(), total: z.int() }).nullable(),
  autoscaling: z
    .object({ ...range, movedFrom: z.object(range).nullable() })
    .nullable()
    .describe('the range that Application Auto Scaling keeps; null when nothing scales the service'),
  seconds: z.int().nullable().describe('AWS seconds from the call to the verdict'),
  card: cardSchema.optional(),
});

export const scaleSchema = z.object({ services: z.array(service) });

/** The JSON contract of `platform run`. */
import { z } from 'zod';
import { cardSchema, outcomeSchema } from '../deployments/result-schema.js';

export const runTaskSchema = z.object({
  service: z.string(),
  container: z.string().describe('the container that the command ran in'),
  taskDefinition: z.string(),
  task: z.string().nullable().describe('ARN; null before there is one'),
  outcome: outcomeSchema,
  exitCode: z.int().nullable().describe('of the command; null while it runs, or when it never did'),
  stopCode: z.string().nullable(),
  reason: z.string().nullable(),
  containers: z.array(z.object({ name: z.string(), exitCode: z.int().nullable(), reason: z.string().nullable() })),
  seconds: z.int().nullable().describe("AWS seconds from the container's start to the task's end"),
  logs: z.array(z.object({ timestamp: z.string(), message: z.string() })).describe('the last 50 lines, redacted'),
  card: cardSchema.optional(),
});

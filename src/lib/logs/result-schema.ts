/** Schema of what `logs tail` and `logs search` end with: the contract behind docs/schemas. */
import { z } from 'zod';

export const logEventSchema = z.looseObject({
  timestamp: z.string(),
  service: z.string(),
  stream: z.string(),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
});

export const logsSchema = z.object({
  window: z.object({ since: z.string(), until: z.string().nullable() }),
  groups: z.array(
    z.object({
      group: z.string(),
      region: z.string(),
      services: z.array(z.string()),
      state: z.enum(['read', 'missing']),
    }),
  ),
  elsewhere: z
    .array(z.object({ service: z.string(), container: z.string(), driver: z.string(), destination: z.string() }))
    .describe('containers whose logs are not in CloudWatch, and where they go'),
  read: z.int().describe('events read from AWS'),
  shown: z.int().describe('events shown after the filters'),
  late: z.int().describe('events shown after a younger one, because they came late'),
  throttled: z.int().describe('calls that AWS refused as too many; they were made again'),
  cut: z.boolean().describe('there was more than --limit'),
  events: z.array(logEventSchema).optional().describe('with --json only'),
});

/** Schemas of the results of `exec` and `tunnel`: the contract behind docs/schemas. */
import { z } from 'zod';

export const execSchema = z.object({
  service: z.string(),
  task: z.string(),
  container: z.string(),
  exitCode: z.int().nullable().describe('the command’s own; null with a terminal, where nobody learns it'),
  stdout: z.string().optional().describe('with --json: what the command printed on both streams, at most 1 MB'),
  truncated: z.boolean().optional().describe('present and true when it printed more'),
});

export const tunnelSchema = z.object({
  name: z.string(),
  host: z.literal('127.0.0.1'),
  port: z.int(),
  via: z.object({ service: z.string(), task: z.string() }),
});

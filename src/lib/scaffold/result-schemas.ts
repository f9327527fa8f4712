/** Schema of `init`'s result: the contract behind docs/schemas. */
import { z } from 'zod';

export const initSchema = z.object({
  folder: z.string(),
  project: z.string(),
  region: z.string(),
  runtime: z.enum(['ecs']),
  /** False with --dry-run. */
  written: z.boolean(),
  files: z.array(z.object({ path: z.string(), state: z.enum(['created', 'unchanged', 'overwritten']) })),
});
export type InitResult = z.output<typeof initSchema>;

/** Schema of `adopt`'s result: the contract behind docs/schemas. */
import { z } from 'zod';

export const adoptSchema = z.object({
  account: z.string(),
  region: z.string(),
  cluster: z.string(),
  project: z.string(),
  environment: z.string(),
  protected: z.boolean(),
  folder: z.string(),
  /** False with --dry-run, and when there was nothing to adopt. */
  written: z.boolean(),
  files: z.array(
    z.object({
      path: z.string(),
      state: z.enum(['created', 'unchanged', 'overwritten']),
      /** Only with --dry-run. */
      text: z.string().optional(),
    }),
  ),
  services: z.array(
    z.object({
      /** Name in ECS. */
      serviceName: z.string(),
      /** Name in platform.yaml; absent when it was left out. */
      service: z.string().optional(),
      verdict: z.enum(['adopted', 'adopted-with-questions', 'left-out']),
      /** Why it was left out. */
      why: z.string().optional(),
      notes: z.array(z.string()),
    }),
  ),
  questions: z.array(
    z.object({ code: z.string(), service: z.string().optional(), question: z.string(), fix: z.string() }),
  ),
});
export type AdoptResult = z.output<typeof adoptSchema>;

/** Schemas of the results of `lock` commands: the contract behind docs/schemas. */
import { z } from 'zod';

export const lockStatusSchema = z.object({
  counter: z.int(),
  holders: z.array(
    z.object({
      scope: z.string(),
      run: z.string(),
      operation: z.string(),
      by: z.string(),
      host: z.string(),
      pid: z.int(),
      since: z.string(),
      liveness: z.enum(['gone', 'live', 'remote']),
    }),
  ),
});

export const lockBreakSchema = z.object({ run: z.string(), scopes: z.array(z.string()) });

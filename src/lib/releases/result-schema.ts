/** Schema of `releases`' result: the contract behind docs/schemas. */
import { z } from 'zod';

export const releasesSchema = z.object({
  releases: z.array(
    z.object({
      service: z.string(),
      release: z.int(),
      taskDefinition: z.string(),
      image: z.string(),
      outcome: z.enum(['worked', 'rolled-back', 'failed', 'unknown']),
      isLive: z.boolean(),
      registeredAt: z.string(),
      tag: z.string().optional(),
      commit: z.string().optional(),
      run: z.string().optional(),
      by: z.string().optional().describe('who ran it, by its journal; else the session that registered it'),
      registeredBy: z.string().optional(),
      deployment: z.string().optional().describe('the service deployment that shipped it'),
      deployedAt: z.string().optional(),
      seconds: z.int().optional(),
    }),
  ),
});

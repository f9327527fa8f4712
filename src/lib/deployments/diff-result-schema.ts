/** Schema of `diff`'s result: the contract behind docs/schemas. */
import { z } from 'zod';

export const diffSchema = z.object({
  services: z.array(
    z.object({
      service: z.string(),
      serviceName: z.string(),
      state: z
        .enum(['changed', 'unchanged', 'missing'])
        .describe('what a deploy would do; missing: it would be refused'),
      release: z.int().nullable().describe('the live one'),
      taskDefinition: z.string().nullable(),
      image: z
        .object({
          before: z.string(),
          after: z.string(),
          tagBefore: z.string().optional(),
          tagAfter: z.string().optional(),
        })
        .nullable()
        .describe('as a deploy with these flags would choose it'),
      changes: z.array(
        z.object({
          kind: z.enum(['image', 'variable', 'secret', 'definition']),
          field: z.string(),
          before: z.string().nullable(),
          after: z.string().nullable(),
        }),
      ),
      drift: z
        .array(
          z.object({
            kind: z.string(),
            message: z.string(),
            weight: z.enum(['difference', 'note']).describe('only differences count for --exit-code'),
          }),
        )
        .describe('what others changed'),
    }),
  ),
});

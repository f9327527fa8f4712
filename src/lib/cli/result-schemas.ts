/** Result schemas of the commands that belong to the shell itself. Nouns keep theirs in their own folder. */
import { z } from 'zod';

export const helpExitCodes = z.object({
  exitCodes: z.array(z.object({ code: z.int(), meaning: z.string(), errors: z.array(z.string()) })),
});

const guide = z.array(z.object({ name: z.string(), meaning: z.string() }));

export const helpJson = z.object({ envelope: guide, streams: guide });

export const helpVariables = z.object({
  variables: z.array(z.object({ name: z.string(), group: z.string(), what: z.string() })),
});

export const completion = z.object({
  shell: z.enum(['bash', 'zsh', 'fish']),
  install: z.string().describe('what to type once'),
  script: z.string(),
});

export const help = z.object({ help: z.string() });

/** The envelope of docs/json.md. Unknown members may appear later: readers ignore them. */
export const envelopeSchema = z.looseObject({
  schema: z.string().regex(/^platform(\.[a-z.-]+)?\/\d+$/),
  ok: z.boolean().describe('true exactly when exitCode is 0 or 11'),
  command: z.string(),
  exitCode: z.int(),
  runId: z.string().optional(),
  target: z
    .looseObject({
      place: z.enum(['aws', 'sandbox']),
      account: z.string().optional(),
      region: z.string().optional(),
      project: z.string().optional(),
      environment: z.string().optional(),
      sandbox: z.string().optional(),
    })
    .optional(),
  result: z.unknown().optional(),
  error: z
    .looseObject({
      code: z.string().regex(/^E_[A-Z_]+$/),
      message: z.string(),
      hints: z.array(z.string()),
      details: z.unknown().optional(),
    })
    .optional()
    .describe('present exactly when ok is false'),
  warnings: z.array(z.looseObject({ code: z.string(), message: z.string() })),
  next: z.array(z.looseObject({ command: z.string(), why: z.string() })),
});

/** Inputs of actions come from plans, which may be old or from another version: each is checked before use. */
import type { z } from 'zod';
import { ActionError } from '../../engine/action.js';
import type { Json } from '../../plan/json.js';

export const parseInput = <S extends z.ZodType>(uses: string, schema: S, input: Json): z.output<S> => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  throw new ActionError({
    class: 'input',
    code: 'step-input',
    message: `${uses}: ${first?.path.join('.') || 'input'}: ${first?.message ?? 'does not fit'}`,
  });
};

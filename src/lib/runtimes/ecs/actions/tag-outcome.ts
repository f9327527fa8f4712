/** Writes how a release did on its task definition: history in ECS ends after 90 days, tags stay. */
import { z } from 'zod';
import type { Action } from '../../../engine/action.js';
import { mutating } from '../aws-failure.js';
import { parseInput } from '../parse.js';
import type { EcsPorts } from '../ports.js';

const uses = 'ecs.tag-outcome@1';

/** As recorded on the task definition; the end of a chain is translated here, in one place. */
const recorded = {
  worked: 'worked',
  succeeded: 'worked',
  'rolled-back': 'rolled-back',
  'rollback-failed': 'failed',
  failed: 'failed',
} as const;

const schema = z.object({ taskDefinition: z.string().min(1).nullable(), outcome: z.string() });

type Input = { readonly taskDefinition: string | null; readonly outcome: string };
type Output = { readonly taskDefinition: string | null; readonly outcome: string | null };

const outcomeFor = (word: string): string | undefined =>
  Object.entries(recorded).find(([known]) => known === word)?.[1];

export const tagOutcome: Action<EcsPorts, Input, never, never, Output> = {
  uses,
  effect: 'idempotent',
  settleMs: 0,
  parse: (input) => parseInput(uses, schema, input),
  start: async (io, input) => {
    const { taskDefinition } = input;
    const outcome = outcomeFor(input.outcome);
    // Nothing was registered, or the end says nothing about the release (superseded, stopped by a person).
    if (taskDefinition === null || outcome === undefined) {
      return { kind: 'done', outputs: { taskDefinition, outcome: null }, post: null };
    }
    await mutating('ecs:TagResource', () => io.ports.ecs.tagResource(taskDefinition, { 'platform:outcome': outcome }));
    return { kind: 'done', outputs: { taskDefinition, outcome }, post: null };
  },
};

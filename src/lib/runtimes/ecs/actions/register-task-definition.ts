/**
 * Registers one revision of a family. AWS has no idempotency token for it, so the revision itself carries who made it
 * (tags platform:run and platform:step), and a lost answer is settled by looking for that revision.
 */
import { z } from 'zod';
import { revisionOf } from '../../../aws/ecs-model.js';
import { type Action, ActionError, type ActionIo, type Probed } from '../../../engine/action.js';
import type { Json } from '../../../plan/json.js';
import { mutating, reading } from '../aws-failure.js';
import { parseInput } from '../parse.js';
import type { EcsPorts } from '../ports.js';
import { registrable, withImage } from '../registrable.js';
import { absentUnlessSettling } from '../settle.js';

const uses = 'ecs.register-task-definition@1';
/** Reads of ECS lag its writes by seconds. */
const settleMs = 10_000;
/** Revisions above the captured one that a probe looks at: other runs may have registered some meanwhile. */
const probedRevisions = 20;

const schema = z.object({
  family: z.string().min(1),
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('rendered'), definition: z.record(z.string(), z.json()) }),
    z.object({
      kind: z.literal('based-on'),
      taskDefinition: z.string().min(1),
      container: z.string().min(1),
      image: z.string().min(1),
    }),
  ]),
  tags: z.record(z.string(), z.string()),
});

type Source =
  | { readonly kind: 'rendered'; readonly definition: { readonly [key: string]: Json } }
  | { readonly kind: 'based-on'; readonly taskDefinition: string; readonly container: string; readonly image: string };
type Input = {
  readonly family: string;
  readonly source: Source;
  readonly tags: { readonly [key: string]: string };
};
type Captured = { readonly latest: number };
type Output = { readonly taskDefinition: string; readonly revision: number };
type Io = ActionIo<EcsPorts>;

const stamp = (io: Io, input: Input): Readonly<Record<string, string>> => ({
  ...input.tags,
  'platform:run': io.runId,
  'platform:step': io.stepId.replace(/[[\]]/g, '/'),
});

const done = (output: Output) =>
  ({ kind: 'done', outputs: output, post: { taskDefinition: output.taskDefinition } }) as const;

/** Read at the last moment: values of a live definition pass through, they are never journaled. */
const definitionOf = async (io: Io, source: Source): Promise<Readonly<Record<string, unknown>>> => {
  switch (source.kind) {
    case 'rendered':
      return source.definition;
    case 'based-on': {
      const record = await io.ports.ecs.taskDefinition(source.taskDefinition);
      if (record) return withImage(registrable(record.definition), source);
      const message = `the task definition ${source.taskDefinition} is gone`;
      throw new ActionError({ class: 'not-found', code: 'task-definition-not-found', message });
    }
  }
};

const probe = async (io: Io, input: Input, captured: Captured): Promise<Probed<never, Output>> => {
  const arns = await io.ports.ecs.revisions(input.family, probedRevisions);
  const mine = stamp(io, input);
  for (const arn of arns.filter((candidate) => revisionOf(candidate) >= captured.latest)) {
    const record = await io.ports.ecs.taskDefinition(arn);
    const isOurs =
      record?.tags['platform:run'] === mine['platform:run'] && record?.tags['platform:step'] === mine['platform:step'];
    if (record && isOurs)
      return { kind: 'applied', as: done({ taskDefinition: record.arn, revision: record.revision }) };
  }
  return absentUnlessSettling(io, settleMs, { family: input.family, looked: arns.length });
};

export const registerTaskDefinition: Action<EcsPorts, Input, Captured, never, Output> = {
  uses,
  effect: 'probed',
  settleMs,
  parse: (input) => parseInput(uses, schema, input) as Input,
  capture: async (io, input) => {
    const [newest] = await io.ports.ecs.revisions(input.family, 1);
    return { latest: newest === undefined ? 0 : revisionOf(newest) };
  },
  start: async (io, input) => {
    const definition = await reading(() => definitionOf(io, input.source));
    const record = await mutating('ecs:RegisterTaskDefinition', () =>
      io.ports.ecs.registerTaskDefinition(definition, stamp(io, input)),
    );
    return done({ taskDefinition: record.arn, revision: record.revision });
  },
  probe,
};

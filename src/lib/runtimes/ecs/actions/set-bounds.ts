/** Moves the range within which Application Auto Scaling keeps a service. Its policies and what is suspended stay as they are. */
import { z } from 'zod';
import { resourceIdOf, type ScalableTarget } from '../../../aws/autoscaling.js';
import type { ServiceRef } from '../../../aws/ecs.js';
import { type Action, ActionError, type ActionIo } from '../../../engine/action.js';
import { mutating } from '../aws-failure.js';
import { parseInput } from '../parse.js';
import type { EcsPorts } from '../ports.js';
import { absentUnlessSettling } from '../settle.js';

const uses = 'autoscaling.set-bounds@1';
const settleMs = 10_000;

const schema = z.object({
  cluster: z.string().min(1),
  service: z.string().min(1),
  min: z.int().min(0),
  max: z.int().min(0),
});

export type Bounds = { readonly min: number; readonly max: number };
type Input = Bounds & { readonly cluster: string; readonly service: string };
type Io = ActionIo<EcsPorts>;

export const boundsOf = ({ min, max }: ScalableTarget): Bounds => ({ min, max });

const liveBounds = async (io: Io, input: ServiceRef): Promise<Bounds> => {
  const target = (await io.ports.autoscaling.targets([input])).get(resourceIdOf(input));
  if (target) return boundsOf(target);
  throw new ActionError({
    class: 'not-found',
    code: 'scalable-target-not-found',
    message: `nothing scales ${input.service} any more: its scalable target is gone`,
  });
};

const isAs = (live: Bounds, asked: Bounds): boolean => live.min === asked.min && live.max === asked.max;

export const setBounds: Action<EcsPorts, Input, Bounds, never, Bounds> = {
  uses,
  effect: 'probed',
  settleMs,
  parse: (input) => parseInput(uses, schema, input),
  capture: liveBounds,
  start: async (io, input) => {
    await mutating('application-autoscaling:RegisterScalableTarget', () => io.ports.autoscaling.setBounds(input));
    const bounds = { min: input.min, max: input.max };
    return { kind: 'done', outputs: bounds, post: bounds };
  },
  current: liveBounds,
  subject: (input) => `scaling:${resourceIdOf(input)}`,
  probe: async (io, input) => {
    const live = await liveBounds(io, input);
    if (!isAs(live, input)) return absentUnlessSettling(io, settleMs, live);
    return { kind: 'applied', as: { kind: 'done', outputs: live, post: live } };
  },
};

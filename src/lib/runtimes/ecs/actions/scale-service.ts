/**
 * Sets a service's desired count. As the undo of a first deployment it is the only time a deploy sends one: there is
 * nothing to go back to, so the failing tasks are stopped and the run says that nothing earlier was restored.
 */
import { z } from 'zod';
import type { Action, ActionIo } from '../../../engine/action.js';
import { mutating } from '../aws-failure.js';
import { parseInput } from '../parse.js';
import { currentPicture, pictureOf, pictureSubject, serviceOrFail } from '../picture.js';
import type { EcsPorts } from '../ports.js';

const uses = 'ecs.scale-service@1';

const schema = z.object({
  cluster: z.string().min(1),
  service: z.string().min(1),
  desiredCount: z.int().min(0),
  because: z.enum(['first-deployment', 'asked']).default('asked'),
});

type Input = {
  readonly cluster: string;
  readonly service: string;
  readonly desiredCount: number;
  readonly because: 'first-deployment' | 'asked';
};
type Captured = { readonly desiredCount: number };
type Handle = { readonly desiredCount: number };
type Output = { readonly desiredCount: number; readonly running: number };
type Io = ActionIo<EcsPorts>;

export const scaleService: Action<EcsPorts, Input, Captured, Handle, Output> = {
  uses,
  effect: 'idempotent',
  settleMs: 0,
  parse: (input) => parseInput(uses, schema, input),
  capture: async (io, input) => ({ desiredCount: (await serviceOrFail(io.ports, input)).desired }),
  start: async (io: Io, input) => {
    const { cluster, service, desiredCount } = input;
    await mutating('ecs:UpdateService', () => io.ports.ecs.updateService({ cluster, service, desiredCount }));
    return { kind: 'handle', handle: { desiredCount } };
  },
  current: currentPicture,
  subject: pictureSubject,
  poll: async (io, input, handle) => {
    const service = await serviceOrFail(io.ports, input);
    const progress = {
      status: 'SCALING',
      running: service.running,
      desired: service.desired,
      pending: service.pending,
    };
    if (service.desired !== handle.desiredCount || service.running !== handle.desiredCount || service.pending > 0) {
      return { kind: 'pending', progress, afterMs: 5_000 };
    }
    const outputs = { desiredCount: handle.desiredCount, running: service.running };
    const post = pictureOf(service);
    return input.because === 'first-deployment'
      ? { kind: 'done', outputs, post, outcome: 'failed' }
      : { kind: 'done', outputs, post };
  },
};

/**
 * Sets a service's desired count and waits until as many healthy tasks run: `platform scale`, and its undo. The same count
 * is the same world however often it is sent, but it is looked for all the same: somebody may have changed it since.
 * (ecs.scale-service@1 is the undo of a first deployment, which asks for less.)
 */
import { z } from 'zod';
import type { EcsService } from '../../../aws/ecs-model.js';
import type { Action, ActionIo, Probed } from '../../../engine/action.js';
import { countSettleMs } from '../../../strategies/count.js';
import { mutating } from '../aws-failure.js';
import { parseInput } from '../parse.js';
import { currentPicture, pictureOf, pictureSubject, serviceOrFail } from '../picture.js';
import type { EcsPorts } from '../ports.js';
import { absentUnlessSettling } from '../settle.js';
import { type CountHandle, type CountInput, type CountOutputs, watchCount } from '../watch-count.js';

const uses = 'ecs.change-count@1';

const schema = z.object({
  cluster: z.string().min(1),
  service: z.string().min(1),
  desiredCount: z.int().min(0),
  deadlineMs: z.int().positive(),
  onTimeout: z.enum(['undo', 'leave']),
  until: z.enum(['healthy', 'back']),
});

type Captured = {
  readonly taskDefinition: string;
  readonly deploymentId: string;
  readonly desiredCount: number;
  readonly sinceMs: number;
};
type Io = ActionIo<EcsPorts>;

const handleOf = (input: CountInput, captured: Captured): CountHandle => ({
  from: captured.desiredCount,
  to: input.desiredCount,
  deploymentId: captured.deploymentId,
  sinceMs: captured.sinceMs,
});

/** By AWS's own clock, because this machine's may be wrong: what is newer was not there before the change. */
const newestKnownMs = async (io: Io, service: EcsService, input: CountInput): Promise<number> => {
  const tasks = await Promise.all((['RUNNING', 'STOPPED'] as const).map((state) => io.ports.ecs.tasks(input, state)));
  return Math.max(0, ...tasks.flat().map((task) => task.createdAtMs), ...service.events.map((event) => event.atMs));
};

const capture = async (io: Io, input: CountInput): Promise<Captured> => {
  const service = await serviceOrFail(io.ports, input);
  return { ...pictureOf(service), sinceMs: await newestKnownMs(io, service, input) };
};

const probe = async (io: Io, input: CountInput, captured: Captured): Promise<Probed<CountHandle, CountOutputs>> => {
  const live = pictureOf(await serviceOrFail(io.ports, input));
  if (live.desiredCount !== input.desiredCount) return absentUnlessSettling(io, countSettleMs, { ...live });
  return { kind: 'applied', as: { kind: 'handle', handle: handleOf(input, captured) } };
};

export const changeCount: Action<EcsPorts, CountInput, Captured, CountHandle, CountOutputs> = {
  uses,
  effect: 'probed',
  settleMs: countSettleMs,
  parse: (input) => parseInput(uses, schema, input),
  capture,
  start: async (io, input, captured) => {
    const { cluster, service, desiredCount } = input;
    await mutating('ecs:UpdateService', () => io.ports.ecs.updateService({ cluster, service, desiredCount }));
    return { kind: 'handle', handle: handleOf(input, captured) };
  },
  current: currentPicture,
  subject: pictureSubject,
  poll: watchCount,
  probe,
};

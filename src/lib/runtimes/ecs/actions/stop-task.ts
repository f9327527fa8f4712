/** Stops a one-off task that still runs: all of it that can be undone. What its command has done stays done. */
import { z } from 'zod';
import type { EcsTask } from '../../../aws/ecs-model.js';
import type { Action, ActionIo } from '../../../engine/action.js';
import { mutating, reading } from '../aws-failure.js';
import { parseInput } from '../parse.js';
import type { EcsPorts } from '../ports.js';

const uses = 'ecs.stop-task@1';

const schema = z.object({
  cluster: z.string().min(1),
  task: z.string().min(1).nullable(),
  startedBy: z.string().min(1),
});

type Input = { readonly cluster: string; readonly task: string | null; readonly startedBy: string };
type Handle = { readonly task: string };
type Output = { readonly task: string | null; readonly how: 'stopped' | 'over-already' | 'none-runs' };
type Io = ActionIo<EcsPorts>;

/** Its ARN is not known where the process that started it died before the answer. One that has stopped needs nothing. */
const findTask = async (io: Io, { cluster, task, startedBy }: Input): Promise<EcsTask | undefined> =>
  task === null ? (await io.ports.ecs.runningStartedBy(cluster, startedBy))[0] : io.ports.ecs.task(cluster, task);

const over = (task: string | null, how: Output['how']) =>
  ({ kind: 'done', outputs: { task, how }, post: null }) as const;

export const stopTask: Action<EcsPorts, Input, never, Handle, Output> = {
  uses,
  effect: 'idempotent',
  settleMs: 0,
  parse: (input) => parseInput(uses, schema, input),
  start: async (io, input) => {
    const task = await reading(() => findTask(io, input));
    if (!task) return over(input.task, input.task === null ? 'none-runs' : 'over-already');
    if (task.desiredStatus === 'STOPPED') return { kind: 'handle', handle: { task: task.arn } };
    const stop = { task: task.arn, reason: `platform runs undo ${io.runId}` };
    await mutating('ecs:StopTask', () => io.ports.ecs.stopTask(input.cluster, stop));
    return { kind: 'handle', handle: { task: task.arn } };
  },
  poll: async (io, input, handle) => {
    const task = await io.ports.ecs.task(input.cluster, handle.task);
    if (task && task.status !== 'STOPPED') {
      return { kind: 'pending', progress: { status: task.status, task: task.id, lines: [] }, afterMs: 3_000 };
    }
    return over(handle.task, task?.stopCode === 'UserInitiated' ? 'stopped' : 'over-already');
  },
};

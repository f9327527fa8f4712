/**
 * Starts one task beside a service and follows it to its end. It must never run twice: the call carries a token made of the
 * step's key, and the task carries the run's name as `startedBy`, by which a killed process's successor finds it.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type EcsTask, familyOf, type Placement } from '../../../aws/ecs-model.js';
import { type Action, ActionError, type ActionIo, type Probed } from '../../../engine/action.js';
import { mutating } from '../aws-failure.js';
import { parseInput } from '../parse.js';
import type { EcsPorts } from '../ports.js';
import { absentUnlessSettling } from '../settle.js';
import { type TaskHandle, type TaskOutputs, watchTask } from '../watch-task.js';

const uses = 'ecs.run-task@1';
/** ListTasks may not show a new task at once. */
const settleMs = 20_000;

const placement = z.object({
  network: z
    .object({
      subnets: z.array(z.string()),
      securityGroups: z.array(z.string()),
      assignPublicIp: z.enum(['ENABLED', 'DISABLED']),
    })
    .nullable(),
  launchType: z.string().nullable(),
  capacityProviders: z.array(z.object({ name: z.string(), weight: z.int(), base: z.int() })),
  platformVersion: z.string().nullable(),
});

const schema = z.object({
  cluster: z.string().min(1),
  taskDefinition: z.string().min(1),
  placement,
  container: z.string().min(1),
  command: z.array(z.string()).min(1),
  environment: z.record(z.string(), z.string()),
  cpu: z.int().positive().nullable(),
  memory: z.int().positive().nullable(),
  startedBy: z.string().min(1).max(36),
});

type Input = {
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly placement: Placement;
  readonly container: string;
  readonly command: readonly string[];
  readonly environment: { readonly [name: string]: string };
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly startedBy: string;
};
type Io = ActionIo<EcsPorts>;

/** AWS's limit is 64 characters. The same attempt always has the same one. */
export const clientTokenOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** Running first: a task that stops between the two questions is found by the second one. */
const findTask = async ({ ports }: Io, { cluster, startedBy, taskDefinition }: Input): Promise<EcsTask | undefined> => {
  const [running] = await ports.ecs.runningStartedBy(cluster, startedBy);
  if (running) return running;
  const stopped = await ports.ecs.stoppedOfFamily(cluster, familyOf(taskDefinition));
  return stopped.find((task) => task.startedBy === startedBy);
};

const probe = async (io: Io, input: Input): Promise<Probed<TaskHandle, TaskOutputs>> => {
  const task = await findTask(io, input);
  if (!task) return absentUnlessSettling(io, settleMs, { startedBy: input.startedBy });
  return { kind: 'applied', as: { kind: 'handle', handle: { task: task.arn } } };
};

export const runTask: Action<EcsPorts, Input, never, TaskHandle, TaskOutputs> = {
  uses,
  effect: 'probed',
  settleMs,
  parse: (input) => parseInput(uses, schema, input),
  start: async (io, input) => {
    const { cpu, memory, ...request } = input;
    const answer = await mutating('ecs:RunTask', () =>
      io.ports.ecs.runTask({
        ...request,
        ...(cpu === null ? {} : { cpu }),
        ...(memory === null ? {} : { memory }),
        clientToken: clientTokenOf(io.key),
      }),
    );
    if (answer.task) return { kind: 'handle', handle: { task: answer.task.arn } };
    // HTTP 200 without a task: a definite no.
    const why = answer.failures.join('; ') || 'ECS gives no reason';
    throw new ActionError({ class: 'quota', code: 'not-placed', message: `ECS started no task: ${why}` });
  },
  poll: watchTask,
  probe,
};

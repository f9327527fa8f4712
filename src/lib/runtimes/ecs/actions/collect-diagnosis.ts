/**
 * Saves what can be known about a failed deployment with the run, in every ending. Read again until late log lines have
 * had their time. The failure card is made from it by pure rules when it is shown (deployments/failure-card.ts).
 */
import { z } from 'zod';
import type { Action, ActionIo, Polled } from '../../../engine/action.js';
import { asJson, collect, logLagMs } from '../evidence.js';
import { countFailures } from '../failures.js';
import { parseInput } from '../parse.js';
import { serviceOrFail } from '../picture.js';
import type { EcsPorts } from '../ports.js';
import { observeMissing } from '../references.js';
import { locate } from '../service-deployments.js';

const uses = 'diagnosis.collect@1';
const againMs = 3_000;

const schema = z.object({
  cluster: z.string().min(1),
  service: z.string().min(1),
  taskDefinition: z.string().nullable(),
  deploymentId: z.string().nullable(),
  after: z.string().nullable(),
  sinceMs: z.number().nullable().default(null),
});

type Input = {
  readonly cluster: string;
  readonly service: string;
  readonly taskDefinition: string | null;
  readonly deploymentId: string | null;
  readonly after: string | null;
  /** AWS time of a change that makes no deployment (a count): tasks that began since are what there is to see. */
  readonly sinceMs: number | null;
};
type Handle = { readonly sinceMs: number };
type Output = { readonly stoppedTasks: number; readonly logLines: number; readonly missing: number };

const nothing: Output = { stoppedTasks: 0, logLines: 0, missing: 0 };

const poll = async (io: ActionIo<EcsPorts>, input: Input, handle: Handle): Promise<Polled<Output>> => {
  const { taskDefinition } = input;
  if (taskDefinition === null) return { kind: 'done', outputs: nothing, post: null };
  const { ports } = io;
  const service = await serviceOrFail(ports, input);
  const ours = { deploymentId: input.deploymentId, taskDefinition, after: input.after };
  const located = input.sinceMs === null ? await locate(ports, service, { ref: input, ours }) : {};
  const stopped = (await ports.ecs.tasks(input, 'STOPPED')).filter(
    (task) =>
      task.taskDefinition === taskDefinition &&
      task.createdAtMs > (input.sinceMs ?? 0) &&
      countFailures([task]).length > 0,
  );
  const evidence = await collect(ports, { ref: input, look: service, located, stopped, sinceMs: input.sinceMs ?? 0 });
  const record = await ports.ecs.taskDefinition(taskDefinition);
  const missing = await observeMissing(ports, record?.definition ?? {});
  const logLines = evidence.logs.reduce((sum, log) => sum + log.lines.length, 0);
  // Lines can only be late for a container that ran.
  const ran = stopped.some((task) => task.containers.some((container) => container.exitCode !== undefined));
  if (ran && logLines === 0 && io.now() - handle.sinceMs < logLagMs) {
    return { kind: 'pending', progress: { status: 'waiting for log lines' }, afterMs: againMs };
  }
  await io.observe(asJson({ ...evidence, missing }));
  return { kind: 'done', outputs: { stoppedTasks: stopped.length, logLines, missing: missing.length }, post: null };
};

export const collectDiagnosis: Action<EcsPorts, Input, never, Handle, Output> = {
  uses,
  effect: 'read',
  settleMs: 0,
  parse: (input) => parseInput(uses, schema, input),
  start: async (io) => ({ kind: 'handle', handle: { sinceMs: io.now() } }),
  poll,
};

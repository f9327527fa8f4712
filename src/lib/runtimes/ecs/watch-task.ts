/**
 * Follows a one-off task to its end, with its log. It waits for STOPPED, never for RUNNING: a short task is never seen
 * there. Reads only, so attaching after a crash or from another machine is the same thing.
 */
import type { EcsContainer, EcsTask } from '../../aws/ecs-model.js';
import { toStepError } from '../../aws/errors.js';
import type { LogLine } from '../../aws/logs.js';
import type { ActionIo, Polled } from '../../engine/action.js';
import type { Json } from '../../plan/json.js';
import { asJson, iso, type LogTarget, logLagMs, logsOf, logTargetsOf, taskEvidence } from './evidence.js';
import type { EcsPorts } from './ports.js';
import { observeMissing } from './references.js';
import { type LogRead, readTaskLog, streamOf, type TaskLog } from './task-log.js';

export type TaskHandle = { readonly task: string };

export type TaskOutputs = {
  readonly task: string;
  readonly taskId: string;
  /** Of the container that the command ran in; null when it never began or nobody knows how it ended. */
  readonly exitCode: number | null;
  readonly stopCode: string | null;
  readonly reason: string | null;
  readonly containers: readonly {
    readonly name: string;
    readonly exitCode: number | null;
    readonly reason: string | null;
  }[];
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly stoppedAtMs: number | null;
  readonly logLines: number;
  /** Why its log is not whole; null when it is. */
  readonly logTrouble: string | null;
};

/** What `progress.lines` of a poll holds: every line of the log once, in its order. */
export type ProgressLine = { readonly atMs: number; readonly stream: string; readonly text: string };

interface Watched {
  readonly cluster: string;
  readonly container: string;
  readonly taskDefinition: string;
}

type Io = ActionIo<EcsPorts>;

const pollMs = 2_000;
/** Lines come 2 to 5 seconds after they were written. */
const quietMs = 6_000;
/** How long reads of the log may fail after the end before it is given up. */
const troubleMs = 60_000;
/** ECS's reads lag its writes by up to minutes. */
const unseenMs = 5 * 60_000;

export const watchTask = async (io: Io, watched: Watched, handle: TaskHandle): Promise<Polled<TaskOutputs>> => {
  const task = await io.ports.ecs.task(watched.cluster, handle.task);
  if (!task) return unseen(io);
  const target = await logTargetOf(io, watched);
  const read = target
    ? await readTaskLog(io.ports, { task: task.arn, group: target.group, stream: streamOf(target, task.id) })
    : undefined;
  const lines = read && target ? read.lines.map((line) => toProgressLine(line, streamOf(target, task.id))) : [];
  if (task.status === 'STOPPED' && isLogOver(io, task, read)) return ended(io, watched, { task, log: read?.log });
  return {
    kind: 'pending',
    progress: progressOf(task, { target, log: read?.log, lines }),
    afterMs: read?.state === 'more' ? 0 : pollMs,
  };
};

/** Not yet listed right after the start; an hour after its end ECS has forgotten it. */
const unseen = (io: Io): Polled<TaskOutputs> =>
  io.now() - io.startedAt < unseenMs
    ? { kind: 'pending', progress: { status: 'REQUESTED', lines: [] }, afterMs: pollMs }
    : {
        kind: 'failed',
        error: {
          class: 'not-found',
          code: 'task-forgotten',
          message:
            'ECS does not know the task any more (it forgets stopped ones after an hour): nobody knows how it ended',
        },
      };

const logTargetOf = async (io: Io, { taskDefinition, container }: Watched): Promise<LogTarget | undefined> => {
  const { definitions } = io.ports.memory;
  const known = definitions.get(taskDefinition);
  const record = known ?? (await io.ports.ecs.taskDefinition(taskDefinition));
  if (record && !known) definitions.set(taskDefinition, record);
  return logTargetsOf(record?.definition ?? {}).find((target) => target.container === container);
};

const toProgressLine = (line: LogLine, stream: string): ProgressLine => ({ atMs: line.atMs, stream, text: line.text });

const hasRun = (task: EcsTask): boolean => task.containers.some(({ exitCode }) => exitCode !== undefined);

/** Its last line may still be on its way. A container that never ran wrote none. */
const isLogOver = (io: Io, task: EcsTask, read: LogRead | undefined): boolean => {
  const { stoppedSeen } = io.ports.memory;
  const stoppedMs = stoppedSeen.get(task.arn) ?? io.now();
  stoppedSeen.set(task.arn, stoppedMs);
  if (!read || !hasRun(task)) return true;
  const { log, state, lines } = read;
  if (log.trouble) {
    return log.trouble.kind === 'denied' || io.now() - Math.max(stoppedMs, log.trouble.sinceMs) >= troubleMs;
  }
  if (state === 'more' || lines.length > 0) return false;
  return io.now() - Math.max(stoppedMs, log.lastAtMs ?? 0) >= (log.count === 0 ? logLagMs : quietMs);
};

const progressOf = (
  task: EcsTask,
  seen: {
    readonly target: LogTarget | undefined;
    readonly log: TaskLog | undefined;
    readonly lines: readonly ProgressLine[];
  },
): Json => ({
  status: task.status,
  task: task.id,
  lines: [...seen.lines],
  logs: seen.target === undefined ? 'elsewhere' : (seen.log?.trouble?.why ?? 'here'),
});

const containerOf = (task: EcsTask, name: string): EcsContainer | undefined =>
  task.containers.find((container) => container.name === name);

const outputsOf = (task: EcsTask, watched: Watched, log: TaskLog | undefined): TaskOutputs => ({
  task: task.arn,
  taskId: task.id,
  exitCode: containerOf(task, watched.container)?.exitCode ?? null,
  stopCode: task.stopCode ?? null,
  reason: task.stoppedReason ?? null,
  containers: task.containers.map(({ name, exitCode, reason }) => ({
    name,
    exitCode: exitCode ?? null,
    reason: reason ?? null,
  })),
  createdAtMs: task.createdAtMs,
  startedAtMs: task.startedAtMs ?? null,
  stoppedAtMs: task.stoppedAtMs ?? null,
  logLines: log?.count ?? 0,
  logTrouble: log?.trouble?.why ?? null,
});

const ended = async (
  io: Io,
  watched: Watched,
  { task, log }: { readonly task: EcsTask; readonly log: TaskLog | undefined },
): Promise<Polled<TaskOutputs>> => {
  const outputs = outputsOf(task, watched, log);
  if (log && log.tail.length > 0) {
    await io.observe({
      logTail: log.tail.map((line) => ({ at: iso(line.atMs) ?? '', text: line.text.slice(0, 500) })),
    });
  }
  if (outputs.exitCode === 0) return { kind: 'done', outputs, post: null };
  const details = { ...outputs };
  const { exitCode } = outputs;
  if (exitCode === null || containerOf(task, watched.container)?.reason !== undefined) {
    await saveTaskEvidence(io, watched, task);
  }
  return exitCode === null
    ? failed(
        'no-exit-code',
        `the command did not run to an end: ${outputs.reason ?? outputs.stopCode ?? 'ECS gives no reason'}`,
        details,
      )
    : failed('command-failed', `the command ended with exit code ${exitCode}`, details);
};

const failed = (code: string, message: string, details: Json): Polled<TaskOutputs> => ({
  kind: 'failed',
  error: { class: 'assert', code, message, details },
});

/** What the failure card is made of. A look-up that fails leaves it out: how the task ended is known all the same. */
const saveTaskEvidence = async (io: Io, watched: Watched, task: EcsTask): Promise<void> => {
  const record = io.ports.memory.definitions.get(watched.taskDefinition);
  const missing = await observeMissing(io.ports, record?.definition ?? {}).catch(async (error: unknown) => {
    await io.observe({ unchecked: toStepError(error).message });
    return [];
  });
  const logs = hasRun(task) ? await logsOf(io.ports, task).catch(() => []) : [];
  await io.observe(
    asJson({ service: watched.container, events: [], stoppedTasks: [taskEvidence(task)], logs, targets: [], missing }),
  );
};

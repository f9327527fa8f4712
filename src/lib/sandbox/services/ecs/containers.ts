/**
 * What containers do once their task runs. A built-in one is computed: its start line, its fault, its end. One with a
 * command may be a child process (`--exec`): then the task runner starts it and its exit arrives as a timer.
 */
import type { ContainerDefinition, ContainerOverride, HealthCheck } from '@aws-sdk/client-ecs';
import { type ContainerSpec, taskRunner } from '../../task-runner.js';
import { type TimingName, timing } from '../../timings.js';
import { writeLines } from '../log-sink.js';
import type { Place } from '../neighbours.js';
import { logTarget, secretValue } from './start-checks.js';
import { type ContainerState, type StoredTaskDefinition, type TaskState, taskDefinitionOf } from './state.js';

export const containerEndTimer = 'ecs.container-end';
export const containerHealthTimer = 'ecs.container-health';
export const containerLogTimer = 'ecs.container-log';

export interface ContainerEnd {
  readonly task: string;
  readonly container: string;
  readonly exitCode: number;
  readonly reason: string | null;
}

export const outOfMemory = 'OutOfMemoryError: Container killed due to memory usage';

export const definitionOf = (definition: StoredTaskDefinition | undefined, name: string): ContainerDefinition =>
  definition?.containerDefinitions?.find((container) => container.name === name) ?? {};

const overrideOf = (task: TaskState, name: string): ContainerOverride =>
  task.overrides.containerOverrides?.find((override) => override.name === name) ?? {};

/** Every line of a container that logs with awslogs. */
export const logLines = (
  place: Place,
  from: { readonly task: TaskState; readonly container: ContainerState; readonly lines: readonly string[] },
): void => {
  const definition = definitionOf(taskDefinitionOf(place, from.task.taskDefinition), from.container.name);
  const target = logTarget(place, { container: definition, taskId: from.task.id });
  if (target) writeLines(place.world, target, from.lines);
};

const jsonLine = (place: Place, fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ time: place.world.date.toISOString(), ...fields });

export const startContainer = (
  place: Place,
  start: { readonly task: TaskState; readonly container: ContainerState; readonly definition: StoredTaskDefinition },
): void => {
  const { task, container } = start;
  const { world } = place;
  container.status = 'RUNNING';
  container.startedAt = world.now;
  container.runtimeId = `${task.id}-${world.digits(10)}`;
  if (container.hasHealthCheck) scheduleHealth(place, start);
  if (startReal(place, start)) return;
  startBuiltIn(place, start);
};

const startReal = (
  place: Place,
  start: { readonly task: TaskState; readonly container: ContainerState; readonly definition: StoredTaskDefinition },
): boolean => {
  const { task, container } = start;
  if (container.fault !== undefined) return false;
  const spec = specOf(place, start);
  const runner = taskRunner(place.world);
  if (!runner.handles(place.world, spec)) return false;
  container.isReal = true;
  runner.start(place.world, spec);
  place.world.record({
    kind: 'event',
    region: place.region,
    subject: `task ${task.group}/${task.id}`,
    message: `container ${container.name} runs as a process of this machine`,
  });
  return true;
};

/** What a container finds in its environment. */
export const variablesOf = (
  place: Place,
  of: { readonly task: TaskState; readonly definition: ContainerDefinition },
): Pick<ContainerSpec, 'environment' | 'secrets'> => {
  const override = overrideOf(of.task, of.definition.name ?? '');
  const environment: Record<string, string> = {};
  for (const variable of [...(of.definition.environment ?? []), ...(override.environment ?? [])])
    if (variable.name) environment[variable.name] = variable.value ?? '';
  const secrets: Record<string, string> = {};
  for (const secret of of.definition.secrets ?? [])
    if (secret.name) secrets[secret.name] = secretValue(place, secret.valueFrom ?? '') ?? '';
  return { environment, secrets };
};

const specOf = (
  place: Place,
  start: { readonly task: TaskState; readonly container: ContainerState; readonly definition: StoredTaskDefinition },
): ContainerSpec => {
  const { task, container } = start;
  const definition = definitionOf(start.definition, container.name);
  const override = overrideOf(task, container.name);
  const { environment, secrets } = variablesOf(place, { task, definition });
  const port = definition.portMappings?.[0]?.containerPort;
  const log = logTarget(place, { container: definition, taskId: task.id });
  return {
    region: place.region,
    taskArn: task.arn,
    container: container.name,
    image: container.image,
    entryPoint: definition.entryPoint ?? [],
    command: override.command ?? definition.command ?? [],
    environment,
    secrets,
    ...(port === undefined ? {} : { containerPort: port }),
    ...(log === undefined ? {} : { log: { group: log.group, stream: log.stream } }),
  };
};

/** A command that a one-off task runs without `--exec`: it ends by itself. A service's command runs on. */
const runsToCompletion = (
  task: TaskState,
  of: { readonly container: ContainerState; readonly definition: StoredTaskDefinition },
): boolean => {
  const definition = definitionOf(of.definition, of.container.name);
  const command = overrideOf(task, of.container.name).command ?? definition.command ?? [];
  return task.service === undefined && command.length > 0;
};

const startBuiltIn = (
  place: Place,
  start: { readonly task: TaskState; readonly container: ContainerState; readonly definition: StoredTaskDefinition },
): void => {
  const { task, container } = start;
  const port = definitionOf(start.definition, container.name).portMappings?.[0]?.containerPort;
  const version = container.tag ?? 'latest';
  logLines(place, {
    task,
    container,
    lines: [jsonLine(place, { level: 'info', message: `starting ${container.name} ${version}`, version })],
  });
  const exit = /^exit-(\d{1,3})$/.exec(container.fault ?? '');
  if (exit) {
    endLater(place, { task, container, after: 'crashAfterStart', exitCode: Number(exit[1]) });
    return;
  }
  switch (container.fault) {
    case 'bad':
      crash(place, { task, container });
      return;
    case 'oom':
      endLater(place, { task, container, after: 'oomAfterStart', exitCode: 137, reason: outOfMemory });
      return;
    case 'slow':
      place.world.schedule(place.region, containerLogTimer, 0, { task: task.id, container: container.name });
      return;
    default:
      if (runsToCompletion(task, start)) {
        endLater(place, { task, container, after: 'runToCompletion', exitCode: 0 });
        return;
      }
      if (container.fault === 'unhealthy') {
        logLines(place, {
          task,
          container,
          lines: [
            jsonLine(place, {
              level: 'error',
              message: 'health check answers 503: the database pool has no free connection',
            }),
          ],
        });
        return;
      }
      if (port !== undefined)
        logLines(place, {
          task,
          container,
          lines: [jsonLine(place, { level: 'info', message: `listening on port ${port}` })],
        });
  }
};

const crash = (place: Place, of: { readonly task: TaskState; readonly container: ContainerState }): void => {
  logLines(place, {
    ...of,
    lines: [
      'Error: DATABASE_URL is not set',
      '    at readConfiguration (/app/config.js:12:11)',
      '    at start (/app/server.js:4:18)',
    ],
  });
  endLater(place, { ...of, after: 'crashAfterStart', exitCode: 1 });
};

const endLater = (
  place: Place,
  end: {
    readonly task: TaskState;
    readonly container: ContainerState;
    readonly after: TimingName;
    readonly exitCode: number;
    readonly reason?: string;
  },
): void => {
  const target: ContainerEnd = {
    task: end.task.id,
    container: end.container.name,
    exitCode: end.exitCode,
    reason: end.reason ?? null,
  };
  if (end.reason === outOfMemory)
    logLines(place, {
      task: end.task,
      container: end.container,
      lines: ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
    });
  place.world.schedule(place.region, containerEndTimer, timing(end.after), { ...target });
};

/** Lines of a container that boots slowly: one every minute until it answers. */
export const slowBootLine = (
  place: Place,
  at: { readonly task: TaskState; readonly container: ContainerState },
): void => {
  const { task, container } = at;
  if (container.status !== 'RUNNING') return;
  const elapsed = place.world.now - (container.startedAt ?? place.world.now);
  const percent = Math.min(100, Math.round((100 * elapsed) / timing('slowBoot')));
  const message = percent < 100 ? `still warming up: ${percent} % of the cache is loaded` : 'warmed up, listening';
  logLines(place, { task, container, lines: [jsonLine(place, { level: percent < 100 ? 'warn' : 'info', message })] });
  if (percent < 100)
    place.world.schedule(place.region, containerLogTimer, 30_000, { task: task.id, container: container.name });
};

/** Seconds of a container's own health check, with ECS's defaults. */
const healthTimes = (definition: ContainerDefinition): { readonly intervalMs: number; readonly failMs: number } => {
  const check: HealthCheck = definition.healthCheck ?? { command: [] };
  const intervalMs = (check.interval ?? 30) * 1_000;
  return { intervalMs, failMs: (check.startPeriod ?? 0) * 1_000 + intervalMs * (check.retries ?? 3) };
};

const scheduleHealth = (
  place: Place,
  start: { readonly task: TaskState; readonly container: ContainerState; readonly definition: StoredTaskDefinition },
): void => {
  const { intervalMs, failMs } = healthTimes(definitionOf(start.definition, start.container.name));
  const { fault } = start.container;
  const isBroken = fault === 'unhealthy' || (fault === 'slow' && failMs < timing('slowBoot'));
  place.world.schedule(
    place.region,
    containerHealthTimer,
    isBroken ? failMs : fault === 'slow' ? timing('slowBoot') : intervalMs,
    { task: start.task.id, container: start.container.name, health: isBroken ? 'UNHEALTHY' : 'HEALTHY' },
  );
};

/** Which task and which container a session goes to. Pure. */
import type { EcsContainer, EcsTask } from '../aws/ecs-model.js';
import { suggest } from '../config/diagnostics.js';
import { PlatformError } from '../errors/platform-error.js';

const notFound = (
  what: { readonly kind: string; readonly name: string; readonly of: string },
  known: readonly string[],
): PlatformError => {
  const hint = suggest(what.name, known);
  return new PlatformError('E_NOT_FOUND', `there is no ${what.kind} ${what.name} in ${what.of}`, {
    hints: hint === undefined ? [] : [hint],
    details: { [what.kind]: what.name, known },
  });
};

/** The named one, by id, its beginning, or ARN; else the newest that runs. */
export const chooseTask = (
  tasks: readonly EcsTask[],
  options: { readonly service: string; readonly wanted?: string | undefined },
): EcsTask => {
  const { service, wanted } = options;
  if (wanted !== undefined) return namedTask(tasks, { service, wanted });
  const running = tasks.filter(({ status, desiredStatus }) => status === 'RUNNING' && desiredStatus === 'RUNNING');
  const newest = [...running].sort((a, b) => (b.startedAtMs ?? 0) - (a.startedAtMs ?? 0))[0];
  if (newest) return newest;
  const starting =
    tasks.length === 0 ? '' : ` (${tasks.length} on their way: ${tasks.map(({ status }) => status).join(', ')})`;
  throw new PlatformError('E_NOT_FOUND', `no task of ${service} is running${starting}`, {
    hints: ['platform status'],
    details: { service, tasks: tasks.length },
  });
};

const namedTask = (
  tasks: readonly EcsTask[],
  { service, wanted }: { readonly service: string; readonly wanted: string },
): EcsTask => {
  const id = wanted.slice(wanted.lastIndexOf('/') + 1);
  const [found, ...others] = id === '' ? [] : tasks.filter((task) => task.id.startsWith(id));
  if (!found)
    throw notFound(
      { kind: 'task', name: wanted, of: service },
      tasks.map((task) => task.id),
    );
  if (others.length > 0)
    throw new PlatformError('E_USAGE', `several tasks of ${service} begin with ${id}`, {
      hints: [found, ...others].map((task) => `--task ${task.id}`),
    });
  if (found.status !== 'RUNNING')
    throw new PlatformError('E_CONFLICT', `task ${found.id} is not running: it is ${found.status}`, {
      hints: ['platform status'],
    });
  return found;
};

export const chooseContainer = (
  task: EcsTask,
  options: { readonly wanted?: string | undefined; readonly usual: string },
): EcsContainer => {
  const name = options.wanted ?? options.usual;
  const found = task.containers.find((container) => container.name === name);
  if (!found)
    throw notFound(
      { kind: 'container', name, of: `task ${task.id}` },
      task.containers.map((container) => container.name),
    );
  if (found.status === 'RUNNING') return found;
  throw new PlatformError('E_CONFLICT', `container ${name} of task ${task.id} is not running: it is ${found.status}`, {
    hints: ['platform status'],
  });
};

import type { Json } from '../../src/lib/plan/json.js';
import { prepareRun } from '../../src/lib/tasks/prepare-run.js';
import type { RunRequest } from '../../src/lib/tasks/run-types.js';
import type { OperationEntry } from './operation-entry.js';
import { prepareIn } from './run-operation.js';
import { loseParameter } from './scale.js';

const services = [{ name: 'api', desiredCount: 1, logs: true }] as const;

export const runRequest = (words: readonly string[], overrides: Partial<RunRequest> = {}): RunRequest => ({
  words,
  taskDefinition: 'live',
  variables: [],
  deadlineMs: 3_600_000,
  wait: 'to-the-end',
  ...overrides,
});

const command = ['api', 'node', 'migrate.js'];

const makePlan: OperationEntry['makePlan'] = async (rig) =>
  (await prepareIn(rig, (ctx, at) => prepareRun(ctx, at, runRequest(command)))).operation.plan;

/** A command that ran has run; but nothing of it may run on. */
const exceptHistory = (projection: Json): Json => {
  const { ownTasks, ...rest } = projection as { readonly [key: string]: Json };
  return { ...rest, running: (ownTasks as { readonly running: Json }).running };
};

export const operations: readonly OperationEntry[] = [
  {
    name: 'run a command',
    argv: ['run', 'api', '--', 'node', 'migrate.js'],
    services,
    seed: async () => undefined,
    makePlan,
    exit: 0,
    undoException: exceptHistory,
  },
  {
    name: 'run a command whose task cannot start',
    argv: ['run', 'api', '--', 'node', 'migrate.js'],
    services,
    seed: async (rig) => loseParameter(rig),
    makePlan,
    exit: 6,
    undoException: exceptHistory,
  },
];

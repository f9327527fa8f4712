/**
 * Every shipped operation of the built CLI, killed with SIGKILL at drawn moments (a step of a journal write, before or
 * after AWS has seen a call), and then gone on with, or undone, by another process.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldAll } from '../../src/lib/engine/fold.js';
import { fileJournalStore } from '../../src/lib/engine/journal/file-journal.js';
import { nodeDisk } from '../../src/lib/engine/journal/node-disk.js';
import type { RunView } from '../../src/lib/engine/view.js';
import {
  type CrashOperation,
  countChanges,
  type Death,
  deathsOf,
  describeDeath,
  dieOf,
  enter,
  markMoment,
  openRig,
  type Recorded,
  type Rig,
  record,
} from '../helpers/crash-operations.js';
import { crashSeed, randomOf, takesAll } from '../helpers/crash-seed.js';
import { type Projection, settledProjection } from '../helpers/e2e-projection.js';
import { type Operator, startShop } from '../helpers/e2e-shop.js';
import { documentOf } from '../helpers/run-cli.js';

const mostSamples = 40;
const fewestSamples = 4;
/** Real time for the samples of one operation, unless all of them are wanted. */
const budgetMs = 25_000;

const operations: readonly CrashOperation[] = [
  { name: 'deploy of one service', from: 'v2', argv: () => ['deploy', 'api', '--tag', 'v3', '--json'], exit: 0 },
  { name: 'deploy of three services', from: 'v2', argv: () => ['deploy', '--tag', 'v3', '--json'], exit: 0 },
  { name: 'deploy that fails', from: 'v2', argv: () => ['deploy', 'api', '--tag', 'v3-bad', '--json'], exit: 7 },
  { name: 'rollback', from: 'v2', argv: () => ['rollback', 'api', '--yes', '--json'], exit: 0 },
  { name: 'restart', from: 'v2', argv: () => ['restart', 'api', '--json'], exit: 0 },
  { name: 'scale', from: 'v2', argv: () => ['scale', 'api=3', 'workers=0', '--yes', '--json'], exit: 0 },
  { name: 'run', from: 'v2', argv: () => ['run', 'api', '--json', '--', 'node', 'migrate.js'], exit: 0 },
  {
    name: 'undo of a run',
    from: 'v3',
    argv: ({ newestRun }) => ['runs', 'undo', newestRun, '--yes', '--json'],
    exit: 0,
  },
];

let rig: Rig;
const operators: Operator[] = [];
const seed = crashSeed('crash samples');

beforeAll(async () => {
  rig = await openRig(await startShop({ flags: ['--no-limits'] }));
  const operator = rig.shop.operator();
  operators.push(operator);
  for (const argv of [
    ['deploy', '--tag', 'v1'],
    ['deploy', '--tag', 'v2'],
  ]) {
    const { exitCode, stderr } = await operator.platform(argv);
    if (exitCode !== 0) throw new Error(stderr);
  }
  await markMoment(rig, 'v2', operator);
  const next = rig.shop.operator({ like: operator.state });
  operators.push(next);
  const { exitCode, stderr } = await next.platform(['deploy', 'api', '--tag', 'v3']);
  if (exitCode !== 0) throw new Error(stderr);
  await markMoment(rig, 'v3', next);
});

afterAll(async () => {
  await rig?.proxy.close();
  await rig?.shop.stop();
  for (const operator of operators) operator.remove();
});

type Recovery = 'resume' | 'undo';

interface Sample {
  readonly operation: CrashOperation;
  readonly recorded: Recorded;
  readonly death: Death;
  readonly recovery: Recovery;
}

interface Ending {
  /** How far it came: never-born, interrupted, ended, survived. */
  readonly stage: string;
  readonly problems: readonly string[];
}

const jsonOf = (value: unknown): string => JSON.stringify(value);

const takeSample = async (sample: Sample): Promise<Ending> => {
  const { operation, death } = sample;
  const { operator, moment } = await enter(rig, operation);
  try {
    const since = await rig.shop.newest();
    const died = await dieOf(rig, { operation, moment, operator, death });
    if (died.signal !== 'SIGKILL')
      return await checkEnd(sample, { operator, since, stage: 'survived', exit: died.exitCode });
    const listed = documentOf(await operator.platform(['runs', 'list', '--json'])).result.runs;
    const isUndo = operation.name === 'undo of a run';
    const isBorn = isUndo || listed[0]?.id !== moment.newestRun;
    if (!isBorn) return await bornAgain(sample, { operator, since });
    const stage: string = listed[0].state;
    const verb = sample.recovery === 'undo' || isUndo ? ['undo', listed[0].id, '--yes'] : ['resume', listed[0].id];
    const recovered = await operator.platform(['runs', ...verb, '--json']);
    const ended = await checkEnd(sample, { operator, since, stage, exit: recovered.exitCode });
    const problems = ended.problems.length > 0 ? [...ended.problems, recovered.stdout, recovered.stderr] : [];
    return { stage, problems };
  } finally {
    operator.remove();
  }
};

/** It died before its first event was durable: it has changed nothing, and the command is simply given again. */
const bornAgain = async (
  sample: Sample,
  { operator, since }: { readonly operator: Operator; readonly since: number },
): Promise<Ending> => {
  const changes = await rig.shop.changes(since);
  if (changes.length > 0) return { stage: 'never-born', problems: [`a change without a run: ${jsonOf(changes)}`] };
  const { operation } = sample;
  const again = await operator.platform(operation.argv({ snapshot: '', operator, newestRun: '' }));
  return checkEnd({ ...sample, recovery: 'resume' }, { operator, since, stage: 'never-born', exit: again.exitCode });
};

interface Ended {
  readonly operator: Operator;
  readonly since: number;
  readonly stage: string;
  readonly exit: number | null;
}

const checkEnd = async (sample: Sample, { operator, since, stage, exit }: Ended): Promise<Ending> => {
  const { operation, recorded } = sample;
  const isTakenBack = sample.recovery === 'undo' && stage !== 'survived' && operation.name !== 'undo of a run';
  const seen = await settledProjection(rig.shop.endpoint);
  const run = await newestRun(operator);
  const verified = await operator.platform(['runs', 'verify', run.runId, '--json']);
  const problems: string[] = [];
  const expectEqual = (what: string, is: unknown, wanted: unknown): void => {
    if (jsonOf(is) !== jsonOf(wanted)) problems.push(`${what} is ${jsonOf(is)} instead of ${jsonOf(wanted)}`);
  };
  expectEqual('exit', exit, isTakenBack ? 0 : operation.exit);
  if (isTakenBack) expectEqual('the world', undoneView(seen), undoneView(recorded.before));
  else expectEqual('the world', seen, recorded.after);
  const changes = countChanges(await rig.shop.changes(since));
  if (!isTakenBack) expectEqual('what was changed', [...changes].sort(), [...recorded.changes].sort());
  if (isTakenBack) expectEqual('the state of the run', run.state, 'undone');
  expectEqual('verify', verified.exitCode, 0);
  expectEqual('processes left behind', processesOf(operator), []);
  return { stage, problems };
};

/** Read with the program's own journal, without another process: a sample is to be cheap. */
const newestRun = async ({ state }: Operator): Promise<RunView> => {
  const root = join(state, 'platform');
  const target = {
    account: '123456789012',
    region: 'us-east-1',
    project: 'shop',
    environment: 'staging',
    sandbox: rig.shop.sandboxId,
  };
  const journals = fileJournalStore({ disk: nodeDisk(), root, target, clock: { now: () => Date.now() } });
  const [newest] = await journals.list();
  if (!newest) throw new Error('there is no run');
  return foldAll(await journals.read(newest.runId));
};

/** An unused revision is left, and outcomes tell what happened: neither is taken back. The count of revisions grows. */
const undoneView = ({ services, weights }: Projection): unknown => ({
  weights,
  services: Object.entries(services).map(([name, { tag, desired, running, deployments, revision }]) => [
    name,
    { tag, desired, running, deployments, revision },
  ]),
});

/** Processes that still carry this operator's state folder in their environment. */
const processesOf = ({ state }: Operator): readonly string[] => {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`XDG_STATE_HOME=${state}\0`);
    } catch {
      return false;
    }
  });
};

const sampleAll = async (operation: CrashOperation): Promise<readonly string[]> => {
  const recorded = await record(rig, operation);
  const random = randomOf(seed, operation.name);
  const deathOf = deathsOf(random, recorded);
  const stages = new Map<string, number>();
  const failures: string[] = [];
  const begunAt = performance.now();
  let taken = 0;
  const isOver = (): boolean => !takesAll() && taken >= fewestSamples && performance.now() - begunAt > budgetMs;
  for (; taken < mostSamples && !isOver(); taken += 1) {
    const death = deathOf(taken);
    const recovery: Recovery = random() < 0.3 ? 'undo' : 'resume';
    const { stage, problems } = await takeSample({ operation, recorded, death, recovery });
    stages.set(stage, (stages.get(stage) ?? 0) + 1);
    if (problems.length > 0)
      failures.push(`sample ${taken}, ${describeDeath(death)}, ${recovery}: ${problems.join('\n')}`);
  }
  const found = [...stages].map(([stage, count]) => `${count} ${stage}`).join(', ');
  process.stderr.write(
    `${operation.name}: ${taken} samples of ${recorded.steps.length} write steps and ${recorded.calls.length} calls (${found})\n`,
  );
  return failures;
};

describe('an operation of the built CLI that is killed', () => {
  it.each(operations.map((operation) => [operation.name, operation] as const))(
    '%s: is gone on with or undone, to the same world, with nothing done twice',
    async (_name, operation) => {
      expect(await sampleAll(operation)).toEqual([]);
    },
    takesAll() ? 1_800_000 : 240_000,
  );
});

describe('a run that is killed before its plan is on the disk', () => {
  it('has changed nothing, is not listed, and stands in no way', async () => {
    const operation = operations[0];
    if (!operation) throw new Error('no operation');
    const { operator, moment } = await enter(rig, operation);
    try {
      const { steps } = await record(rig, operation);
      await rig.shop.restore(moment.snapshot);
      const since = await rig.shop.newest();
      const deaths = steps.flatMap((label, index) =>
        index < steps.indexOf('write journal.1.jsonl, after') && / (after|half)$/.test(label) ? [index + 1] : [],
      );
      expect(deaths.length).toBeGreaterThan(2);
      for (const at of deaths) {
        const death = { kind: 'write', at } as const;
        expect((await dieOf(rig, { operation, moment, operator, death })).signal).toBe('SIGKILL');
      }
      const { runs } = documentOf(await operator.platform(['runs', 'list', '--json'])).result;
      expect(runs[0]).toMatchObject({ id: moment.newestRun, state: 'succeeded' });
      expect((await operator.platform(['runs', 'resume'])).exitCode).toBe(5);
      expect((await operator.platform(['releases', 'api'])).exitCode).toBe(0);
      expect(await rig.shop.changes(since)).toEqual([]);
      const again = await operator.platform(operation.argv(moment));
      expect(again.exitCode, again.stderr).toBe(0);
    } finally {
      operator.remove();
    }
  });
});

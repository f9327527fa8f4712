/** Every step of one plan's writes and effects, each a real SIGKILL, each followed by a new process that goes on. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takesAll } from '../helpers/crash-seed.js';
import { bundleSynthetic, type SyntheticEnd, type SyntheticPlace, syntheticPlace } from '../helpers/crash-synthetic.js';
import { brokenInvariant } from '../helpers/engine-crash-matrix.js';
import type { SyntheticState } from '../helpers/engine-synthetic.js';

/** Two cores; most of a run's time is waiting for the small world. */
const lanes = 3;

let folder = '';
let script = '';
let recorded: { readonly steps: readonly string[]; readonly end: SyntheticEnd; readonly world: SyntheticState };

const place = (name: string): SyntheticPlace => syntheticPlace(script, join(folder, name));

/** What counts: values and messages. Jobs and their times do not. */
const projection = ({ values, messages }: SyntheticState): object => ({ values, messages });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'platform-crash-'));
  script = await bundleSynthetic(folder);
  const first = place('recorded');
  const trace = join(folder, 'trace');
  const end = await first.start({ verb: 'run', runId: 'run-1', trace });
  recorded = { steps: readFileSync(trace, 'utf8').trimEnd().split('\n'), end, world: first.world() };
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Recovery = 'resume' | 'undo';

const resultOf = (end: SyntheticEnd): unknown => (end.stdout === '' ? end.stderr : JSON.parse(end.stdout));

/** Dies at one step, recovers, and says what is wrong; undefined when all is well. */
const crash = async (killAt: number, recovery: Recovery): Promise<string | undefined> => {
  const here = place(`${recovery}-${killAt}`);
  const killed = await here.start({ verb: 'run', runId: 'run-1', killAt });
  if (killed.signal !== 'SIGKILL') return `it was not killed: ${JSON.stringify(killed)}`;
  const known = await here.events('run-1');
  if (known.length === 0) {
    if (here.world().changes.length > 0) return 'an effect without a journal';
    if (recovery === 'undo') return undefined;
  }
  const runId = known.length === 0 ? 'run-2' : 'run-1';
  const verb = known.length === 0 ? 'run' : recovery;
  const result = resultOf(await here.start({ verb, runId }));
  const hadEnded = known.some(({ type }) => type === 'run.ended');
  const problem = await wrongWith(here, { runId, recovery, hadEnded });
  const { exit, state } = (typeof result === 'object' ? result : {}) as { exit?: number; state?: string };
  const isRight = exit === 0 && state === (recovery === 'undo' ? 'undone' : 'succeeded');
  return problem ?? (isRight ? undefined : `it ended with ${JSON.stringify(result)}`);
};

const wrongWith = async (
  here: SyntheticPlace,
  { runId, recovery, hadEnded }: { readonly runId: string; readonly recovery: Recovery; readonly hadEnded: boolean },
): Promise<string | undefined> => {
  const world = here.world();
  const differs = recovery === 'resume' ? differsFromRecorded(world) : differsFromStart(world);
  return (
    differs ?? brokenInvariant(await here.events(runId), [], world.changes) ?? (await lockProblem(here, { hadEnded }))
  );
};

/** A run that died between its end and the release leaves a dead holder: the next run takes its place, not the resume. */
const lockProblem = async (
  here: SyntheticPlace,
  { hadEnded }: { readonly hadEnded: boolean },
): Promise<string | undefined> => {
  const isFree = async (): Promise<boolean> => (await here.lock()).holders.length === 0;
  if (await isFree()) return undefined;
  if (!hadEnded) return 'the lock is still held';
  await here.start({ verb: 'run', runId: 'run-next' });
  const begun = (await here.events('run-next')).some(({ type }) => type === 'lease.taken');
  return begun && (await isFree()) ? undefined : 'the next run could not take the lock over';
};

const differsFromRecorded = (world: SyntheticState): string | undefined => {
  const [seen, wanted] = [world, recorded.world].map((state) => JSON.stringify(projection(state)));
  return seen === wanted ? undefined : `the world is ${seen} instead of ${wanted}`;
};

/** A message cannot be unsent and the tag tells how it ended; everything else is as it was. */
const differsFromStart = ({ values }: SyntheticState): string | undefined => {
  const { tag: _tag, ...rest } = values;
  const [seen, wanted] = [rest, { a: 'a1', b: 'b1', config: 'c1', weight: '100' }].map((part) =>
    JSON.stringify(Object.entries(part).sort()),
  );
  return seen === wanted ? undefined : `the world is ${seen} instead of ${wanted}`;
};

const crashAll = async (points: readonly number[], recovery: Recovery): Promise<readonly string[]> => {
  const failures: string[] = [];
  const queue = [...points];
  const lane = async (): Promise<void> => {
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      const why = await crash(at, recovery);
      if (why !== undefined) failures.push(`${recovery} after step ${at} (${recorded.steps[at - 1]}): ${why}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return failures;
};

describe('a process that is killed at any step of its writes and effects', () => {
  it('has steps of every kind to be killed at', () => {
    expect(resultOf(recorded.end)).toMatchObject({ exit: 0, state: 'succeeded' });
    const kinds = new Set(recorded.steps.map((label) => label.replace(/^(\w+) .*, (\w+)$/, '$1 $2')));
    expect([...kinds].sort()).toEqual(
      ['create', 'effect', 'fsync', 'link', 'mkdir', 'sync', 'unlink', 'write']
        .flatMap((kind) => [`${kind} after`, `${kind} before`, ...(kind === 'write' ? ['write half'] : [])])
        .sort(),
    );
  });

  it('is gone on with by a new one, to the same world as if nothing had happened', async () => {
    const points = recorded.steps.map((_, index) => index + 1);
    process.stderr.write(`synthetic plan: ${points.length} kills, each resumed\n`);
    expect(await crashAll(points, 'resume')).toEqual([]);
  });

  it('is undone by a new one, to the world from before', async () => {
    const points = recorded.steps.map((_, index) => index + 1).filter((at) => takesAll() || at % 8 === 0);
    process.stderr.write(`synthetic plan: ${points.length} kills, each undone\n`);
    expect(await crashAll(points, 'undo')).toEqual([]);
  });
});

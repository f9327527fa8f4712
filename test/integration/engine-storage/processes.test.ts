/** Real processes on one state folder, killed and stopped at random moments. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../src/lib/engine/event.js';
import { verifyChain } from '../../../src/lib/engine/journal/chain.js';
import { fileJournalStore } from '../../../src/lib/engine/journal/file-journal.js';
import { nodeDisk } from '../../../src/lib/engine/journal/node-disk.js';
import { randomFrom, seedFor } from '../../helpers/seeded.js';
import { note, TestClock, target, writerNamed } from '../../helpers/storage-fixtures.js';

const racers = 4;
const raceMs = 8000;
const runIds = ['run-0', 'run-1', 'run-2'];

interface Race {
  readonly lines: readonly (readonly string[])[];
  readonly kills: number;
  readonly stops: number;
}

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platform-race-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const openJournals = () =>
  fileJournalStore({ disk: nodeDisk(), root: `${folder}/platform`, target, clock: new TestClock() });

const runRace = async (random: () => number): Promise<Race> => {
  const script = `${folder}/racer.mjs`;
  const entry = new URL('racer.ts', import.meta.url).pathname;
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
    logLevel: 'error',
  });
  const log = `${folder}/log`;
  const living = new Map<string, ChildProcess>();
  let born = 0;
  let kills = 0;
  let stops = 0;
  const start = (): void => {
    born += 1;
    const name = `racer-${born}`;
    const seed = String(Math.floor(random() * 1e9));
    living.set(
      name,
      spawn(process.execPath, [script, `${folder}/platform`, log, name, seed], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
  };
  const kill = async (name: string, child: ChildProcess): Promise<void> => {
    appendFileSync(log, `kill ${name}\n`);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    living.delete(name);
    await gone;
    kills += 1;
  };
  try {
    for (let index = 0; index < racers; index += 1) start();
    for (const until = Date.now() + raceMs; Date.now() < until; await sleep(random() * 120)) {
      const all = [...living];
      const [name, child] = all[Math.floor(random() * all.length)] ?? [];
      if (name === undefined || child === undefined) continue;
      if (random() < 0.3) {
        await kill(name, child);
        start();
      } else {
        child.kill('SIGSTOP');
        stops += 1;
        await sleep(random() * 250);
        child.kill('SIGCONT');
      }
    }
  } finally {
    for (const [name, child] of [...living]) await kill(name, child);
  }
  const lines = (await readFile(log, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '));
  return { lines, kills, stops };
};

const textsOf = (events: readonly JournalEvent[]): ReadonlySet<string> =>
  new Set(events.map((event) => (event.type === 'step.observed' ? (event.evidence as { text: string }).text : '')));

/** Who was inside together with whom, a killed one excepted; and counters that did not rise. */
const lockViolations = (lines: Race['lines']): readonly string[] => {
  const found: string[] = [];
  const inside = new Set<string>();
  const killed = new Set<string>();
  let counter = 0;
  for (const [word, name = '', value = ''] of lines) {
    if (word === 'kill') killed.add(name);
    if (word === 'exit') inside.delete(name);
    if (word !== 'enter') continue;
    for (const other of inside) if (!killed.has(other)) found.push(`${name} entered while ${other} was inside`);
    if (Number(value) <= counter) found.push(`${name} got counter ${value} after ${counter}`);
    counter = Number(value);
    inside.add(name);
  }
  return found;
};

describe('processes that are killed and stopped', () => {
  it('act on nothing that is not in the journal, and never hold the lock together', async () => {
    const random = randomFrom(seedFor('race of processes'));
    for (const runId of runIds) {
      const writer = await openJournals().create(runId, writerNamed('creator'));
      await writer.append(note('created'));
      await writer.close();
    }
    const { lines, kills, stops } = await runRace(random);
    const count = (word: string): number => lines.filter(([first]) => first === word).length;
    process.stderr.write(
      `race of processes: ${kills} kills, ${stops} stops, ${count('effect')} effects, ${count('fenced')} fenced, ` +
        `${count('enter')} times the lock\n`,
    );
    expect(lines.filter(([word]) => word === 'error')).toEqual([]);
    const missing: string[] = [];
    for (const runId of runIds) {
      // A last taker: what it finds is the history for ever.
      const taker = await openJournals().takeOver(runId, writerNamed('last'));
      await taker.append(note('end'));
      await taker.close();
      const events = await openJournals().read(runId);
      expect(verifyChain(events).kind).toBe('ok');
      const known = textsOf(events);
      for (const [word, run, text = ''] of lines)
        if (word === 'effect' && run === runId && !known.has(text)) missing.push(text);
    }
    expect(missing).toEqual([]);
    expect(lockViolations(lines)).toEqual([]);
    expect(kills).toBeGreaterThan(5);
    expect(stops).toBeGreaterThan(5);
    expect(count('fenced')).toBeGreaterThan(2);
    expect(count('effect')).toBeGreaterThan(50);
    expect(count('enter')).toBeGreaterThan(5);
  });
});

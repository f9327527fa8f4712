/** Builds and drives fixtures/crash/synthetic-run.ts: one folder is one world, every call is a process of its own. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { JournalEvent } from '../../src/lib/engine/event.js';
import { fileJournalStore } from '../../src/lib/engine/journal/file-journal.js';
import { nodeDisk } from '../../src/lib/engine/journal/node-disk.js';
import { fileLockStore } from '../../src/lib/engine/lock/file-lock.js';
import { systemProbe } from '../../src/lib/engine/lock/process-probe.js';
import type { LockRow } from '../../src/lib/engine/ports.js';
import { isPlatformError } from '../../src/lib/errors/platform-error.js';
import { newState, planOf, type SyntheticState } from './engine-synthetic.js';

const fixture = (name: string): string => join(import.meta.dirname, '..', 'fixtures', 'crash', name);

export const preload = fixture('kill-at-write.mjs');

export const bundleSynthetic = async (folder: string): Promise<string> => {
  const outfile = join(folder, 'synthetic-run.mjs');
  await build({
    entryPoints: [fixture('synthetic-run.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  });
  return outfile;
};

export const startState = (): SyntheticState =>
  newState({ a: 'a1', b: 'b1', config: 'c1', weight: '100', tag: 'none' });

export interface SyntheticCall {
  readonly verb: 'run' | 'resume' | 'undo';
  readonly runId: string;
  readonly killAt?: number;
  readonly trace?: string;
}

export interface SyntheticEnd {
  readonly signal: NodeJS.Signals | null;
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SyntheticPlace {
  readonly root: string;
  start(call: SyntheticCall): Promise<SyntheticEnd>;
  world(): SyntheticState;
  /** None when the run was never born. */
  events(runId: string): Promise<readonly JournalEvent[]>;
  lock(): Promise<LockRow>;
}

export const syntheticPlace = (script: string, root: string): SyntheticPlace => {
  mkdirSync(root, { recursive: true });
  const world = join(root, 'world.json');
  writeFileSync(world, JSON.stringify(startState()));
  writeFileSync(join(root, 'origin'), String(Date.now()));
  const { target } = planOf({ runId: 'any', steps: [] });
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const stores = { disk: nodeDisk(), root: join(root, 'platform'), target, clock };
  return {
    root,
    start: (call) => startProcess(script, root, call),
    world: () => JSON.parse(readFileSync(world, 'utf8')) as SyntheticState,
    events: async (runId) => {
      try {
        return await fileJournalStore(stores).read(runId);
      } catch (error) {
        if (isPlatformError(error) && error.code === 'E_NOT_FOUND') return [];
        throw error;
      }
    },
    lock: () => fileLockStore({ ...stores, probe: systemProbe(), nonce: () => 'reader' }).read(),
  };
};

const startProcess = (script: string, root: string, call: SyntheticCall): Promise<SyntheticEnd> =>
  new Promise((resolve, reject) => {
    const marker = process.env['PLATFORM_TEST_RUN'];
    const child = spawn(process.execPath, ['--import', preload, script, root, call.verb, call.runId], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        PLATFORM_TEST_KILL_UNDER: root,
        ...(call.killAt === undefined ? {} : { PLATFORM_TEST_KILL_AT: String(call.killAt) }),
        ...(call.trace === undefined ? {} : { PLATFORM_TEST_KILL_TRACE: call.trace }),
        ...(marker === undefined ? {} : { PLATFORM_TEST_RUN: marker }),
      },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({ exitCode, signal, stdout, stderr });
    });
  });

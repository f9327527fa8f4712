/**
 * What a journaled step costs over the bare disk: a plan of 200 steps that do nothing, run by the real engine on the file
 * journal and lock, against writing and fsyncing as many bytes in as many pieces with nothing around them.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallClock } from '../../src/lib/context/clocks.js';
import { idsFrom } from '../../src/lib/context/ids.js';
import { journalsFor, locksFor } from '../../src/lib/context/stores.js';
import { registryOf } from '../../src/lib/engine/action.js';
import { createEngine } from '../../src/lib/engine/engine.js';
import { type ActionStep, type Plan, sealPlan } from '../../src/lib/plan/plan.js';
import { median, report } from '../helpers/bench-report.js';

const steps = 200;
const rounds = Number(process.env['ROUNDS'] ?? 9);
const ids = idsFrom(wallClock);
const target = {
  account: '123456789012',
  region: 'eu-west-1',
  environment: 'staging',
  project: 'shop',
  sandbox: 'bench',
};

const nothing = registryOf<unknown>([
  {
    uses: 'bench.nothing@1',
    effect: 'idempotent',
    settleMs: 0,
    parse: (input) => input,
    capture: async () => ({ before: 1 }),
    start: async () => ({ kind: 'done', outputs: { after: 2 }, post: null }),
  },
]);

const planOf = (runId: string): Plan =>
  sealPlan({
    runId,
    operation: 'bench@1',
    createdAt: new Date().toISOString(),
    target,
    locks: [{ kind: 'environment' }],
    danger: 'none',
    inputs: {},
    steps: Array.from({ length: steps }, (_, index): ActionStep => {
      const id = `step[${index}]`;
      return {
        kind: 'action',
        id,
        title: `step ${index}`,
        chain: 'bench',
        // One after the other: what is measured is the cost of a step, not how well steps overlap.
        needs: index === 0 ? [] : [`step[${index - 1}]`],
        uses: 'bench.nothing@1',
        with: { index },
        effect: 'idempotent',
        key: `${runId}/${id}`,
        undo: { none: 'it does nothing' },
        retry: { attempts: 1, backoffMs: 1, factor: 1, maxMs: 1, on: [] },
        timeoutMs: 60_000,
        onError: 'abort',
        undoScope: 'chain',
        preview: { verb: 'run', target: 'nothing' },
      };
    }),
    finally: [],
    limits: { maxParallel: 10, maxDurationMs: 3_600_000, expiresAt: new Date(Date.now() + 3_600_000).toISOString() },
  });

const runOnce = async (state: string): Promise<{ readonly ms: number; readonly lines: readonly string[] }> => {
  const options = { state, target, wall: wallClock, nonce: ids.nonce };
  const plan = planOf(ids.runId());
  const started = performance.now();
  const result = await createEngine().run(plan, {
    actions: nothing,
    ports: undefined,
    journals: journalsFor(options),
    locks: locksFor(options),
    clocks: { wall: wallClock, service: { now: wallClock.now, sleep: wallClock.sleep, rate: 1 } },
    nonce: ids.nonce,
    writer: { nonce: ids.nonce(), host: 'bench', pid: process.pid, user: 'bench', cli: '0.0.0' },
    interrupt: new AbortController().signal,
    lockWaitMs: 0,
    approvedBy: { by: 'bench', how: 'not needed' },
  });
  const ms = performance.now() - started;
  if (result.exit !== 0) throw new Error(`the run ended with ${result.exit}`);
  const folder = readdirSync(state, { recursive: true, encoding: 'utf8' }).find(
    (name) => name.includes(plan.runId) && name.endsWith('.jsonl'),
  );
  return {
    ms,
    lines: readFileSync(join(state, folder ?? ''), 'utf8')
      .trimEnd()
      .split('\n'),
  };
};

/** The same bytes, one write and one fsync a line. */
const bareOnce = (state: string, lines: readonly string[]): number => {
  const file = openSync(join(state, `bare-${ids.nonce()}`), 'wx', 0o600);
  const started = performance.now();
  for (const line of lines) {
    writeSync(file, `${line}\n`);
    fsyncSync(file);
  }
  const ms = performance.now() - started;
  closeSync(file);
  return ms;
};

const state = mkdtempSync(join(tmpdir(), 'platform-bench-'));
const engine: number[] = [];
const bare: number[] = [];
let writes = 0;
try {
  for (let round = -1; round < rounds; round++) {
    const { ms, lines } = await runOnce(state);
    const bareMs = bareOnce(state, lines);
    writes = lines.length;
    if (round < 0) continue;
    engine.push(ms);
    bare.push(bareMs);
  }
} finally {
  rmSync(state, { recursive: true, force: true });
}

const perStep = (values: readonly number[]): number => median(values) / steps;
const overheadMs = perStep(engine) - perStep(bare);

report({
  title: 'Engine: a journaled step against a bare fsync',
  setting: [`${steps} steps one after the other, ${writes} journal entries, ${rounds} rounds, medians`],
  header: ['what', 'ms a step', 'entries a step'],
  rows: [
    ['engine, file journal and lock', perStep(engine).toFixed(2), (writes / steps).toFixed(1)],
    ['the same bytes by write and fsync alone', perStep(bare).toFixed(2), (writes / steps).toFixed(1)],
  ],
  targets: [{ text: 'engine over the bare disk (ms a step)', value: overheadMs, limit: 5, bound: 'most' }],
});

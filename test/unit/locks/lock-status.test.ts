import { describe, expect, it } from 'vitest';
import { printerFor, printReport } from '../../../src/lib/cli/print-report.js';
import type { Conflict, LockHolder, LockRow, LockStore } from '../../../src/lib/engine/ports.js';
import { lockStatus, scopeText } from '../../../src/lib/locks/lock-status.js';
import { lockStatusSchema } from '../../../src/lib/locks/result-schemas.js';
import type { Scope } from '../../../src/lib/plan/plan.js';
import { sampleTarget, sampleWriter } from '../../helpers/sample-runs.js';
import { recordedTerminal } from '../../helpers/terminal.js';

const holder = (changes: Partial<LockHolder> = {}): LockHolder => ({
  scope: { kind: 'service', service: 'api' },
  runId: 'run-1',
  journal: 'file:x',
  operation: 'deploy@1',
  writer: sampleWriter,
  boot: 'boot',
  pidStartedAt: '1',
  nonce: 'n',
  version: 'v',
  counter: 7,
  leaseMs: 60_000,
  quiesceMs: 20_000,
  since: '2026-11-23T12:00:00.000Z',
  ...changes,
});

/** A row that can only be looked at: whatever else is tried fails. */
const rowStore = (row: LockRow, liveness?: Conflict['liveness']): LockStore => {
  const refuse = async (): Promise<never> => {
    throw new Error('lock status only reads');
  };
  const store = { read: async () => row, acquire: refuse, evict: refuse };
  return liveness === undefined ? store : { ...store, liveness: () => liveness };
};

const statusOf = (holders: readonly LockHolder[], liveness?: Conflict['liveness']) =>
  lockStatus({ locks: () => rowStore({ counter: 7, holders }, liveness) }, sampleTarget);

describe('lock status', () => {
  it('says that nobody holds the environment', async () => {
    const report = await statusOf([]);
    expect(report).toMatchObject({
      result: { counter: 7, holders: [] },
      lines: ['shop/staging is not locked.'],
      next: [],
    });
  });

  it('says who holds it, since when, doing what, in the shape of its schema', async () => {
    const { result, next } = await statusOf([holder()], 'live');
    expect(lockStatusSchema.safeParse(result).success).toBe(true);
    expect(result.holders).toEqual([
      {
        scope: 'service api',
        run: 'run-1',
        operation: 'deploy@1',
        by: 'anna',
        host: 'laptop',
        pid: 4711,
        since: '2026-11-23T12:00:00.000Z',
        liveness: 'live',
      },
    ]);
    expect(next).toEqual([]);
  });

  it('offers resume and undo when the process of a holder is gone', async () => {
    const { next } = await statusOf([holder()], 'gone');
    expect(next?.map(({ command }) => command)).toEqual(['platform runs resume run-1', 'platform runs undo run-1']);
  });

  it('claims nothing about a process that the store cannot see', async () => {
    const { result, next } = await statusOf([holder()]);
    expect(result.holders[0]?.liveness).toBe('remote');
    expect(next).toEqual([]);
  });

  it('names the CI job where there is one', async () => {
    const { result } = await statusOf([holder({ writer: { ...sampleWriter, ci: 'github shop #1' } })], 'remote');
    expect(result.holders[0]?.by).toBe('github shop #1');
  });

  const scopes: readonly (readonly [Scope, string])[] = [
    [{ kind: 'environment' }, 'environment'],
    [{ kind: 'service', service: 'api' }, 'service api'],
    [{ kind: 'database', database: 'orders' }, 'database orders'],
  ];
  it.each(scopes)('calls %o %s', (scope, text) => {
    expect(scopeText(holder({ scope }))).toBe(text);
  });

  it('shows the name of a holder without obeying it', async () => {
    const writer = { ...sampleWriter, user: '\u001b[2Jroot\u2066', host: 'a\r\nb' };
    const terminal = recordedTerminal();
    printReport(printerFor(terminal, { out: false, err: false }), await statusOf([holder({ writer })], 'live'));
    expect(terminal.stdout().trimEnd().split('\n')).toHaveLength(1);
    expect(terminal.stdout()).toContain('^[[2Jroot<U+2066>@a^M^Jb pid 4711');
  });
});

import { describe, expect, it } from 'vitest';
import { painter, widthOf } from '../../../src/lib/cli/color.js';
import type { ProgressRow } from '../../../src/lib/cli/operation.js';
import { bar, type Frame, frameLines, rowSignature } from '../../../src/lib/cli/render/frame.js';
import { plainView } from '../../../src/lib/cli/render/plain-view.js';
import { recordedTerminal } from '../../helpers/terminal.js';

const row = (change: Partial<ProgressRow> & { key: string }): ProgressRow => ({
  label: change.key,
  what: 'rolling',
  state: 'active',
  details: [],
  ...change,
});

const frame = (rows: readonly ProgressRow[], change: Partial<Frame> = {}): Frame => ({
  rows,
  elapsedMs: 220_000,
  rate: 60,
  ...change,
});

const plain = painter('plain');
const lines = (value: Frame, columns = 100) => frameLines(value, { columns, paint: plain });

describe('the live frame', () => {
  it('aligns labels, what, bars and details', () => {
    const rows = [
      row({ key: 'api', what: 'canary 10 %', fraction: 0.3, details: ['bake 1m 40s left', 'targets 2/2 healthy'] }),
      row({ key: 'workers', fraction: 1, details: ['done 1m 12s', '4/4'], state: 'good' }),
      row({ key: 'web', what: 'waiting for api', state: 'waiting' }),
    ];
    expect(lines(frame(rows, { usuallyMs: 300_000, run: '7f3k' }))).toEqual([
      'api      canary 10 %  ███░░░░░░░  bake 1m 40s left  targets 2/2 healthy',
      'workers  rolling      ██████████  done 1m 12s       4/4',
      'web      waiting for api',
      'run 7f3k · 3m 40s (3.6 s here) · usually 5m · Ctrl-C detaches, AWS goes on',
    ]);
  });

  it.each([60, 72, 80, 120])('never is wider than %d columns', (columns) => {
    const rows = [
      row({
        key: 'a-service-with-a-rather-long-name',
        what: 'waiting for another',
        fraction: 0.5,
        details: ['x'.repeat(40), 'y'.repeat(40)],
      }),
      row({ key: 'b', details: ['z'.repeat(200)] }),
    ];
    for (const line of lines(frame(rows, { notice: 'n'.repeat(200) }), columns)) {
      expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });

  it('shows what came from elsewhere visibly', () => {
    const [first] = lines(frame([row({ key: 'api', details: ['\u001b[2Jgone'] })]));
    expect(first).toContain('^[[2Jgone');
  });

  it('draws a bar of ten cells for any fraction', () => {
    expect(bar(0)).toBe('░'.repeat(10));
    expect(bar(0.5)).toBe('█████░░░░░');
    expect(bar(7)).toBe('█'.repeat(10));
    expect(bar(-1)).toBe('░'.repeat(10));
  });
});

describe('progress without a terminal', () => {
  it('says a row once per change, not once per second', () => {
    const terminal = recordedTerminal();
    const view = plainView(terminal, 'deploy shop/staging');
    view.show(frame([row({ key: 'api', details: ['1/2 running', '10s left'] })], { elapsedMs: 1000 }));
    view.show(frame([row({ key: 'api', details: ['1/2 running', '9s left'] })], { elapsedMs: 2000 }));
    view.show(frame([row({ key: 'api', details: ['2/2 running', '8s left'] })], { elapsedMs: 3000 }));
    expect(terminal.stderr().split('\n').filter(Boolean)).toEqual([
      '[+1.0 s] api: rolling, 1/2 running, 10s left',
      '[+3.0 s] api: rolling, 2/2 running, 8s left',
    ]);
  });

  it('folds into a group on GitHub, where no line of others is a command', async () => {
    const terminal = recordedTerminal({ isGithub: true, isCi: true });
    const view = plainView(terminal, 'deploy shop/staging');
    view.show(frame([row({ key: 'api', label: '::error::x' })]));
    await view.stop();
    const said = terminal.stderr().split('\n').filter(Boolean);
    expect(said.at(0)).toBe('::group::deploy shop/staging');
    expect(said.at(-1)).toBe('::endgroup::');
    expect(said.slice(1, -1).some((line) => line.startsWith('::'))).toBe(false);
  });

  it('counts a different number of tasks as a change', () => {
    const one = rowSignature(row({ key: 'api', details: ['1/2 running'] }));
    expect(rowSignature(row({ key: 'api', details: ['2/2 running'] }))).not.toBe(one);
  });
});

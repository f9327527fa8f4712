import { describe, expect, it } from 'vitest';
import { GroupPace } from '../../../src/lib/logs/group-pace.js';
import { LiveLedger } from '../../../src/lib/logs/live-ledger.js';
import { mergePages, type Pages } from '../../../src/lib/logs/merge-pages.js';
import type { LogEvent, Origin } from '../../../src/lib/logs/model.js';
import { parseMoment } from '../../../src/lib/logs/moments.js';
import { ReorderWindow } from '../../../src/lib/logs/reorder.js';
import { SeenEvents } from '../../../src/lib/logs/seen-events.js';

const origin: Origin = { service: 'api', group: 'g', stream: 's' };
const event = (timestamp: number, message = String(timestamp), ingestedMs = timestamp): LogEvent => ({
  kind: 'log',
  timestamp,
  ingestedMs,
  message,
  id: message,
  origin,
});

async function* pagesOf(...pages: readonly (readonly number[])[]): Pages {
  for (const page of pages) yield page.map((timestamp) => event(timestamp));
}

const timesOf = async (pages: Pages): Promise<readonly number[]> => {
  const times: number[] = [];
  for await (const page of pages) times.push(...page.map(({ timestamp }) => timestamp));
  return times;
};

describe('merging pages', () => {
  it('gives one order, whatever the pages are cut like', async () => {
    const merged = await timesOf(
      mergePages([pagesOf([1, 4], [9]), pagesOf([2], [], [3, 5, 8]), pagesOf()], 'oldest-first'),
    );
    expect(merged).toEqual([1, 2, 3, 4, 5, 8, 9]);
  });

  it('works newest first as well', async () => {
    expect(await timesOf(mergePages([pagesOf([9, 4], [1]), pagesOf([8, 5], [3])], 'newest-first'))).toEqual([
      9, 8, 5, 4, 3, 1,
    ]);
  });
});

describe('remembering what was shown', () => {
  it('forgets only what will not be read again, and is never larger than allowed', () => {
    const seen = new SeenEvents(0, { maximum: 50 });
    for (let at = 0; at < 100; at += 1) expect(seen.add(at * 1_000, `e${at}`)).toBe(true);
    expect(seen.add(99_000, 'e99')).toBe(false);
    expect(seen.forgetBefore(10_500)).toBe('cut');
    expect(seen.size).toBe(50);
    // Whatever is at or after the start is still known: reading from there doubles nothing.
    expect(seen.startMs).toBe(50_000);
    for (let at = 50; at < 100; at += 1) expect(seen.has(at * 1_000, `e${at}`)).toBe(true);
    expect(seen.forgetBefore(60_500)).toBe('as-asked');
    expect(seen.startMs).toBe(60_000);
  });
});

describe('the reorder window', () => {
  const window = () => new ReorderWindow({ holdMs: 1_000, settledMs: 60_000 });

  it('puts in order what is read within its time, and passes on what comes later', () => {
    const reorder = window();
    reorder.add(event(10_005), 10_010);
    expect(reorder.release(10_500)).toEqual([]);
    reorder.add(event(10_001), 10_600);
    expect(reorder.release(11_020).map(({ timestamp }) => timestamp)).toEqual([10_001, 10_005]);
    expect(reorder.late).toBe(0);
    reorder.add(event(10_002), 11_100);
    expect(reorder.late).toBe(1);
    expect(reorder.release(12_200).map(({ timestamp }) => timestamp)).toEqual([10_002]);
  });

  it('is not led astray by a clock that is ahead', () => {
    const reorder = window();
    reorder.add(event(999_000, 'ahead'), 10_000);
    reorder.add(event(10_500), 10_900);
    expect(reorder.release(11_100).map(({ message }) => message)).toEqual(['ahead']);
    reorder.add(event(10_400), 11_200);
    expect(reorder.late).toBe(0);
    expect(reorder.releaseAll().map(({ timestamp }) => timestamp)).toEqual([10_400, 10_500]);
  });

  it('holds nothing of a backlog', () => {
    const reorder = window();
    reorder.add(event(1_000), 100_000);
    expect(reorder.release(100_000)).toHaveLength(1);
  });
});

describe('how far back a round looks', () => {
  it('is far in a quiet group, less in a busy one, and always twice the delay that was met', () => {
    const pace = new GroupPace();
    expect(pace.overlapMs()).toBe(20_000);
    pace.roundEnded(1_000);
    expect(pace.overlapMs()).toBe(300_000);
    pace.roundEnded(200_000);
    expect(pace.overlapMs()).toBe(20_000);
    pace.met([event(10_000, 'x', 55_000)], 60_000);
    expect(pace.overlapMs()).toBe(110_000);
  });
});

describe('live and read side by side', () => {
  it('show an event once whichever way it comes first, and equal lines as often as they were written', () => {
    const ledger = new LiveLedger();
    const same = event(5, 'same');
    expect([ledger.add(same, 'live'), ledger.add(same, 'live')]).toEqual([true, true]);
    expect([ledger.add(same, 'read'), ledger.add(same, 'read'), ledger.add(same, 'read')]).toEqual([
      false,
      false,
      true,
    ]);
    expect(ledger.add(same, 'live')).toBe(false);
    ledger.forgetBefore(6);
    expect(ledger.size).toBe(0);
  });
});

describe('--since', () => {
  const now = Date.UTC(2026, 10, 25, 12);
  it.each([
    ['10m', now - 600_000],
    ['1d12h', now - 36 * 3_600_000],
    ['2026-11-25', Date.UTC(2026, 10, 25)],
    ['2026-11-25T11:30', Date.UTC(2026, 10, 25, 11, 30)],
    ['2026-11-25 11:30:05', Date.UTC(2026, 10, 25, 11, 30, 5)],
    ['2026-11-25T11:30:00+02:00', Date.UTC(2026, 10, 25, 9, 30)],
    ['1795608000', 1795608000000],
    ['1795608000123', 1795608000123],
  ])('%s', (text, expected) => {
    expect(parseMoment('--since', text, now)).toBe(expected);
  });

  it.each(['yesterday', '', '10', '2026-13-45', '10x', '-5m'])('%j is refused', (text) => {
    expect(() => parseMoment('--since', text, now)).toThrow('is not a time like');
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { painter } from '../../src/lib/cli/color.js';
import type { ScreenSize } from '../../src/lib/cli/render/screen.js';
import type { Line } from '../../src/lib/cli/report.js';
import { type StatusOptions, showStatus } from '../../src/lib/environments/show-status.js';
import type { Json } from '../../src/lib/plan/json.js';
import { createRig, type Rig } from '../operations/sandbox-rig.js';

let rig: Rig;
afterEach(() => rig.dispose());

type Seen = { readonly event: { readonly event: string; readonly [member: string]: Json }; readonly text: string };

/** Watches until `act` has been called for each look and has nothing more to do. */
const watch = async (
  acts: readonly (() => Promise<unknown>)[],
  options: Partial<StatusOptions> & { readonly onShow?: (draw: (size: ScreenSize) => readonly Line[]) => void } = {},
) => {
  const at = await rig.drive(rig.target());
  const controller = new AbortController();
  const events: Seen[] = [];
  const left = [...acts];
  // Between two looks the watcher sleeps: then somebody acts, and when nobody does any more, somebody interrupts.
  const sleep = async (ms: number): Promise<void> => {
    const act = left.shift();
    if (act) await act();
    else controller.abort('SIGINT');
    rig.world.advance(ms);
  };
  const ctx = { ...rig.ctx, clocks: { ...rig.clocks, wall: { ...rig.clocks.wall, sleep } } };
  const frames: ((size: ScreenSize) => readonly Line[])[] = [];
  const report = await showStatus(ctx, at, {
    services: [],
    states: [],
    listed: 'short',
    columns: 100,
    exit: 'zero',
    emit: (event, text) => void events.push({ event: event as Seen['event'], text }),
    output: 'events',
    ...options,
    watch: {
      intervalMs: 5000,
      signal: controller.signal,
      ...(options.onShow && { screen: { show: (draw) => void frames.push(draw), close: () => undefined } }),
    },
  });
  return { report, events, frames };
};

const scale = (desiredCount: number) => async () => {
  const { UpdateServiceCommand } = await import('@aws-sdk/client-ecs');
  const client = await rig.clients.write('ecs');
  await client.send(new UpdateServiceCommand({ cluster: 'shop-staging', service: 'shop-staging-api', desiredCount }));
};
const nothing = async (): Promise<void> => undefined;

describe('watching an environment', () => {
  it('tells everything once, then only what changed, and ends with 130 and the last state', async () => {
    rig = await createRig({ services: [{ name: 'api' }, { name: 'web' }] });
    const { events, report } = await watch([nothing, nothing, scale(5), nothing]);
    const kinds = events.map(({ event }) => event.event);
    expect(kinds.slice(0, 3)).toEqual(['service', 'service', 'counts']);
    const later = events.slice(3).map(({ event }) => event);
    expect(later[0]).toMatchObject({
      event: 'service',
      from: 'healthy',
      status: { service: 'api', state: 'degraded', desired: 5 },
    });
    expect(
      later.every((event) => event.event !== 'service' || (event['status'] as { service: string }).service === 'api'),
    ).toBe(true);
    expect(report).toMatchObject({ exitCode: 130, lines: [] });
    expect(report.error).toBeUndefined();
    expect(report.result.services).toHaveLength(2);
  });

  it('tells people of a large environment what is not calm, then what changes', async () => {
    const services = Array.from({ length: 25 }, (_, index) => ({
      name: index === 0 ? 'api' : `svc-${index}`,
      desiredCount: 1,
    }));
    rig = await createRig({ services });
    const { events } = await watch([scale(2), nothing], { output: 'report' });
    expect(events[0]?.text).toMatch(/^\d\d:\d\d:\d\d {2}25 healthy$/);
    expect(events[1]?.text).toMatch(
      / {2}api: healthy → degraded, release 1, 1\/2 tasks, .*; 1 of 2 tasks run, 1 starting$/,
    );
  });

  it('slows down while AWS throttles, says so, and misses nothing', async () => {
    rig = await createRig();
    rig.fault({ kind: 'throttle', operation: 'ecs:DescribeServices', percent: 100, count: 2 });
    const { events } = await watch([nothing]);
    expect(events.filter(({ event }) => event.event === 'notice').map(({ text }) => text)).toEqual([
      expect.stringContaining('AWS asks to slow down: every 10s'),
    ]);
    expect(events.some(({ event }) => event.event === 'service')).toBe(true);
  });

  it('draws a screen that fits any window, and says what does not', async () => {
    const services = Array.from({ length: 12 }, (_, index) => ({ name: `svc-${index}`, desiredCount: 1 }));
    rig = await createRig({ services });
    const { frames, events } = await watch([nothing], { output: 'report', onShow: () => undefined });
    expect(events).toEqual([]);
    const drawn = frames[0]?.({ columns: 60, rows: 6 }).map(painter('plain')) ?? [];
    expect(drawn[0]).toMatch(/^SANDBOX · shop\/staging · \d\d:\d\d:\d\d · every 5s · Ctrl-C ends$/);
    expect(drawn).toHaveLength(6);
    expect(drawn.at(-1)).toBe('10 more lines do not fit on this screen');
    for (const { columns, rows } of [
      { columns: 60, rows: 40 },
      { columns: 120, rows: 9 },
    ]) {
      const lines = frames[0]?.({ columns, rows }).map(painter('plain')) ?? [];
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  it('refuses an interval that AWS would not stand', async () => {
    rig = await createRig();
    const at = await rig.drive(rig.target());
    const options = {
      services: [],
      states: [],
      listed: 'short',
      columns: 80,
      exit: 'zero',
      emit: () => undefined,
      output: 'report',
    } as const;
    await expect(
      showStatus(rig.ctx, at, { ...options, watch: { intervalMs: 500, signal: new AbortController().signal } }),
    ).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { LogEvent } from '../../src/lib/logs/model.js';
import { messages, type Reading, reading, tail, write } from '../helpers/logs-rig.js';
import { createRig, type Rig } from '../operations/sandbox-rig.js';

/**
 * Random writers over the sandbox, followed to their end. What AWS makes hard is all there: events become visible 2 to 5 s
 * after they were sent and out of step between streams, agents hold lines back, clocks are ahead and behind, streams are
 * born on the way, and calls are throttled, fail and lose their answers.
 */
let rig: Rig | undefined;
afterEach(() => rig?.dispose());

const random = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
};

interface Writer {
  readonly service: string;
  readonly stream: string;
  /** Of its clock. */
  readonly skewMs: number;
  /** How long its agent holds lines back at most. */
  readonly holdMs: number;
  readonly bornMs: number;
}

const services = ['api', 'workers', 'web'];

const writersOf = (pick: (below: number) => number, kind: 'calm' | 'rough'): readonly Writer[] =>
  Array.from({ length: 12 }, (_, index) => ({
    service: services[index % services.length] ?? 'api',
    stream: `${services[index % services.length]}/${services[index % services.length]}/task${index}`,
    skewMs: kind === 'rough' && index % 4 === 3 ? pick(150_000) - 90_000 : 0,
    holdMs: kind === 'rough' ? ([0, 5_000, 30_000, 120_000][index % 4] ?? 0) : 0,
    bornMs: index < 8 ? 0 : pick(40_000),
  }));

/** Writes for a minute of AWS time. Within a stream the order of time is the order of writing. */
const runWriter = async (of: Rig, writer: Writer, pick: (below: number) => number): Promise<readonly string[]> => {
  const { clocks } = of;
  const written: string[] = [];
  await clocks.service.sleep(writer.bornMs);
  const end = clocks.service.now() + 60_000;
  let held: { readonly message: string; readonly timestamp: number }[] = [];
  let sendAt = 0;
  const send = (): void => {
    write(of, writer.service, held, writer.stream);
    held = [];
  };
  while (clocks.service.now() < end) {
    await clocks.service.sleep(pick(1_200) + 1);
    const now = clocks.service.now();
    if (held.length === 0) sendAt = now + (writer.holdMs === 0 ? 0 : pick(writer.holdMs));
    for (let count = pick(4); count >= 0; count -= 1) {
      const message = `${writer.stream} #${written.length}`;
      written.push(message);
      held.push({ message, timestamp: now + writer.skewMs });
    }
    if (now >= sendAt) send();
  }
  send();
  return written;
};

interface Told {
  readonly into: Reading;
  readonly written: readonly string[];
  readonly late: number;
}

const followWriters = async (of: Rig, writers: readonly Writer[], seed: number): Promise<Told> => {
  // Loads what is loaded lazily: modules come in real time, and the writers would be done before.
  await of.drive(tail(of, reading(), { how: 'once' }));
  const pick = random(seed);
  const into = reading();
  const writing = async (): Promise<readonly string[]> => {
    const all = await Promise.all(writers.map((writer) => runWriter(of, writer, pick)));
    // The deep look comes once a minute; then everything has been seen.
    await of.clocks.service.sleep(200_000);
    into.stop.abort('SIGINT');
    return all.flat();
  };
  const [report, written] = await of.drive(
    Promise.all([tail(of, into, { how: 'follow', options: { limit: 0 } }), writing()]),
  );
  expect(report.exitCode).toBe(130);
  return { into, written, late: report.result.late };
};

const numberOf = ({ message }: LogEvent): number => Number(message.slice(message.indexOf('#') + 1));

const expectOrderWithinStreams = (events: readonly LogEvent[]): void => {
  const last = new Map<string, number>();
  for (const event of events) {
    const before = last.get(event.origin.stream) ?? -1;
    expect(numberOf(event), `${event.message} after #${before}`).toBe(before + 1);
    last.set(event.origin.stream, numberOf(event));
  }
};

const expectExactlyOnce = ({ into, written }: Told): void => {
  const shown = messages(into).filter((message) => message.includes('#'));
  const known = new Set(shown);
  expect(shown.length).toBe(known.size);
  const missing = written.filter((message) => !known.has(message));
  expect(missing).toEqual([]);
  expect(shown.length).toBe(written.length);
};

describe('following random writers', () => {
  it.each([11])('shows calm ones once each and in one order over all streams (seed %d)', async (seed) => {
    rig = await createRig({ services: services.map((name) => ({ name, desiredCount: 0 })), limits: 'enforced' });
    const told = await followWriters(rig, writersOf(random(seed), 'calm'), seed);
    expectExactlyOnce(told);
    const times = told.into.events.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(told.late).toBe(0);
    expect(told.written.length).toBeGreaterThan(1_000);
  });

  it.each([
    21, 22, 23, 24,
  ])('shows rough ones once each, in order within each stream, through throttles, failures and lost answers (seed %d)', async (seed) => {
    rig = await createRig({ services: services.map((name) => ({ name, desiredCount: 0 })), limits: 'enforced' });
    rig.fault({ kind: 'throttle', operation: 'logs:FilterLogEvents', percent: 20 });
    rig.fault({ kind: 'fail', operation: 'logs:FilterLogEvents', percent: 5 });
    rig.fault({ kind: 'lose-answer', operation: 'logs:FilterLogEvents', percent: 5 });
    const told = await followWriters(rig, writersOf(random(seed), 'rough'), seed);
    expectExactlyOnce(told);
    expectOrderWithinStreams(told.into.events);
    expect(told.late).toBeGreaterThan(0);
    expect(told.into.notices.map(({ code }) => code)).toContain('W_THROTTLED');
  });
});

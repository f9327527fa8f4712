import { describe, expect, it } from 'vitest';
import { logsModule } from '../../../src/lib/sandbox/services/logs/module.js';
import { createLogGroup, type LogEvent, logsState, putLogLines } from '../../../src/lib/sandbox/services/logs/store.js';
import { randomFrom, seedFor } from '../../helpers/seeded.js';
import { type Answer, callIn, startOfTests, worldOf } from '../../helpers/service-world.js';

const group = '/ecs/shop-api';
const region = 'eu-west-1';

/** Lines of many streams, stamped out of order, then every way of reading held against a plain sort of all of them. */
const randomWorld = (seed: number) => {
  const random = randomFrom(seed);
  const world = worldOf(logsModule());
  createLogGroup(world, region, group);
  for (let step = 0; step < 400; step += 1) {
    const lines = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => ({
      message: `m${step}.${index}`,
      timestamp: world.now - Math.floor(random() * random() * 30_000),
    }));
    putLogLines(world, region, { group, stream: `s${Math.floor(random() * 7)}`, lines });
    world.advance(Math.floor(random() * 400));
  }
  return { world, random, call: callIn(world, 'logs') };
};

const readAll = async (
  call: ReturnType<typeof callIn>,
  operation: string,
  input: object,
): Promise<readonly string[]> => {
  const found: string[] = [];
  let nextToken: string | undefined;
  do {
    const answer: Answer = await call(operation, { ...input, ...(nextToken && { nextToken }) });
    found.push(...answer.events.map((event: Answer) => event.message));
    nextToken = answer.nextToken;
  } while (nextToken);
  return found;
};

describe('rings that are kept in order', () => {
  const seed = seedFor('logs-ring');

  it.each([0, 1, 2, 3])('answer like a sort of everything (round %d)', async (round) => {
    const { world, random, call } = randomWorld(seed + round);
    const all = Object.values(logsState(world, region).groups[group]?.streams ?? {}).flatMap(({ name, events }) =>
      events.map((event) => ({ ...event, name })),
    );
    const byTime = (a: LogEvent, b: LogEvent): number => a.timestamp - b.timestamp || a.id - b.id;
    for (let query = 0; query < 20; query += 1) {
      const startTime = startOfTests + Math.floor(random() * 60_000);
      const endTime = startTime + Math.floor(random() * 60_000);
      const limit = 1 + Math.floor(random() * 50);
      const prefix = random() < 0.5 ? '' : 's3';
      const expected = all
        .filter((event) => event.name.startsWith(prefix) && event.visibleAt <= world.now)
        .filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime)
        .sort(byTime)
        .map(({ message }) => message);
      const ask = { logGroupName: group, startTime, endTime, limit, ...(prefix && { logStreamNamePrefix: prefix }) };
      expect(await readAll(call, 'FilterLogEvents', ask)).toEqual(expected);
      expect(await readAll(call, 'FilterLogEvents', { ...ask, startFromHead: false })).toEqual([...expected].reverse());
      if (prefix === '') continue;
      const forward = await call('GetLogEvents', {
        ...ask,
        logStreamName: 's3',
        startFromHead: true,
        limit: 10_000,
        logStreamNamePrefix: undefined,
      });
      expect(messagesOf(forward)).toEqual(expected);
    }
  });

  it('show a live tail what became visible, also when it was stamped long before', async () => {
    const { world, call } = randomWorld(seed);
    world.advance(60_000);
    const ended = new AbortController();
    const answer = await call('StartLiveTail', { logGroupIdentifiers: [group] }, { signal: ended.signal });
    const stream = answer.responseStream[Symbol.asyncIterator]();
    await stream.next();
    putLogLines(world, region, {
      group,
      stream: 's1',
      lines: [{ message: 'late', timestamp: world.now - 50_000 }, 'new'],
    });
    putLogLines(world, region, { group, stream: 's1', lines: [{ message: 'later', timestamp: world.now - 55_000 }] });
    const found: string[] = [];
    for (let second = 0; second < 10; second += 1) {
      const next = stream.next();
      await Promise.resolve();
      world.advance(1_000);
      found.push(...(await next).value.sessionUpdate.sessionResults.map((event: Answer) => event.message));
    }
    expect(found.sort()).toEqual(['late', 'later', 'new']);
    ended.abort();
  });
});

const messagesOf = (answer: Answer): readonly string[] => answer.events.map((event: Answer) => event.message);

import { describe, expect, it } from 'vitest';
import { BlockGatherer, gatherBlocks } from '../../../src/lib/logs/gather-blocks.js';
import type { LogEvent, Origin } from '../../../src/lib/logs/model.js';
import { blockFilter } from '../../../src/lib/logs/select-blocks.js';

const originOf = (stream: string): Origin => ({ service: 'api', group: 'g', stream });
const a = originOf('a');
const b = originOf('b');
let next = 0;
const event = (message: string, origin = a, timestamp = 1_000): LogEvent => ({
  kind: 'log',
  timestamp,
  ingestedMs: timestamp,
  message,
  id: String(next++),
  origin,
});

/** Blocks of one stream, as lists of lines. */
const blocksOf = (lines: readonly string[]): readonly (readonly string[])[] =>
  gatherBlocks(lines.map((line) => event(line))).map(({ head, rest }) => [head, ...rest].map(({ message }) => message));

const traces: Readonly<Record<string, readonly string[]>> = {
  Java: [
    '2026-11-25 10:00:00 ERROR c.s.Orders - could not ship',
    'java.lang.IllegalStateException: no stock',
    '\tat com.shop.Orders.ship(Orders.java:42)',
    '\tat com.shop.Main.main(Main.java:7)',
    'Caused by: java.sql.SQLException: gone',
    '\tat com.shop.Db.query(Db.java:9)',
    '\t... 2 more',
  ],
  Python: [
    'ERROR:root:could not ship',
    'Traceback (most recent call last):',
    '  File "/app/orders.py", line 42, in ship',
    '    raise Declined(order)',
    'shop.errors.Declined: order 7',
    '',
    'During handling of the above exception, another exception occurred:',
    '',
    'Traceback (most recent call last):',
    '  File "/app/main.py", line 7, in <module>',
    '    ship(order)',
    "KeyError: 'id'",
  ],
  Node: [
    'Error: DATABASE_URL is not set',
    '    at readConfiguration (/app/config.js:12:11)',
    '    at start (/app/server.js:4:18) {',
    "  code: 'ERR_CONFIG'",
    '}',
  ],
  Go: [
    'panic: runtime error: index out of range [5] with length 3',
    '',
    'goroutine 1 [running]:',
    'main.ship(0xc000012345, 0x5)',
    '\t/app/main.go:42 +0x1d',
    'main.main()',
    '\t/app/main.go:7 +0x2a',
    'exit status 2',
  ],
};

describe('a stack trace that arrives line by line', () => {
  it.each(Object.entries(traces))('of %s is one block, and the lines around it are not in it', (_, trace) => {
    const before = '2026-11-25 10:00:00 INFO ready';
    const after = '2026-11-25 10:00:01 INFO next request';
    expect(blocksOf([before, ...trace, after])).toEqual([[before], trace, [after]]);
    expect(blocksOf([before, ...trace, '{"level":"info","msg":"x"}'])).toEqual([
      [before],
      trace,
      ['{"level":"info","msg":"x"}'],
    ]);
  });

  it('keeps its lines when those of another stream come in between', () => {
    const [head = '', ...rest] = traces['Java'] ?? [];
    const events = [event(head), ...rest.flatMap((line, index) => [event(`INFO other ${index}`, b), event(line)])];
    const blocks = gatherBlocks(events);
    expect(blocks[0]?.rest.map(({ message }) => message)).toEqual(rest);
    expect(blocks).toHaveLength(1 + rest.length);
    expect(blocks.slice(1).every(({ head: { origin } }) => origin === b)).toBe(true);
  });

  it('does not take two failures in a row for one', () => {
    expect(blocksOf(['ValueError: a', 'ValueError: b', 'KeyError: c'])).toHaveLength(3);
    expect(blocksOf(['order shipped', 'main.go is a file'])).toHaveLength(2);
  });

  it('ends after a pause, and after a thousand lines', () => {
    expect(gatherBlocks([event('Error: x'), event('    at f', a, 10_000)])).toHaveLength(2);
    expect(gatherBlocks([event('Error: x'), ...Array.from({ length: 2_500 }, () => event('  at f'))]).length).toBe(3);
  });
});

describe('gathering', () => {
  it('holds back only what an open block of an older line may still need', () => {
    const gatherer = new BlockGatherer();
    gatherer.add(event('first', a, 1_000));
    gatherer.add(event('other', b, 1_100));
    expect(gatherer.take(1_100)).toEqual([]);
    gatherer.add(event('second', a, 1_200));
    expect(gatherer.take(1_200).map(({ head }) => head.message)).toEqual(['first']);
    expect(gatherer.take(5_000).map(({ head }) => head.message)).toEqual(['other', 'second']);
  });

  it('lets go after two rounds without news, however late it is by the events', () => {
    const gatherer = new BlockGatherer();
    gatherer.add(event('only', a, 9e12));
    gatherer.closeOlder();
    expect(gatherer.take(Number.NEGATIVE_INFINITY)).toEqual([]);
    gatherer.closeOlder();
    expect(gatherer.take(Number.NEGATIVE_INFINITY)).toHaveLength(1);
  });

  it('never waits for more than a bounded number of blocks', () => {
    const gatherer = new BlockGatherer();
    gatherer.add(event('open', a));
    let out = 0;
    for (let index = 0; index < 6_000; index += 1) gatherer.add(event(`x${index}`, originOf(`s${index}`)));
    out += gatherer.take(1_000).length;
    expect(out).toBeGreaterThan(900);
  });
});

describe('filters', () => {
  const [trace] = gatherBlocks((traces['Python'] ?? []).map((line) => event(line)));
  const [info] = gatherBlocks([event('{"level":"info","msg":"fine","status":200}')]);

  it('look at the whole block, and keep the lines of a trace with their head', () => {
    if (!trace || !info) throw new Error('no blocks');
    expect(blockFilter({ level: 'error' })?.(trace)).toBe(true);
    expect(blockFilter({ level: 'warn' })?.(info)).toBe(false);
    expect(blockFilter({ grep: 'orders\\.py' })?.(trace)).toBe(true);
    expect(blockFilter({ grep: '/FINE/i' })?.(info)).toBe(true);
    expect(blockFilter({ grep: 'FINE' })?.(info)).toBe(false);
    expect(blockFilter({})).toBeUndefined();
  });

  it('refuse what is no regular expression', () => {
    expect(() => blockFilter({ grep: '(' })).toThrow('is not a regular expression');
  });
});

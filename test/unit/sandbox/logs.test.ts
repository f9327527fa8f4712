import { describe, expect, it } from 'vitest';
import { endLiveTails } from '../../../src/lib/sandbox/services/logs/live-tail.js';
import { logsModule } from '../../../src/lib/sandbox/services/logs/module.js';
import { putLogLines } from '../../../src/lib/sandbox/services/logs/store.js';
import type { World } from '../../../src/lib/sandbox/world.js';
import { type Answer, callIn, refusal, startOfTests, worldOf } from '../../helpers/service-world.js';

const group = '/ecs/shop-api';
const region = 'eu-west-1';

const withGroup = async (logEvents?: number) => {
  const world = worldOf(logsModule(logEvents === undefined ? {} : { logEvents }));
  const call = callIn(world, 'logs');
  await call('CreateLogGroup', { logGroupName: group });
  return { world, call };
};

const write = (world: World, lines: readonly string[], stream = 'api/1'): void => {
  putLogLines(world, region, { group, stream, lines });
};

const messages = (answer: Answer): readonly string[] => answer.events.map((event: Answer) => event.message);

describe('the simulated CloudWatch Logs', () => {
  it('refuses a second group of a name, and readers of a missing one, with the texts of AWS', async () => {
    const { call } = await withGroup();
    expect(await refusal(call('CreateLogGroup', { logGroupName: group }))).toBe(
      'ResourceAlreadyExistsException: The specified log group already exists',
    );
    expect(await refusal(call('FilterLogEvents', { logGroupName: '/nope' }))).toBe(
      'ResourceNotFoundException: The specified log group does not exist.',
    );
    expect(await refusal(call('GetLogEvents', { logGroupName: group, logStreamName: 'x' }))).toBe(
      'ResourceNotFoundException: The specified log stream does not exist.',
    );
  });

  it('shows a line to readers two to five seconds after it was written, not before', async () => {
    const { world, call } = await withGroup();
    write(world, ['hello']);
    world.advance(1_999);
    expect(messages(await call('FilterLogEvents', { logGroupName: group }))).toEqual([]);
    world.advance(3_001);
    expect(messages(await call('FilterLogEvents', { logGroupName: group }))).toEqual(['hello']);
  });

  it('drops lines for a group that is not there and says so', () => {
    const world = worldOf(logsModule());
    expect(putLogLines(world, region, { group: '/gone', stream: 's', lines: ['x'] })).toBe(false);
  });

  it('pages forward with a token that ends by repeating itself', async () => {
    const { world, call } = await withGroup();
    write(world, ['1', '2', '3', '4', '5']);
    world.advance(10_000);
    const ask = { logGroupName: group, logStreamName: 'api/1', startFromHead: true, limit: 2 };
    const first = await call('GetLogEvents', ask);
    const second = await call('GetLogEvents', { ...ask, nextToken: first.nextForwardToken });
    const third = await call('GetLogEvents', { ...ask, nextToken: second.nextForwardToken });
    const end = await call('GetLogEvents', { ...ask, nextToken: third.nextForwardToken });
    expect([first, second, third, end].map(messages)).toEqual([['1', '2'], ['3', '4'], ['5'], []]);
    expect(end.nextForwardToken).toBe(third.nextForwardToken);
  });

  it('starts from the newest lines unless asked otherwise, and pages backward from there', async () => {
    const { world, call } = await withGroup();
    write(world, ['1', '2', '3', '4', '5']);
    world.advance(10_000);
    const ask = { logGroupName: group, logStreamName: 'api/1', limit: 2 };
    const newest = await call('GetLogEvents', ask);
    const older = await call('GetLogEvents', { ...ask, nextToken: newest.nextBackwardToken });
    expect([messages(newest), messages(older)]).toEqual([
      ['4', '5'],
      ['2', '3'],
    ]);
  });

  it('finds lines that arrive after a reader has reached the end', async () => {
    const { world, call } = await withGroup();
    const ask = { logGroupName: group, logStreamName: 'api/1', startFromHead: true };
    write(world, ['early']);
    world.advance(10_000);
    const first = await call('GetLogEvents', ask);
    write(world, ['late']);
    world.advance(10_000);
    expect(messages(await call('GetLogEvents', { ...ask, nextToken: first.nextForwardToken }))).toEqual(['late']);
  });

  it('merges streams by time, in pages, with an empty page and a token where a match is rare', async () => {
    const { world, call } = await withGroup(40_000);
    write(
      world,
      Array.from({ length: 15_000 }, () => 'noise'),
    );
    world.advance(1_000);
    write(world, ['needle'], 'api/2');
    world.advance(10_000);
    const first = await call('FilterLogEvents', { logGroupName: group, filterPattern: 'needle' });
    expect(first.events).toEqual([]);
    const second = await call('FilterLogEvents', {
      logGroupName: group,
      filterPattern: 'needle',
      nextToken: first.nextToken,
    });
    expect(second.events).toMatchObject([{ message: 'needle', logStreamName: 'api/2' }]);
    expect(second.nextToken).toBeUndefined();
  });

  it('honours start and end time, stream names and prefixes, and newest first', async () => {
    const { world, call } = await withGroup();
    write(world, ['a'], 'api/1');
    world.advance(60_000);
    write(world, ['b'], 'web/1');
    world.advance(60_000);
    const ask = async (input: object) => messages(await call('FilterLogEvents', { logGroupName: group, ...input }));
    expect(await ask({ startTime: startOfTests + 1 })).toEqual(['b']);
    expect(await ask({ endTime: startOfTests + 1 })).toEqual(['a']);
    expect(await ask({ logStreamNames: ['web/1'] })).toEqual(['b']);
    expect(await ask({ logStreamNamePrefix: 'api/' })).toEqual(['a']);
    expect(await ask({ startFromHead: false })).toEqual(['b', 'a']);
    expect(
      await refusal(call('FilterLogEvents', { logGroupName: group, logStreamNames: ['a'], logStreamNamePrefix: 'a' })),
    ).toContain('InvalidParameterException');
  });

  it('keeps a ring of the newest events and says once that it drops the oldest', async () => {
    const { world, call } = await withGroup(100);
    for (let index = 0; index < 1_000; index += 1) write(world, [`line ${index}`]);
    world.advance(10_000);
    const { events } = await call('FilterLogEvents', { logGroupName: group });
    expect(events.length).toBeLessThanOrEqual(110);
    expect(events.at(-1).message).toBe('line 999');
    expect(world.state.timeline.filter((entry) => entry.kind === 'event')).toHaveLength(1);
  });

  it('takes PutLogEvents in order only, and reports what is too old or too new', async () => {
    const { world, call } = await withGroup();
    await call('CreateLogStream', { logGroupName: group, logStreamName: 's' });
    const put = (timestamps: readonly number[]) =>
      call('PutLogEvents', {
        logGroupName: group,
        logStreamName: 's',
        logEvents: timestamps.map((timestamp) => ({ timestamp, message: 'm' })),
      });
    expect(await refusal(put([world.now, world.now - 1]))).toContain('chronological order');
    const day = 86_400_000;
    const answer = await put([world.now - 15 * day, world.now, world.now + 3 * 3_600_000]);
    expect(answer.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
    world.advance(10_000);
    expect((await call('FilterLogEvents', { logGroupName: group })).events).toHaveLength(1);
  });

  it('lists groups by prefix in pages and streams by their last event', async () => {
    const { world, call } = await withGroup();
    for (const name of ['/ecs/a', '/ecs/b', '/other']) await call('CreateLogGroup', { logGroupName: name });
    const first = await call('DescribeLogGroups', { logGroupNamePrefix: '/ecs/', limit: 2 });
    const second = await call('DescribeLogGroups', {
      logGroupNamePrefix: '/ecs/',
      limit: 2,
      nextToken: first.nextToken,
    });
    expect([...first.logGroups, ...second.logGroups].map((each: Answer) => each.logGroupName)).toEqual([
      '/ecs/a',
      '/ecs/b',
      group,
    ]);
    expect(first.logGroups[0].arn).toBe('arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/a:*');
    write(world, ['1'], 'old');
    world.advance(1_000);
    write(world, ['2'], 'new');
    const { logStreams } = await call('DescribeLogStreams', {
      logGroupName: group,
      orderBy: 'LastEventTime',
      descending: true,
    });
    expect(logStreams.map((each: Answer) => each.logStreamName)).toEqual(['new', 'old']);
  });

  it('keeps retention and tags', async () => {
    const { call } = await withGroup();
    await call('PutRetentionPolicy', { logGroupName: group, retentionInDays: 14 });
    expect((await call('DescribeLogGroups')).logGroups[0].retentionInDays).toBe(14);
    expect(await refusal(call('PutRetentionPolicy', { logGroupName: group, retentionInDays: 2 }))).toContain(
      'enum value set',
    );
    const resourceArn = 'arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/shop-api';
    await call('TagResource', { resourceArn, tags: { team: 'shop', keep: 'no' } });
    await call('UntagResource', { resourceArn, tagKeys: ['keep'] });
    expect(await call('ListTagsForResource', { resourceArn })).toEqual({ tags: { team: 'shop' } });
  });
});

describe('a live tail', () => {
  const open = async (input: object = {}) => {
    const { world, call } = await withGroup();
    const ended = new AbortController();
    const answer = await call('StartLiveTail', { logGroupIdentifiers: [group], ...input }, { signal: ended.signal });
    const stream = answer.responseStream[Symbol.asyncIterator]();
    const start = (await stream.next()).value;
    const update = async (ms: number): Promise<Answer> => {
      const next = stream.next();
      await Promise.resolve();
      world.advance(ms);
      return (await next).value?.sessionUpdate;
    };
    return { world, stream, start, update, ended };
  };

  it('opens with the session, then sends what became visible each second', async () => {
    const { world, start, update } = await open();
    expect(start.sessionStart.logGroupIdentifiers).toEqual([
      'arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/shop-api',
    ]);
    write(world, ['hello']);
    expect(await update(1_000)).toEqual({ sessionMetadata: { sampled: false }, sessionResults: [] });
    const later = await update(10_000);
    expect(later.sessionResults).toMatchObject([
      { message: 'hello', logStreamName: 'api/1', logGroupIdentifier: '123456789012:/ecs/shop-api' },
    ]);
  });

  it('filters, and samples above 500 events in a second', async () => {
    const { world, update } = await open({ logEventFilterPattern: 'wanted' });
    write(
      world,
      Array.from({ length: 1_200 }, (_, index) => (index % 2 === 0 ? `wanted ${index}` : 'other')),
    );
    const update1 = await update(10_000);
    expect(update1.sessionMetadata.sampled).toBe(true);
    expect(update1.sessionResults).toHaveLength(500);
    expect(update1.sessionResults.every((each: Answer) => each.message.startsWith('wanted'))).toBe(true);
  });

  it('ends when the client goes away, leaving no timer behind', async () => {
    const { world, stream, ended } = await open();
    const next = stream.next();
    await Promise.resolve();
    ended.abort();
    expect((await next).done).toBe(true);
    expect(world.state.timers).toEqual([]);
  });

  it('ends with an error when the world is replaced', async () => {
    const { world, stream } = await open();
    const next = stream.next();
    await Promise.resolve();
    endLiveTails(world);
    expect(await refusal(next)).toContain('SessionStreamingException');
  });

  it('takes one to ten groups, by name or by an ARN without the star', async () => {
    const { call } = await withGroup();
    expect(await refusal(call('StartLiveTail', { logGroupIdentifiers: [] }))).toContain('InvalidParameterException');
    const starred = 'arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/shop-api:*';
    expect(await refusal(call('StartLiveTail', { logGroupIdentifiers: [starred] }))).toContain('must not end with :*');
  });
});

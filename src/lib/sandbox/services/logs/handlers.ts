/** CloudWatch Logs' operations on groups, streams, retention and tags, and PutLogEvents. Reading is read.ts. */
import type {
  CreateLogGroupRequest,
  CreateLogStreamRequest,
  DeleteLogGroupRequest,
  DeleteLogStreamRequest,
  DescribeLogGroupsRequest,
  DescribeLogStreamsRequest,
  PutLogEventsRequest,
  PutRetentionPolicyRequest,
} from '@aws-sdk/client-cloudwatch-logs';
import { pageOf } from '../../paging.js';
import { AwsError, type Call, type Handler } from '../../service.js';
import { compileFilterPattern } from './filter-pattern.js';
import { startLiveTail } from './live-tail.js';
import { checkGroupName, findGroup, findStream, groupNameOf, invalidParameter } from './lookup.js';
import { filterLogEvents, getLogEvents } from './read.js';
import {
  appendEvents,
  createLogGroup,
  createLogStream,
  hasLogGroup,
  type LogGroup,
  type LogStream,
  logsState,
} from './store.js';

const day = 86_400_000;
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const createGroup = (input: CreateLogGroupRequest, { world, region }: Call): object => {
  const name = checkGroupName(input.logGroupName);
  if (hasLogGroup(world, region, name))
    throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
  const group = createLogGroup(world, region, name);
  group.tags = { ...input.tags };
  group.logGroupClass = input.logGroupClass ?? 'STANDARD';
  if (input.kmsKeyId !== undefined) group.kmsKeyId = input.kmsKeyId;
  return {};
};

const deleteGroup = (input: DeleteLogGroupRequest, { world, region }: Call): object => {
  const group = findGroup(world, region, input);
  delete logsState(world, region).groups[group.name];
  return {};
};

const createStream = (input: CreateLogStreamRequest, { world, region }: Call): object => {
  const group = findGroup(world, region, input);
  const name = input.logStreamName ?? '';
  if (!/^[^:*]{1,512}$/.test(name))
    throw invalidParameter(
      `1 validation error detected: Value '${name}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`,
    );
  if (Object.hasOwn(group.streams, name))
    throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
  createLogStream(world, group, name);
  return {};
};

const deleteStream = (input: DeleteLogStreamRequest, { world, region }: Call): object => {
  const group = findGroup(world, region, input);
  delete group.streams[findStream(group, input.logStreamName).name];
  return {};
};

const putLogEvents = (input: PutLogEventsRequest, { world, region }: Call): object => {
  const group = findGroup(world, region, input);
  const stream = findStream(group, input.logStreamName);
  const events = (input.logEvents ?? []).map((event) => ({
    timestamp: event.timestamp ?? 0,
    message: event.message ?? '',
  }));
  checkBatch(events);
  const tooOldBefore = world.now - 14 * day;
  const expiredBefore = group.retentionInDays === undefined ? 0 : world.now - group.retentionInDays * day;
  const tooNewAfter = world.now + 2 * 3_600_000;
  const accepted = events.filter(
    ({ timestamp }) => timestamp >= tooOldBefore && timestamp >= expiredBefore && timestamp <= tooNewAfter,
  );
  appendEvents(world, region, { group, stream, lines: accepted });
  const tooOld = events.filter(({ timestamp }) => timestamp < tooOldBefore).length;
  const expired = events.filter(({ timestamp }) => timestamp < expiredBefore).length;
  const tooNew = events.findIndex(({ timestamp }) => timestamp > tooNewAfter);
  return {
    nextSequenceToken: world.digits(56),
    ...(accepted.length < events.length && {
      rejectedLogEventsInfo: {
        ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
        ...(expired > 0 && { expiredLogEventEndIndex: expired }),
        ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
      },
    }),
  };
};

const checkBatch = (events: readonly { readonly timestamp: number; readonly message: string }[]): void => {
  if (events.length < 1 || events.length > 10_000)
    throw invalidParameter(
      "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length between 1 and 10000",
    );
  const bytes = events.reduce((sum, event) => sum + Buffer.byteLength(event.message) + 26, 0);
  if (bytes > 1_048_576) throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of 1048576`);
  if (events.some((event) => event.message === '')) throw invalidParameter('Log event message must not be empty.');
  if (events.some((event, index) => event.timestamp < (events[index - 1]?.timestamp ?? 0)))
    throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.');
};

const describeGroups = (input: DescribeLogGroupsRequest, { world, region }: Call): object => {
  if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined)
    throw invalidParameter('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
  const wanted = input.logGroupIdentifiers?.map(groupNameOf);
  const groups = Object.values(logsState(world, region).groups)
    .filter(
      ({ name }) =>
        name.startsWith(input.logGroupNamePrefix ?? '') &&
        name.includes(input.logGroupNamePattern ?? '') &&
        (!wanted || wanted.includes(name)),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = pageOf(groups, { limit: limitOf(input.limit), token: input.nextToken, key: ({ name }) => name });
  return { logGroups: page.items.map(groupShape), ...(page.nextToken && { nextToken: page.nextToken }) };
};

const limitOf = (limit: number | undefined): number => {
  if (limit !== undefined && (limit < 1 || limit > 50))
    throw invalidParameter(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value ${limit < 1 ? 'greater than or equal to 1' : 'less than or equal to 50'}`,
    );
  return limit ?? 50;
};

const groupShape = (group: LogGroup): object => ({
  logGroupName: group.name,
  creationTime: group.creationTime,
  ...(group.retentionInDays !== undefined && { retentionInDays: group.retentionInDays }),
  metricFilterCount: 0,
  arn: `${group.arn}:*`,
  logGroupArn: group.arn,
  storedBytes: Object.values(group.streams).reduce((sum, stream) => sum + stream.storedBytes, 0),
  logGroupClass: group.logGroupClass,
  ...(group.kmsKeyId !== undefined && { kmsKeyId: group.kmsKeyId }),
});

const describeStreams = (input: DescribeLogStreamsRequest, { world, region }: Call): object => {
  const group = findGroup(world, region, input);
  if (input.orderBy === 'LastEventTime' && input.logStreamNamePrefix !== undefined)
    throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
  const sign = input.descending === true ? -1 : 1;
  const byName = (a: LogStream, b: LogStream): number => (a.name < b.name ? -1 : 1);
  const byLastEvent = (a: LogStream, b: LogStream): number =>
    (a.lastEventTimestamp ?? 0) - (b.lastEventTimestamp ?? 0) || byName(a, b);
  const streams = Object.values(group.streams)
    .filter(({ name }) => name.startsWith(input.logStreamNamePrefix ?? ''))
    .sort((a, b) => sign * (input.orderBy === 'LastEventTime' ? byLastEvent(a, b) : byName(a, b)));
  const page = pageOf(streams, { limit: limitOf(input.limit), token: input.nextToken, key: ({ name }) => name });
  return { logStreams: page.items.map(streamShape), ...(page.nextToken && { nextToken: page.nextToken }) };
};

const streamShape = (stream: LogStream): object => ({
  logStreamName: stream.name,
  creationTime: stream.creationTime,
  ...(stream.firstEventTimestamp !== undefined && {
    firstEventTimestamp: stream.firstEventTimestamp,
    lastEventTimestamp: stream.lastEventTimestamp,
    lastIngestionTime: stream.lastIngestionTime,
  }),
  uploadSequenceToken: '1',
  arn: stream.arn,
  storedBytes: 0,
});

const putRetention = (input: PutRetentionPolicyRequest, { world, region }: Call): object => {
  const group = findGroup(world, region, input);
  if (!retentionDays.includes(input.retentionInDays ?? 0))
    throw invalidParameter(
      `1 validation error detected: Value '${input.retentionInDays}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${retentionDays.join(', ')}]`,
    );
  group.retentionInDays = input.retentionInDays as number;
  return {};
};

const deleteRetention = (input: { readonly logGroupName?: string }, { world, region }: Call): object => {
  delete findGroup(world, region, input).retentionInDays;
  return {};
};

interface TagInput {
  readonly resourceArn?: string;
  readonly logGroupName?: string;
  readonly tags?: Readonly<Record<string, string>> & readonly string[];
  readonly tagKeys?: readonly string[];
}

const taggedGroup = (input: TagInput, call: Call): LogGroup =>
  findGroup(call.world, call.region, { logGroupName: input.logGroupName, logGroupIdentifier: input.resourceArn });

const tag: Handler = (input: TagInput, call) => {
  Object.assign(taggedGroup(input, call).tags, input.tags);
  return {};
};

const untag: Handler = (input: TagInput, call) => {
  const { tags } = taggedGroup(input, call);
  for (const key of input.tagKeys ?? input.tags ?? []) delete tags[key];
  return {};
};

const listTags: Handler = (input: TagInput, call) => ({ tags: { ...taggedGroup(input, call).tags } });

const testMetricFilter = (input: { readonly filterPattern?: string; readonly logEventMessages?: string[] }): object => {
  const matches = compileFilterPattern(input.filterPattern);
  return {
    matches: (input.logEventMessages ?? []).flatMap((eventMessage, index) =>
      matches(eventMessage) ? [{ eventNumber: index + 1, eventMessage, extractedValues: {} }] : [],
    ),
  };
};

export const logsOperations: Readonly<Record<string, Handler>> = {
  CreateLogGroup: createGroup,
  DeleteLogGroup: deleteGroup,
  DescribeLogGroups: describeGroups,
  CreateLogStream: createStream,
  DeleteLogStream: deleteStream,
  DescribeLogStreams: describeStreams,
  PutLogEvents: putLogEvents,
  GetLogEvents: getLogEvents,
  FilterLogEvents: filterLogEvents,
  StartLiveTail: startLiveTail,
  PutRetentionPolicy: putRetention,
  DeleteRetentionPolicy: deleteRetention,
  TagResource: tag,
  UntagResource: untag,
  ListTagsForResource: listTags,
  TagLogGroup: tag,
  UntagLogGroup: untag,
  ListTagsLogGroup: listTags,
  TestMetricFilter: testMetricFilter,
};

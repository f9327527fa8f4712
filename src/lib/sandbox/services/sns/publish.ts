/** Publishing: a message is kept with its topic, the timeline tells its subject and size. */
import type {
  MessageAttributeValue,
  PublishBatchInput,
  PublishBatchRequestEntry,
  PublishInput,
} from '@aws-sdk/client-sns';
import { AwsError, type Call } from '../../service.js';
import type { Place } from '../neighbours.js';
import { findTopic, invalid, placeOf, requiredTopic, type Topic } from './state.js';

const keptMessages = 100;
const longestMessage = 262_144;
const longestSubject = 100;

interface Draft {
  readonly subject?: string | undefined;
  readonly message: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const keep = ({ world, region }: Place, topic: Topic, draft: Draft): string => {
  // Not from the world's random numbers: who publishes must not change what happens in the world.
  const id = `00000000-0000-4000-9000-${world.count(`sns/${region}`).toString(16).padStart(12, '0')}`;
  topic.messages.push({
    id,
    at: world.now,
    ...(draft.subject !== undefined && { subject: draft.subject }),
    message: draft.message,
    attributes: draft.attributes ?? {},
  });
  if (topic.messages.length > keptMessages) topic.messages.splice(0, topic.messages.length - keptMessages);
  const size = Buffer.byteLength(draft.message);
  world.record({
    kind: 'event',
    region,
    subject: `topic ${topic.name}`,
    message: `published${draft.subject === undefined ? '' : ` ${JSON.stringify(draft.subject)}`}, ${size} bytes`,
  });
  return id;
};

/** What an alarm does; false when there is no such topic. */
export const publishNotice = (
  place: Place,
  notice: { readonly topicArn: string; readonly subject: string; readonly message: string },
): boolean => {
  const topic = findTopic(place, notice.topicArn);
  if (!topic) return false;
  keep(place, topic, { subject: notice.subject.slice(0, longestSubject), message: notice.message });
  return true;
};

const checkMessage = ({ Subject: subject, Message: message = '', MessageStructure: structure }: PublishInput): void => {
  if (message === '') throw invalid('Empty message');
  if (Buffer.byteLength(message) > longestMessage) throw invalid('Message too long');
  if (subject !== undefined && (subject === '' || subject.length > longestSubject || /[\n\r\p{Cc}]/u.test(subject)))
    throw invalid('Subject');
  if (structure !== undefined && structure !== 'json') throw invalid('MessageStructure');
  if (structure === 'json' && !hasDefault(message))
    throw invalid('Message Structure - No default entry in JSON message body');
};

const hasDefault = (message: string): boolean => {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === 'object' && value !== null && 'default' in value;
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
};

const attributeTexts = (attributes: Readonly<Record<string, MessageAttributeValue>> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { StringValue: text, BinaryValue: bytes }]) => [
      name,
      text ?? Buffer.from(bytes ?? new Uint8Array()).toString('base64'),
    ]),
  );

export const publish = (input: PublishInput, call: Call): object => {
  if (input.PhoneNumber !== undefined)
    throw new AwsError('NotImplemented', 'sending text messages is not part of the sandbox', 501);
  checkMessage(input);
  const topic = requiredTopic(call, input.TopicArn ?? input.TargetArn);
  const MessageId = keep(placeOf(call), topic, {
    subject: input.Subject,
    message: input.Message ?? '',
    attributes: attributeTexts(input.MessageAttributes),
  });
  return { MessageId };
};

const largestBatch = 10;

export const publishBatch = (input: PublishBatchInput, call: Call): object => {
  const topic = requiredTopic(call, input.TopicArn);
  const entries = input.PublishBatchRequestEntries ?? [];
  if (entries.length === 0)
    throw new AwsError('EmptyBatchRequestException', "The batch request doesn't contain any entries.");
  if (entries.length > largestBatch)
    throw new AwsError(
      'TooManyEntriesInBatchRequestException',
      'The batch request contains more entries than permissible.',
    );
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
    throw new AwsError(
      'BatchEntryIdsNotDistinctException',
      'Two or more batch entries in the request have the same Id.',
    );
  const results = entries.map((entry) => publishEntry(call, topic, entry));
  return {
    Successful: results.filter((result) => 'MessageId' in result),
    Failed: results.filter((result) => 'Code' in result),
  };
};

const publishEntry = (call: Call, topic: Topic, entry: PublishBatchRequestEntry): object => {
  try {
    checkMessage({ ...entry, Message: entry.Message });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { Id: entry.Id, Code: 'InvalidParameter', Message: error.message, SenderFault: true };
  }
  const MessageId = keep(placeOf(call), topic, {
    subject: entry.Subject,
    message: entry.Message ?? '',
    attributes: attributeTexts(entry.MessageAttributes),
  });
  return { Id: entry.Id, MessageId };
};

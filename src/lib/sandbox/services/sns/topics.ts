/** Topics and their tags. */
import type {
  CreateTopicInput,
  DeleteTopicInput,
  GetTopicAttributesInput,
  ListTagsForResourceRequest,
  ListTopicsInput,
  SetTopicAttributesInput,
  Tag,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-sns';
import { pageOf } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import { findTopic, invalid, placeOf, requiredTopic, snsState, type Topic } from './state.js';

const tagRecord = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));

/** A topic of that name is answered as it is; other attributes or tags than it has are refused. */
export const createTopic = (input: CreateTopicInput, call: Call): object => {
  const name = input.Name ?? '';
  if (!/^[\w-]{1,256}(\.fifo)?$/.test(name)) throw invalid('Topic Name');
  if (name.endsWith('.fifo')) throw new AwsError('NotImplemented', 'FIFO topics are not part of the sandbox', 501);
  const place = placeOf(call);
  const arn = call.world.arn('sns', call.region, name);
  const existing = findTopic(place, arn);
  const attributes = { ...input.Attributes };
  const tags = tagRecord(input.Tags);
  if (existing) {
    if (Object.entries(attributes).some(([key, value]) => existing.attributes[key] !== value))
      throw invalid('Attributes Reason: Topic already exists with different attributes');
    if (Object.entries(tags).some(([key, value]) => existing.tags[key] !== value))
      throw invalid('Tags Reason: Topic already exists with different tags');
    return { TopicArn: arn };
  }
  snsState(place).topics[arn] = { name, arn, attributes, tags, subscriptions: [], messages: [] };
  call.world.record({ kind: 'state', region: call.region, subject: `topic ${name}`, to: 'created' });
  return { TopicArn: arn };
};

/** A topic that is not there is deleted already. */
export const deleteTopic = (input: DeleteTopicInput, call: Call): object => {
  const place = placeOf(call);
  const topic = findTopic(place, input.TopicArn);
  if (!topic) return {};
  delete snsState(place).topics[topic.arn];
  call.world.record({
    kind: 'state',
    region: call.region,
    subject: `topic ${topic.name}`,
    from: 'created',
    to: 'deleted',
  });
  return {};
};

export const listTopics = (input: ListTopicsInput, call: Call): object => {
  const page = pageOf(Object.values(snsState(placeOf(call)).topics), {
    limit: 100,
    token: input.NextToken,
    key: ({ arn }) => arn,
    invalid: invalid('NextToken'),
  });
  return {
    Topics: page.items.map(({ arn }) => ({ TopicArn: arn })),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
};

const count = (topic: Topic, isPending: boolean): string =>
  String(topic.subscriptions.filter((each) => each.isPending === isPending).length);

export const getTopicAttributes = (input: GetTopicAttributesInput, call: Call): object => {
  const topic = requiredTopic(call, input.TopicArn);
  return {
    Attributes: {
      TopicArn: topic.arn,
      Owner: call.account,
      DisplayName: '',
      SubscriptionsConfirmed: count(topic, false),
      SubscriptionsPending: count(topic, true),
      SubscriptionsDeleted: '0',
      Policy: JSON.stringify({ Version: '2008-10-17', Id: '__default_policy_ID', Statement: [] }),
      EffectiveDeliveryPolicy: '{}',
      ...topic.attributes,
    },
  };
};

export const setTopicAttributes = (input: SetTopicAttributesInput, call: Call): object => {
  const topic = requiredTopic(call, input.TopicArn);
  topic.attributes[input.AttributeName ?? ''] = input.AttributeValue ?? '';
  return {};
};

const tagged = (call: Call, arn: string | undefined): Topic => {
  const topic = findTopic(placeOf(call), arn);
  if (!topic) throw new AwsError('ResourceNotFoundException', 'Resource does not exist', 404);
  return topic;
};

export const tagResource = (input: TagResourceRequest, call: Call): object => {
  const topic = tagged(call, input.ResourceArn);
  const tags = { ...topic.tags, ...tagRecord(input.Tags) };
  if (Object.keys(tags).length > 50)
    throw new AwsError('TagLimitExceededException', 'Could not complete request: tag quota of per resource exceeded');
  topic.tags = tags;
  return {};
};

export const untagResource = (input: UntagResourceRequest, call: Call): object => {
  const { tags } = tagged(call, input.ResourceArn);
  for (const key of input.TagKeys ?? []) delete tags[key];
  return {};
};

export const listTagsForResource = (input: ListTagsForResourceRequest, call: Call): object => ({
  Tags: Object.entries(tagged(call, input.ResourceArn).tags).map(([Key, Value]) => ({ Key, Value })),
});

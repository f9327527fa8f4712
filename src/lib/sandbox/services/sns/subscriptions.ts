/** Subscriptions: remembered, never delivered to. */
import type {
  GetSubscriptionAttributesInput,
  ListSubscriptionsByTopicInput,
  ListSubscriptionsInput,
  SubscribeInput,
  UnsubscribeInput,
} from '@aws-sdk/client-sns';
import { pageOf } from '../../paging.js';
import type { Call } from '../../service.js';
import { invalid, notFound, placeOf, requiredTopic, type Subscription, snsState, type Topic } from './state.js';

const protocols = ['http', 'https', 'email', 'email-json', 'sms', 'sqs', 'application', 'lambda', 'firehose'];
const confirmedByHand = ['http', 'https', 'email', 'email-json'];
const pending = 'PendingConfirmation';

export const subscribe = (input: SubscribeInput, call: Call): object => {
  const topic = requiredTopic(call, input.TopicArn);
  const { Protocol: protocol = '', Endpoint: endpoint = '' } = input;
  if (!protocols.includes(protocol)) throw invalid(`Amazon SNS does not support this protocol string: ${protocol}`);
  if (endpoint === '') throw invalid('Endpoint must match the specified protocol');
  const existing = topic.subscriptions.find((each) => each.protocol === protocol && each.endpoint === endpoint);
  const subscription: Subscription = existing ?? {
    arn: `${topic.arn}:${call.world.uuid()}`,
    protocol,
    endpoint,
    isPending: confirmedByHand.includes(protocol),
    attributes: { ...input.Attributes },
  };
  if (!existing) topic.subscriptions.push(subscription);
  const isShown = !subscription.isPending || input.ReturnSubscriptionArn === true;
  return { SubscriptionArn: isShown ? subscription.arn : 'pending confirmation' };
};

const withTopic = (topic: Topic) => topic.subscriptions.map((subscription) => ({ topic, subscription }));

const find = (call: Call, arn: string | undefined) =>
  Object.values(snsState(placeOf(call)).topics)
    .flatMap(withTopic)
    .find(({ subscription }) => subscription.arn === arn);

export const unsubscribe = (input: UnsubscribeInput, call: Call): object => {
  const found = find(call, input.SubscriptionArn);
  if (!found) throw notFound('Subscription');
  found.topic.subscriptions = found.topic.subscriptions.filter((each) => each !== found.subscription);
  return {};
};

const listed = (
  call: Call,
  of: { readonly items: readonly ReturnType<typeof withTopic>[number][]; readonly token: string | undefined },
): object => {
  const page = pageOf(of.items, {
    limit: 100,
    token: of.token,
    key: ({ subscription }) => subscription.arn,
    invalid: invalid('NextToken'),
  });
  return {
    Subscriptions: page.items.map(({ topic, subscription }) => ({
      SubscriptionArn: subscription.isPending ? pending : subscription.arn,
      Owner: call.account,
      Protocol: subscription.protocol,
      Endpoint: subscription.endpoint,
      TopicArn: topic.arn,
    })),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
};

export const listSubscriptions = (input: ListSubscriptionsInput, call: Call): object =>
  listed(call, {
    items: Object.values(snsState(placeOf(call)).topics).flatMap(withTopic),
    token: input.NextToken,
  });

export const listSubscriptionsByTopic = (input: ListSubscriptionsByTopicInput, call: Call): object =>
  listed(call, { items: withTopic(requiredTopic(call, input.TopicArn)), token: input.NextToken });

export const getSubscriptionAttributes = (input: GetSubscriptionAttributesInput, call: Call): object => {
  const found = find(call, input.SubscriptionArn);
  if (!found) throw notFound('Subscription');
  const { topic, subscription } = found;
  return {
    Attributes: {
      SubscriptionArn: subscription.arn,
      TopicArn: topic.arn,
      Owner: call.account,
      Protocol: subscription.protocol,
      Endpoint: subscription.endpoint,
      PendingConfirmation: String(subscription.isPending),
      ...subscription.attributes,
    },
  };
};

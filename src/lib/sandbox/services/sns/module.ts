/** SNS, simulated as far as it is written to: messages are kept and can be looked at, nobody receives them. */
import type { Handler } from '../../service.js';
import type { NeighbourlyModule } from '../neighbours.js';
import { publish, publishBatch, publishNotice } from './publish.js';
import { initialSns } from './state.js';
import {
  getSubscriptionAttributes,
  listSubscriptions,
  listSubscriptionsByTopic,
  subscribe,
  unsubscribe,
} from './subscriptions.js';
import {
  createTopic,
  deleteTopic,
  getTopicAttributes,
  listTagsForResource,
  listTopics,
  setTopicAttributes,
  tagResource,
  untagResource,
} from './topics.js';

const operations: Readonly<Record<string, Handler>> = {
  CreateTopic: createTopic,
  DeleteTopic: deleteTopic,
  ListTopics: listTopics,
  GetTopicAttributes: getTopicAttributes,
  SetTopicAttributes: setTopicAttributes,
  Subscribe: subscribe,
  Unsubscribe: unsubscribe,
  ListSubscriptions: listSubscriptions,
  ListSubscriptionsByTopic: listSubscriptionsByTopic,
  GetSubscriptionAttributes: getSubscriptionAttributes,
  Publish: publish,
  PublishBatch: publishBatch,
  TagResource: tagResource,
  UntagResource: untagResource,
  ListTagsForResource: listTagsForResource,
};

export const snsModule = (): NeighbourlyModule => ({
  id: 'sns',
  signingName: 'sns',
  loadSchema: () => import('@aws-sdk/client-sns'),
  initial: initialSns,
  operations,
  neighbour: { publish: publishNotice },
  limits: [
    { operations: ['Publish', 'PublishBatch'], perSecond: 300, burst: 300, code: 'ThrottlingException' },
    { operations: ['Subscribe', 'Unsubscribe'], perSecond: 100, burst: 100, code: 'ThrottlingException' },
    {
      operations: [
        'CreateTopic',
        'DeleteTopic',
        'ListTopics',
        'GetTopicAttributes',
        'SetTopicAttributes',
        'ListSubscriptions',
        'ListSubscriptionsByTopic',
        'GetSubscriptionAttributes',
      ],
      perSecond: 30,
      burst: 30,
      code: 'ThrottlingException',
    },
    {
      operations: ['TagResource', 'UntagResource', 'ListTagsForResource'],
      perSecond: 10,
      burst: 10,
      code: 'ThrottlingException',
    },
  ],
});

/** What was published, for who tests or looks at the sandbox; AWS has no call for it. */
import type { Place } from '../neighbours.js';
import { type PublishedMessage, snsState } from './state.js';

export interface TopicMessage extends PublishedMessage {
  readonly topicArn: string;
}

/** Oldest first; of one topic, by name or ARN, or of all. */
export const publishedMessages = (place: Place, topic?: string): readonly TopicMessage[] =>
  Object.values(snsState(place).topics)
    .filter(({ name, arn }) => topic === undefined || topic === name || topic === arn)
    .flatMap(({ arn, messages }) => messages.map((message) => ({ topicArn: arn, ...message })))
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));

/** SNS's data: topics, who subscribed, and the newest messages. Nothing is delivered to anybody. */
import { AwsError, type Call } from '../../service.js';
import type { Place } from '../neighbours.js';

export interface Subscription {
  readonly arn: string;
  readonly protocol: string;
  readonly endpoint: string;
  /** Protocols that a person must confirm stay pending for ever: nobody gets the mail. */
  readonly isPending: boolean;
  attributes: Record<string, string>;
}

export interface PublishedMessage {
  readonly id: string;
  readonly at: number;
  readonly subject?: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Topic {
  readonly name: string;
  readonly arn: string;
  attributes: Record<string, string>;
  tags: Record<string, string>;
  subscriptions: Subscription[];
  /** Oldest first. */
  messages: PublishedMessage[];
}

export interface SnsState {
  /** By ARN. */
  readonly topics: Record<string, Topic>;
}

export const initialSns = (): SnsState => ({ topics: {} });

export const snsState = ({ world, region }: Place): SnsState => world.service<SnsState>(region, 'sns');

export const placeOf = ({ world, region }: Call): Place => ({ world, region });

export const invalid = (message: string): AwsError =>
  new AwsError('InvalidParameterException', `Invalid parameter: ${message}`);

export const notFound = (what: string): AwsError => new AwsError('NotFoundException', `${what} does not exist`, 404);

export const findTopic = (place: Place, arn: string | undefined): Topic | undefined => {
  const { topics } = snsState(place);
  return arn !== undefined && Object.hasOwn(topics, arn) ? topics[arn] : undefined;
};

export const requiredTopic = (call: Call, arn: string | undefined): Topic => {
  if (!/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/.test(arn ?? '')) throw invalid('TopicArn');
  const topic = findTopic(placeOf(call), arn);
  if (!topic) throw notFound('Topic');
  return topic;
};

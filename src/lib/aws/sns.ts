/** The SNS gateway: one message to one topic. A lost answer is not sent again: one notice too few is better than two. */
import type { AwsClients } from './clients.js';
import { toPlatformError } from './errors.js';

export interface TopicMessage {
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
  /** For filter policies of subscriptions. */
  readonly attributes: Readonly<Record<string, string>>;
}

export const publishMessage = async (clients: AwsClients, message: TopicMessage): Promise<void> => {
  const { PublishCommand } = await import('@aws-sdk/client-sns');
  const client = await clients.write('sns');
  const attributes = Object.entries(message.attributes).map(
    ([name, value]) => [name, { DataType: 'String', StringValue: value }] as const,
  );
  try {
    await client.send(
      new PublishCommand({
        TopicArn: message.topicArn,
        Subject: message.subject,
        Message: message.message,
        MessageAttributes: Object.fromEntries(attributes),
      }),
    );
  } catch (error) {
    throw toPlatformError(error, 'sns:Publish');
  }
};

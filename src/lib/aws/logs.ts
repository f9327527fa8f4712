/** The CloudWatch Logs gateway: what a deployment and its diagnosis read. */
import type { AwsClients } from './clients.js';

export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** Where the next page begins; the same as before when there is nothing more (yet). */
  readonly token?: string | undefined;
}

export interface LogsGateway {
  hasGroup(name: string): Promise<boolean>;
  /** The last lines of a stream, oldest first. A group or stream that is not there (yet) has none. */
  lastLines(options: {
    readonly group: string;
    readonly stream: string;
    readonly limit: number;
  }): Promise<readonly LogLine[]>;
  /** Forward from a token, or from the stream's beginning. A group or stream that is not there (yet) has no lines. */
  page(options: {
    readonly group: string;
    readonly stream: string;
    readonly token?: string | undefined;
  }): Promise<LogPage>;
}

const isMissing = (error: unknown): boolean => error instanceof Error && error.name === 'ResourceNotFoundException';

const toLine = (event: {
  readonly timestamp?: number | undefined;
  readonly message?: string | undefined;
}): LogLine => ({
  atMs: event.timestamp ?? 0,
  text: event.message ?? '',
});

export const createLogsGateway = (clients: AwsClients): LogsGateway => ({
  hasGroup: async (name) => {
    const { DescribeLogGroupsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    const client = await clients.read('logs');
    let nextToken: string | undefined;
    do {
      const answer = await client.send(
        new DescribeLogGroupsCommand({ logGroupNamePrefix: name, ...(nextToken ? { nextToken } : {}) }),
      );
      if (answer.logGroups?.some((group) => group.logGroupName === name)) return true;
      nextToken = answer.nextToken;
    } while (nextToken);
    return false;
  },
  lastLines: async ({ group, stream, limit }) => {
    const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    const client = await clients.read('logs');
    try {
      const answer = await client.send(
        new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, limit, startFromHead: false }),
      );
      return (answer.events ?? []).map(toLine);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  page: async ({ group, stream, token }) => {
    const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    const client = await clients.read('logs');
    try {
      const answer = await client.send(
        new GetLogEventsCommand({
          logGroupName: group,
          logStreamName: stream,
          startFromHead: true,
          ...(token === undefined ? {} : { nextToken: token }),
        }),
      );
      return { lines: (answer.events ?? []).map(toLine), token: answer.nextForwardToken };
    } catch (error) {
      if (isMissing(error)) return { lines: [], token };
      throw error;
    }
  },
});

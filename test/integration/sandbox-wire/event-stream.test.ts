import {
  CloudWatchLogsClient,
  StartLiveTailCommand,
  type StartLiveTailResponseStream,
} from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';
import { createDispatcher, type Dispatcher } from '../../../src/lib/sandbox/dispatch.js';
import { startServer } from '../../../src/lib/sandbox/server.js';
import { AwsError, type Call, type ServiceModule } from '../../../src/lib/sandbox/service.js';
import { World } from '../../../src/lib/sandbox/world.js';
import { endpointConfig, inProcessConfig } from '../../helpers/sandbox-client.js';

type Events = AsyncIterable<StartLiveTailResponseStream>;

const logsModule = (tail: (call: Call) => Events): ServiceModule => ({
  id: 'logs',
  signingName: 'logs',
  target: 'Logs_20140328',
  loadSchema: () => import('@aws-sdk/client-cloudwatch-logs'),
  initial: () => ({}),
  operations: { StartLiveTail: (_input, call) => ({ responseStream: tail(call) }) },
});

const dispatcherFor = (tail: (call: Call) => Events): Dispatcher => {
  const module = logsModule(tail);
  return createDispatcher({ world: new World([module], { now: 0, sandboxId: 'test' }), modules: [module] });
};

const line = (message: string): StartLiveTailResponseStream => ({
  sessionUpdate: { sessionMetadata: { sampled: false }, sessionResults: [{ message, timestamp: 1_700_000_000_123 }] },
});

const start = new StartLiveTailCommand({ logGroupIdentifiers: ['arn:aws:logs:us-east-1:123456789012:log-group:api'] });

const overHttp = async (
  dispatcher: Dispatcher,
  use: (client: CloudWatchLogsClient) => Promise<void>,
): Promise<void> => {
  const server = await startServer({ dispatcher });
  const client = new CloudWatchLogsClient(endpointConfig(server.endpoint));
  try {
    await use(client);
  } finally {
    client.destroy();
    await server.close();
  }
};

const inProcess = async (dispatcher: Dispatcher, use: (client: CloudWatchLogsClient) => Promise<void>): Promise<void> =>
  use(new CloudWatchLogsClient(inProcessConfig(dispatcher)));

describe.each([
  ['over HTTP', overHttp],
  ['in process', inProcess],
])('StartLiveTail %s', (_where, withClient) => {
  it('delivers each event as it happens', async () => {
    let release = (): void => {};
    const secondIsWanted = new Promise<void>((resolve) => {
      release = resolve;
    });
    const tail = async function* (): AsyncGenerator<StartLiveTailResponseStream> {
      yield { sessionStart: { sessionId: 's-1', logGroupIdentifiers: ['api'] } };
      yield line('first é');
      await secondIsWanted;
      yield line('second');
    };
    await withClient(dispatcherFor(tail), async (client) => {
      const seen: string[] = [];
      const { responseStream = [] } = await client.send(start);
      for await (const event of responseStream as Events) {
        const message = event.sessionUpdate?.sessionResults?.[0]?.message;
        seen.push(event.sessionStart?.sessionId ?? message ?? 'unknown');
        // Would never be reached if the stream waited for its end.
        if (message === 'first é') release();
      }
      expect(seen).toEqual(['s-1', 'first é', 'second']);
    });
  });

  it('raises the modelled error that ends the stream', async () => {
    const tail = async function* (): AsyncGenerator<StartLiveTailResponseStream> {
      yield line('first');
      throw new AwsError('SessionTimeoutException', 'The session has ended.');
    };
    await withClient(dispatcherFor(tail), async (client) => {
      const { responseStream = [] } = await client.send(start);
      const read = async (): Promise<void> => {
        for await (const _event of responseStream as Events);
      };
      await expect(read()).rejects.toMatchObject({
        name: 'SessionTimeoutException',
        message: 'The session has ended.',
      });
    });
  });

  it('tells the handler when the client goes away', async () => {
    let ended = (): void => {};
    const handlerEnded = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const tail = async function* ({ signal }: Call): AsyncGenerator<StartLiveTailResponseStream> {
      yield line('first');
      if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      ended();
    };
    await withClient(dispatcherFor(tail), async (client) => {
      const stop = new AbortController();
      const { responseStream = [] } = await client.send(start, { abortSignal: stop.signal });
      for await (const _event of responseStream as Events) break;
      stop.abort();
      client.destroy();
      await handlerEnded;
    });
  });
});

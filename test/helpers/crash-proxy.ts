/**
 * Stands between a client process and its sandbox, and can end the client at a chosen call: before the sandbox has seen
 * it, or after it has applied it and before the answer arrives. The sandbox itself knows nothing of it.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProxiedCall {
  readonly operation: string;
  readonly isMutating: boolean;
}

export type CallPhase = 'before' | 'after';

/** `drop`: the client is gone; nothing is passed on any more. `hold`: nothing is said, and the connection stays. */
export type CallHook = (call: ProxiedCall, phase: CallPhase) => 'go' | 'drop' | 'hold';

export interface CrashProxy {
  readonly endpoint: string;
  /** Who is asked about each call from now on; none: everything passes. */
  use(hook: CallHook | undefined): void;
  close(): Promise<void>;
}

const reads = /^(Describe|List|Get|BatchGet|BatchCheck|Filter|Lookup|Head)/;

const operationOf = (message: IncomingMessage, body: Buffer): string => {
  const target = message.headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  return new URLSearchParams(body.toString('latin1')).get('Action') ?? `${message.method} ${message.url}`;
};

const readBody = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

export const startCrashProxy = async (upstream: string): Promise<CrashProxy> => {
  const { hostname, port } = new URL(upstream);
  const agent = new Agent({ keepAlive: true });
  let hook: CallHook | undefined;

  const forward = (message: IncomingMessage, body: Buffer): Promise<{ answer: IncomingMessage; content: Buffer }> =>
    new Promise((resolve, reject) => {
      const { method, url: path } = message;
      const headers = { ...message.headers, host: `${hostname}:${port}` };
      const outgoing = request({ hostname, port, method, path, headers, agent }, (answer) => {
        readBody(answer).then((content) => resolve({ answer, content }), reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(message);
    const operation = operationOf(message, body);
    const call = { operation, isMutating: !reads.test(operation) };
    const isAws = !message.url?.startsWith('/_sandbox/');
    const isEnded = (phase: CallPhase): boolean => {
      const verdict = isAws ? (hook?.(call, phase) ?? 'go') : 'go';
      if (verdict === 'drop') message.socket.destroy();
      return verdict !== 'go';
    };
    if (isEnded('before')) return;
    const { answer, content } = await forward(message, body);
    if (isEnded('after')) return;
    const { 'transfer-encoding': _chunked, ...headers } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': String(content.length) });
    response.end(content);
  };
  const server = createServer((message, response) => {
    handle(message, response).catch(() => message.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${own}`,
    use: (next) => {
      hook = next;
    },
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

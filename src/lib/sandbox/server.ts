/**
 * HTTP around the dispatcher: listens on 127.0.0.1 only, guards every request (request-guards.ts), hands `/_sandbox/…`
 * to the control API, upgrades to the sessions and everything else to the dispatcher. The `Date` header is wall time: SDKs set their clock by it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConnectionDropped, type Dispatcher } from './dispatch.js';
import { type KeyPolicy, refusalResponse, refuseCaller, refuseForeignPage } from './request-guards.js';
import { textToBytes, type WireRequest, type WireResponse } from './wire/message.js';

export interface ServerOptions extends KeyPolicy {
  readonly dispatcher: Dispatcher;
  /** Default 0: a free port. */
  readonly port?: number;
  /** The control API. It checks its own token; Host and Origin are checked here. */
  readonly control?: (request: WireRequest) => Promise<WireResponse>;
  /** Connections that become data channels. They know their token; Host and Origin are checked here. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly maxBodyBytes?: number;
  /** Told of failures that are bugs of the sandbox; never of refusals. */
  readonly onError?: (error: unknown) => void;
}

export interface SandboxServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Stops listening, lets running calls finish, ends event streams. */
  close(): Promise<void>;
}

const defaultMaxBodyBytes = 64 * 1024 * 1024;
const keepAliveTimeoutMs = 60_000;

interface Serving extends ServerOptions {
  readonly running: Set<AbortController>;
  port: number;
  isClosing: boolean;
}

export const startServer = async (options: ServerOptions): Promise<SandboxServer> => {
  const serving: Serving = { ...options, running: new Set(), port: 0, isClosing: false };
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (incoming, outgoing) => {
    void serve(serving, incoming, outgoing);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const request = toWireRequest(incoming, { body: new Uint8Array(), signal: new AbortController().signal });
    if (serving.upgrade && !refuseForeignPage(request, serving.port)) serving.upgrade(incoming, socket, head);
    else refuseUpgrade(socket);
  });
  await listen(server, options.port ?? 0);
  serving.port = (server.address() as AddressInfo).port;
  return {
    port: serving.port,
    endpoint: `http://127.0.0.1:${serving.port}`,
    close: () => close(server, serving),
  };
};

const refuseUpgrade = (socket: Duplex): void => {
  socket.on('error', () => undefined);
  socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => {
      server.off('error', reject);
      resolve();
    });
  });

const close = (server: Server, serving: Serving): Promise<void> =>
  new Promise((resolve) => {
    serving.isClosing = true;
    server.close(() => resolve());
    server.closeIdleConnections();
    for (const controller of serving.running) controller.abort();
  });

const serve = async (serving: Serving, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
  const gone = new AbortController();
  serving.running.add(gone);
  outgoing.once('close', () => gone.abort());
  try {
    const body = await readBody(incoming, serving.maxBodyBytes ?? defaultMaxBodyBytes);
    const request = toWireRequest(incoming, { body: body ?? new Uint8Array(), signal: gone.signal });
    const response = body ? await respond(serving, request) : tooLarge(request);
    await send(response, outgoing, serving);
  } catch (error) {
    if (!(error instanceof ConnectionDropped) && !gone.signal.aborted) serving.onError?.(error);
    incoming.socket.destroy();
  } finally {
    serving.running.delete(gone);
  }
};

/** Undefined when it is larger than allowed. */
const readBody = async (incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += (chunk as Buffer).length;
    if (length <= maxBytes) chunks.push(chunk as Buffer);
    else chunks.length = 0;
  }
  return length <= maxBytes ? new Uint8Array(Buffer.concat(chunks)) : undefined;
};

const tooLarge = (request: WireRequest): WireResponse =>
  refusalResponse(request, { status: 413, code: 'RequestEntityTooLarge', message: 'The request body is too large.' });

const toWireRequest = (
  incoming: IncomingMessage,
  { body, signal }: { readonly body: Uint8Array; readonly signal: AbortSignal },
): WireRequest => {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    body,
    signal,
  };
};

const respond = async (serving: Serving, request: WireRequest): Promise<WireResponse> => {
  const page = refuseForeignPage(request, serving.port);
  if (page) return refusalResponse(request, page);
  if (request.path.startsWith('/_sandbox/')) return serving.control ? serving.control(request) : noControl;
  const refused = await refuseCaller(request, serving);
  return refused ? refusalResponse(request, refused) : serving.dispatcher.handle(request);
};

const noControl: WireResponse = {
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: textToBytes('{"message":"this sandbox has no control API"}'),
};

const send = async (response: WireResponse, outgoing: ServerResponse, serving: Serving): Promise<void> => {
  // Otherwise a kept-alive connection would hold up close() until its time-out.
  if (serving.isClosing) outgoing.setHeader('connection', 'close');
  outgoing.writeHead(response.status, {
    // A HEAD answer tells the length of what it does not carry.
    ...(response.body instanceof Uint8Array && { 'content-length': String(response.body.length) }),
    ...response.headers,
  });
  if (response.body instanceof Uint8Array) outgoing.end(response.body);
  else await pipeline(Readable.from(response.body, { objectMode: false }), outgoing);
};

/** Lets a real SDK client talk to the dispatcher without sockets: `new ECSClient({requestHandler: inProcessHandler(d)})`. */
import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/core/transport';
import type { HttpHandlerOptions, HttpRequest, QueryParameterBag, RequestHandler } from '@smithy/types';
import { ConnectionDropped, type Dispatcher } from './dispatch.js';
import { textToBytes } from './wire/message.js';

export const inProcessHandler = (
  dispatcher: Dispatcher,
): RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions> => ({
  metadata: { handlerProtocol: 'http/1.1' },
  destroy: () => {},
  handle: async (request, options = {}) => {
    const ended = new AbortController();
    const signal = options.abortSignal as AbortSignal | undefined;
    if (signal?.aborted) throw abortError();
    const onAbort = (): void => ended.abort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const response = await dispatcher
      .handle({
        method: request.method,
        path: request.path,
        query: searchParams(request.query ?? {}),
        headers: lowerCased(request.headers),
        body: await bodyBytes(request.body),
        signal: ended.signal,
      })
      .catch((error: unknown) => {
        throw error instanceof ConnectionDropped ? connectionReset() : error;
      });
    // One signal may serve thousands of calls: only a stream still needs to hear of it.
    if (response.body instanceof Uint8Array) signal?.removeEventListener('abort', onAbort);
    if (signal?.aborted) throw abortError();
    return {
      response: new HttpResponse({
        statusCode: response.status,
        headers: response.headers,
        body: readable(response.body, ended),
      }),
    };
  },
});

/** An event stream ends for the handler when the client stops reading. */
const readable = (body: Uint8Array | AsyncIterable<Uint8Array>, ended: AbortController): Uint8Array | Readable => {
  if (body instanceof Uint8Array) return body;
  const stream = Readable.from(body, { objectMode: false });
  stream.once('close', () => ended.abort());
  return stream;
};

/** What node:http reports when the other side cuts the connection; SDKs treat it as a transient network error. */
const connectionReset = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

const abortError = (): Error => Object.assign(new Error('Request aborted'), { name: 'AbortError' });

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const searchParams = (query: QueryParameterBag): URLSearchParams => {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value ?? '']) parameters.append(name, item);
  }
  return parameters;
};

const bodyBytes = async (body: unknown): Promise<Uint8Array> => {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === 'string') return textToBytes(body);
  if (body instanceof Uint8Array) return body;
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
};

/** `--upstream URL`: calls that the sandbox does not know go to another emulator on this machine, byte for byte. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { AwsError } from './service.js';
import type { WireRequest, WireResponse } from './wire/message.js';

export interface Upstream {
  forward(request: WireRequest): Promise<WireResponse>;
}

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

/** Undefined when the URL is not an http URL of this machine. */
export const createUpstream = (url: string): Upstream | undefined => {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base?.protocol !== 'http:' || !loopbackHosts.has(base.hostname)) return undefined;
  return { forward: (request) => forwardTo(base, request) };
};

const withoutHopByHop = (headers: IncomingHttpHeaders | Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || hopByHop.has(name) ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );

const forwardTo = (base: URL, request: WireRequest): Promise<WireResponse> =>
  new Promise((resolve, reject) => {
    const query = request.query.toString();
    const headers = {
      ...withoutHopByHop(request.headers),
      host: base.host,
      'content-length': String(request.body.length),
    };
    const outgoing = httpRequest(
      {
        host: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port || 80,
        method: request.method,
        path: `${request.path}${query ? `?${query}` : ''}`,
        headers,
        signal: request.signal,
      },
      (incoming) =>
        resolve({ status: incoming.statusCode ?? 502, headers: withoutHopByHop(incoming.headers), body: incoming }),
    );
    outgoing.on('error', (error) =>
      reject(new AwsError('BadGateway', `The upstream ${base.origin} does not answer: ${error.message}`, 502)),
    );
    outgoing.end(request.body);
  });

/**
 * Where are we: AWS or a sandbox? Decided once per command, before any call, and never mixed. A sandbox that was asked
 * for and does not answer is exit 13 within three seconds; a host that is not this machine is refused.
 */
import { get } from 'node:http';
import { PlatformError } from '../errors/platform-error.js';
import { listEntries, type SandboxEntry } from '../sandbox/registry.js';
import type { ClockReading } from './clocks.js';
import type { Place } from './context.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface PlaceRequest {
  readonly env: Env;
  readonly state: string;
  /** `--sandbox`. */
  readonly sandbox: boolean;
}

export interface FoundPlace {
  readonly place: Place;
  /** Only in a sandbox. */
  readonly clock?: { readonly first: ClockReading; readonly ask: () => Promise<ClockReading> };
}

const handshakeMs = 2500;
const start = ['platform sandbox start'];

type Wanted = { readonly kind: 'aws' } | { readonly kind: 'any' } | { readonly kind: 'url'; readonly url: string };

/** Pure: what flag and environment ask for. The flag wins over `PLATFORM_SANDBOX=0`. */
export const wantedPlace = (request: Pick<PlaceRequest, 'env' | 'sandbox'>): Wanted => {
  const value = request.env['PLATFORM_SANDBOX'] ?? '';
  if (value.includes('://')) return { kind: 'url', url: value };
  if (request.sandbox) return { kind: 'any' };
  if (value === '' || value === '0' || value === 'false') return { kind: 'aws' };
  if (value === '1' || value === 'true') return { kind: 'any' };
  throw new PlatformError('E_USAGE', `PLATFORM_SANDBOX is ${JSON.stringify(value)}; it is 1 or a URL`, {
    hints: ['PLATFORM_SANDBOX=1', 'unset PLATFORM_SANDBOX'],
  });
};

/** Throws unless the URL is http on this very machine: dummy keys and a seeded world must never meet a real host. */
export const loopbackEndpoint = (url: string): string => {
  const refuse = (): PlatformError =>
    new PlatformError('E_USAGE', `the sandbox ${JSON.stringify(url)} is not on this machine, so it is refused`, {
      hints: ['http://127.0.0.1:PORT'],
    });
  if (!URL.canParse(url)) throw refuse();
  const { protocol, hostname, origin, username } = new URL(url);
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  if (protocol !== 'http:' || !isLocal || username !== '') throw refuse();
  return origin;
};

/** Sandboxes of this user whose process is there, oldest first. */
export const runningSandboxes = (state: string): readonly SandboxEntry[] => listEntries(state, process.getuid?.());

export const findPlace = async (request: PlaceRequest): Promise<FoundPlace> => {
  const wanted = wantedPlace(request);
  if (wanted.kind === 'aws') return { place: { kind: 'aws' } };
  const running = runningSandboxes(request.state);
  const found = wanted.kind === 'url' ? byUrl(wanted.url, running) : theOne(running);
  const ask = (): Promise<ClockReading> => askClock(found.endpoint, found.token);
  const first = await ask();
  const { id, endpoint, token: controlToken, accessKeyId, secretAccessKey } = found;
  const credentials = { accessKeyId, secretAccessKey };
  return {
    place: { kind: 'sandbox', id, endpoint, speed: first.rate, controlToken, credentials },
    clock: { first, ask },
  };
};

const byUrl = (url: string, running: readonly SandboxEntry[]): SandboxEntry => {
  const endpoint = loopbackEndpoint(url);
  const port = new URL(endpoint).port;
  const found = running.find((sandbox) => new URL(loopbackEndpoint(sandbox.endpoint)).port === port);
  if (found) return { ...found, endpoint };
  throw new PlatformError('E_UNREACHABLE', `no sandbox of yours is running at ${endpoint}`, { hints: start });
};

const theOne = (running: readonly SandboxEntry[]): SandboxEntry => {
  const [found, ...others] = running;
  if (!found) throw new PlatformError('E_UNREACHABLE', 'no sandbox is running', { hints: start });
  if (others.length === 0) return { ...found, endpoint: loopbackEndpoint(found.endpoint) };
  const urls = running.map((sandbox) => sandbox.endpoint);
  throw new PlatformError('E_USAGE', `several sandboxes are running: ${urls.join(', ')}`, {
    hints: [`PLATFORM_SANDBOX=${found.endpoint}`],
  });
};

const askClock = async (endpoint: string, token: string): Promise<ClockReading> => {
  const unreachable = (why: string, cause?: unknown): PlatformError =>
    new PlatformError('E_UNREACHABLE', `the sandbox at ${endpoint} ${why}`, { hints: start, cause });
  const answer = await getText(`${endpoint}/_sandbox/clock`, token).catch((error: unknown) => {
    throw unreachable('does not answer', error);
  });
  if (answer.status !== 200) throw unreachable(`refused the handshake (${answer.status})`);
  const reading = parseReading(answer.body);
  if (reading === undefined) throw unreachable('gave an answer that makes no sense');
  return reading;
};

const parseReading = (body: string): ClockReading | undefined => {
  try {
    const { now, rate, held } = JSON.parse(body) as { now?: unknown; rate?: unknown; held?: unknown };
    const at = typeof now === 'string' ? Date.parse(now) : now;
    return Number.isFinite(at) && Number.isFinite(rate)
      ? { now: at as number, rate: rate as number, isHeld: held === true }
      : undefined;
  } catch {
    return undefined;
  }
};

/** Plain http and no connection left open: a handshake must not keep the process alive. */
const getText = (url: string, token: string): Promise<{ readonly status: number; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const options = {
      agent: false,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(handshakeMs),
    };
    const call = get(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    call.on('error', reject);
  });

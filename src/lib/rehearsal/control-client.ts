/** Client of a sandbox's control API. Loopback only: the token must never leave this machine. */
import type { ErrorCode } from '../errors/codes.js';
import { PlatformError } from '../errors/platform-error.js';
import type { SeedDocument } from '../sandbox/seed.js';

export interface ControlAddress {
  readonly endpoint: string;
  readonly token: string;
}

export interface SandboxStatus {
  readonly id: string;
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  /** Sandbox time, ms. */
  readonly now: number;
  readonly speed: number;
  readonly held: boolean;
  readonly exec: boolean;
  readonly trafficRps: number;
  readonly limits: string;
  readonly stateFolder?: string;
  readonly faults: number;
  readonly events: number;
  readonly listeners: readonly {
    readonly region: string;
    readonly loadBalancer: string;
    readonly port: number;
    readonly localPort: number;
  }[];
}

export interface FaultRequest {
  readonly kind: string;
  readonly operation?: string;
  readonly target?: string;
  readonly percent?: number;
  readonly count?: number;
  readonly delayMs?: number;
  readonly region?: string;
}

export interface ListedFault {
  readonly id: string;
  readonly kind: string;
  readonly operation: string;
  readonly percent: number;
  readonly hits: number;
  readonly remaining?: number;
  readonly delayMs?: number;
}

export interface TimelineItem {
  readonly seq: number;
  readonly at: number;
  readonly region: string;
  readonly kind: string;
  readonly [member: string]: unknown;
}

export interface PublishedMessage {
  readonly topicArn: string;
  readonly id: string;
  /** Sandbox time, ms. */
  readonly at: number;
  readonly subject?: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ControlClient {
  status(): Promise<SandboxStatus>;
  seed(document: SeedDocument): Promise<{ readonly added: readonly string[] }>;
  /** Like seed, but nothing when this very document was applied before: what was deleted since stays deleted. */
  seedOnce(document: SeedDocument): Promise<{ readonly added: readonly string[] }>;
  reset(): Promise<{ readonly id: string }>;
  stop(): Promise<void>;
  addFault(fault: FaultRequest): Promise<{ readonly fault?: ListedFault; readonly done?: string }>;
  listFaults(): Promise<readonly ListedFault[]>;
  clearFaults(id?: string): Promise<number>;
  timeline(query?: Readonly<Record<string, string>>): Promise<readonly TimelineItem[]>;
  /** What was published to SNS topics: `{topic: name or ARN, region}`, both optional. */
  messages(query?: Readonly<Record<string, string>>): Promise<readonly PublishedMessage[]>;
  follow(query: Readonly<Record<string, string>>, signal: AbortSignal): AsyncIterable<TimelineItem>;
}

const loopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;
/** A first seed lets minutes of AWS time pass, and with --exec programs boot. */
const callLimitMs = 60_000;
/** Whoever asks whether it is well must hear so when it is not. */
const statusLimitMs = 3_000;

export const controlClient = ({ endpoint, token }: ControlAddress): ControlClient => {
  if (!loopback.test(endpoint))
    throw new PlatformError('E_USAGE', `the sandbox ${endpoint} is not on this machine, so it is refused`);
  const call = async (request: Request): Promise<Response> => send({ endpoint, token }, request);
  const json = async <T>(request: Request): Promise<T> => readJson<T>(await call(request), endpoint);
  return {
    status: () => json({ method: 'GET', path: 'status', signal: AbortSignal.timeout(statusLimitMs) }),
    seed: (document) => json({ method: 'POST', path: 'seed', body: document }),
    seedOnce: (document) => json({ method: 'POST', path: 'seed?once=1', body: document }),
    reset: () => json({ method: 'POST', path: 'reset' }),
    stop: async () => {
      await call({ method: 'POST', path: 'stop' });
    },
    addFault: (fault) => json({ method: 'POST', path: 'faults', body: fault }),
    listFaults: async () => (await json<{ faults: ListedFault[] }>({ method: 'GET', path: 'faults' })).faults,
    clearFaults: async (id) =>
      (
        await json<{ cleared: number }>({
          method: 'DELETE',
          path: id === undefined ? 'faults' : `faults/${encodeURIComponent(id)}`,
        })
      ).cleared,
    timeline: async (query = {}) =>
      (await json<{ entries: TimelineItem[] }>({ method: 'GET', path: `timeline?${new URLSearchParams(query)}` }))
        .entries,
    messages: async (query = {}) =>
      (
        await json<{ messages: PublishedMessage[] }>({
          method: 'GET',
          path: `messages?${new URLSearchParams(query)}`,
        })
      ).messages,
    follow: (query, signal) => follow(call, { query, signal }),
  };
};

/** Another program may have taken the port of a sandbox that is gone. */
const readJson = async <T>(answer: Response, endpoint: string): Promise<T> => {
  const value: unknown = await answer.json().catch(() => undefined);
  if (typeof value === 'object' && value !== null) return value as T;
  throw new PlatformError('E_UNREACHABLE', `the sandbox at ${endpoint} gave an answer that makes no sense`, {
    hints: ['platform sandbox start'],
  });
};

interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

const send = async ({ endpoint, token }: ControlAddress, request: Request): Promise<Response> => {
  const hasBody = request.method !== 'GET';
  const answer = await fetch(`${endpoint}/_sandbox/${request.path}`, {
    method: request.method,
    redirect: 'error',
    headers: {
      authorization: `Bearer ${token}`,
      connection: 'close',
      ...(hasBody && { 'content-type': 'application/json' }),
    },
    signal: request.signal ?? AbortSignal.timeout(callLimitMs),
    ...(hasBody && { body: JSON.stringify(request.body ?? {}) }),
  }).catch((cause: unknown) => {
    if (request.signal?.aborted && !isTimeout(request.signal)) throw cause;
    throw new PlatformError('E_UNREACHABLE', `the sandbox at ${endpoint} does not answer`, {
      hints: ['platform sandbox start'],
      cause,
    });
  });
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => ({}))) as { readonly message?: string };
  const said = problem.message ?? `the sandbox answered ${answer.status}`;
  const isRefused = answer.status === 422;
  throw new PlatformError(
    codeOf(answer.status),
    isRefused ? `the sandbox refuses this project as AWS would: ${said}` : said,
    {
      hints: isRefused ? ['mend platform.yaml or the task definition, then: platform sandbox start'] : [],
    },
  );
};

const isTimeout = ({ reason }: AbortSignal): boolean => reason instanceof Error && reason.name === 'TimeoutError';

const codeOf = (status: number): ErrorCode => {
  if (status === 404) return 'E_NOT_FOUND';
  if (status === 409) return 'E_CONFLICT';
  if (status === 422) return 'E_CONFIG';
  return status === 401 || status === 403 ? 'E_UNREACHABLE' : 'E_USAGE';
};

async function* follow(
  call: (request: Request) => Promise<Response>,
  { query, signal }: { readonly query: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): AsyncGenerator<TimelineItem> {
  const answer = await call({
    method: 'GET',
    path: `timeline?${new URLSearchParams({ ...query, follow: '1' })}`,
    signal,
  });
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of answer.body ?? []) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line) as TimelineItem;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

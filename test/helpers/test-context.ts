/** A Ctx for tests: a manual clock, a temporary state folder, clients on a transport of the test's choice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAwsClients, type HttpTransport } from '../../src/lib/aws/create-clients.js';
import { cacheFor } from '../../src/lib/context/cache.js';
import type { Ctx } from '../../src/lib/context/context.js';
import { idsFrom } from '../../src/lib/context/ids.js';
import { journalsFor, locksFor } from '../../src/lib/context/stores.js';
import type { Clocks } from '../../src/lib/engine/clock.js';

export interface TestClocks extends Clocks {
  /** Moves both clocks; sleepers that are due wake up. */
  advance(ms: number): Promise<void>;
}

/** Nothing happens by itself: `sleep` resolves when `advance` has gone far enough. */
export const manualClocks = (start = Date.UTC(2026, 10, 23, 12)): TestClocks => {
  let now = start;
  let sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      sleepers.push({ at: now + ms, wake: resolve });
    });
  return {
    wall: { now: () => now, monotonic: () => now - start, sleep },
    service: { now: () => now, sleep, rate: 1 },
    advance: async (ms) => {
      now += ms;
      const due = sleepers.filter(({ at }) => at <= now);
      sleepers = sleepers.filter(({ at }) => at > now);
      for (const { wake } of due) wake();
      await new Promise(setImmediate);
    },
  };
};

export interface TestContextOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly place?: Ctx['place'];
  readonly clocks?: Clocks;
  /** `inProcessHandler(dispatcher)`; without it every AWS call fails. */
  readonly transport?: HttpTransport;
}

export interface TestContext {
  readonly ctx: Ctx;
  readonly state: string;
  /** Removes the temporary folder. */
  dispose(): void;
}

const noTransport: HttpTransport = {
  handle: async (request) => {
    throw new Error(
      `unexpected AWS call: ${request.method} ${request.hostname} ${request.headers['x-amz-target'] ?? request.path}`,
    );
  },
};

const sandboxPlace: Ctx['place'] = { kind: 'sandbox', id: 'test', endpoint: 'http://127.0.0.1:1', speed: 60 };

export const testContext = (options: TestContextOptions = {}): TestContext => {
  const state = join(mkdtempSync(join(tmpdir(), 'platform-test-')), 'platform');
  const clocks = options.clocks ?? manualClocks();
  const ids = idsFrom(clocks.wall);
  const wall = clocks.wall;
  const ctx: Ctx = {
    env: options.env ?? {},
    paths: { cwd: options.cwd ?? state, state, templates: join(process.cwd(), 'templates') },
    clocks,
    ids,
    log: { debug: () => undefined },
    writer: { nonce: ids.nonce(), host: 'test-host', pid: process.pid, user: 'tester', cli: '0.0.0' },
    place: options.place ?? sandboxPlace,
    aws: ({ region }) =>
      createAwsClients({
        region,
        userAgent: 'platform/test',
        access: { kind: 'sandbox', endpoint: 'http://127.0.0.1:1', accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
        requestHandler: options.transport ?? noTransport,
      }),
    journals: (target) => journalsFor({ state, target, wall, nonce: ids.nonce }),
    locks: (target) => locksFor({ state, target, wall, nonce: ids.nonce }),
    cache: (target) => cacheFor({ state, target }),
  };
  return { ctx, state, dispose: () => rmSync(join(state, '..'), { recursive: true, force: true }) };
};

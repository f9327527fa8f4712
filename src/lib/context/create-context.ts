/**
 * The composition root: the one place where environment variables, clocks, disk and AWS meet. Everything is made when it
 * is first used. May import everything in lib except the nouns. Start reading at createContext; place.ts decides between
 * AWS and the sandbox, resolve-target.ts picks environment, region and account.
 */
import { join } from 'node:path';
import type { AwsClients } from '../aws/clients.js';
import type { AwsAccess } from '../aws/create-clients.js';
import { lazyClients } from '../aws/lazy-clients.js';
import type { Clocks } from '../engine/clock.js';
import type { JournalStore, LockStore } from '../engine/ports.js';
import { cacheFor } from './cache.js';
import { awsClocks, followingClock, wallClock } from './clocks.js';
import type { Ctx, Paths, Place } from './context.js';
import { debugLog } from './debug-log.js';
import { idsFrom } from './ids.js';
import { type FoundPlace, findPlace } from './place.js';
import { stateFolder } from './state-folder.js';
import { describeWriter } from './writer.js';

export interface ContextOptions {
  /** Folder of the installed package. */
  readonly root: string;
  readonly version: string;
  /** `--sandbox`. */
  readonly sandbox: boolean;
  /** `nothing`: no sandbox is looked for. */
  readonly reaches: 'aws' | 'nothing';
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface CreatedContext {
  readonly ctx: Ctx;
  /** Path of the debug log, once something was logged. */
  logFile(): string | undefined;
  dispose(): void;
}

const clocksAt = (found: FoundPlace): Clocks =>
  found.clock === undefined
    ? awsClocks()
    : { wall: wallClock, service: followingClock({ wall: wallClock, ...found.clock }) };

/** The sandbox takes any key that does not look real; with `--exec` it wants the one that it was started with. */
const accessAt = (place: Place): Extract<AwsAccess, { kind: 'sandbox' }> | undefined =>
  place.kind === 'aws'
    ? undefined
    : {
        kind: 'sandbox',
        endpoint: place.endpoint,
        accessKeyId: place.credentials?.accessKeyId ?? 'sandbox',
        secretAccessKey: place.credentials?.secretAccessKey ?? 'sandbox',
      };

export const createContext = async (options: ContextOptions): Promise<CreatedContext> => {
  const env = options.env ?? process.env;
  const paths: Paths = {
    cwd: options.cwd ?? process.cwd(),
    state: stateFolder(env),
    templates: join(options.root, 'templates'),
  };
  const found: FoundPlace =
    options.reaches === 'nothing'
      ? { place: { kind: 'aws' } }
      : await findPlace({ env, state: paths.state, sandbox: options.sandbox });
  const { place } = found;
  const { redactText } = await import('../engine/redact.js');
  const log = debugLog({ state: paths.state, now: wallClock.now, redact: redactText });
  const ids = idsFrom(wallClock);
  const writer = describeWriter({ env, nonce: ids.nonce(), cli: options.version });
  const stores = await import('./stores.js');
  const made: AwsClients[] = [];
  const ctx: Ctx = {
    env,
    paths,
    clocks: clocksAt(found),
    ids,
    log,
    writer,
    place,
    aws: ({ region, profile, roleArn }) => {
      const clients = lazyClients(region, async () => {
        const { createAwsClients } = await import('../aws/create-clients.js');
        return createAwsClients({
          region,
          userAgent: `platform/${options.version}`,
          access: accessAt(place) ?? {
            kind: 'aws',
            sessionName: sessionName(writer.user),
            ...(profile === undefined ? {} : { profile }),
            ...(roleArn === undefined ? {} : { roleArn }),
          },
        });
      });
      made.push(clients);
      return clients;
    },
    journals: (target): JournalStore =>
      stores.journalsFor({ state: paths.state, target, wall: wallClock, nonce: ids.nonce }),
    locks: (target): LockStore => stores.locksFor({ state: paths.state, target, wall: wallClock, nonce: ids.nonce }),
    cache: (target) => cacheFor({ state: paths.state, target }),
  };
  return { ctx, logFile: () => log.file(), dispose: () => disposeAll(made) };
};

const disposeAll = (made: readonly AwsClients[]): void => {
  for (const clients of made) clients.destroy();
};

/** What STS allows in a session's name. */
const sessionName = (user: string): string => `platform-${user.replace(/[^\w+=,.@-]/g, '-')}`.slice(0, 64);

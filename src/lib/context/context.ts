/**
 * The composition root's type. Everything impure that lib code may use arrives through a Ctx, passed on as Pick<Ctx, …>.
 * create-context.ts builds the real one; test/helpers/test-context.ts builds fakes.
 */

import type { AwsClients } from '../aws/clients.js';
import type { Clocks } from '../engine/clock.js';
import type { Writer } from '../engine/event.js';
import type { JournalStore, LockStore } from '../engine/ports.js';
import type { Json } from '../plan/json.js';
import type { Target } from '../plan/plan.js';

export interface Paths {
  /** The user's current folder. */
  readonly cwd: string;
  /** `$XDG_STATE_HOME/platform`, 0700. */
  readonly state: string;
  /** Where templates/ of the installed package is. */
  readonly templates: string;
}

/** Debug log: redacted, into the state folder; never shown unless --verbose. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Where we are: AWS or a sandbox. Decided once per command, before any call. */
export type Place =
  | { readonly kind: 'aws' }
  | {
      readonly kind: 'sandbox';
      readonly id: string;
      readonly endpoint: string;
      readonly speed: number;
      readonly controlToken?: string;
      /** The key that the sandbox was started with; any dummy will do when there is none. */
      readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
    };

/** Facts that cannot change, kept between commands to save calls. Best effort: nothing may depend on it. */
export interface Cache {
  /** As it was written, by whatever version: the reader checks its shape. */
  read(topic: string): Json | undefined;
  write(topic: string, value: Json): void;
}

export interface Ids {
  /** Lower-case ULID. */
  runId(): string;
  nonce(): string;
}

export interface Ctx {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly paths: Paths;
  readonly clocks: Clocks;
  readonly ids: Ids;
  readonly log: Log;
  readonly writer: Writer;
  readonly place: Place;
  /** Clients for a target; account is checked by the caller (targets/resolve). */
  aws(options: { readonly region: string; readonly profile?: string; readonly roleArn?: string }): AwsClients;
  journals(target: Target): JournalStore;
  locks(target: Target): LockStore;
  cache(target: Target): Cache;
}

/** What the rest of the program calls. engine.ts implements it; types only. */

import type { Json } from '../plan/json.js';
import type { Outcome, Plan } from '../plan/plan.js';
import type { ActionRegistry } from './action.js';
import type { Clocks } from './clock.js';
import type { JournalEvent, Writer } from './event.js';
import type { Conflict, JournalStore, LockStore } from './ports.js';
import type { RunView } from './view.js';

/** For renderers. The engine never draws. */
export type EngineEvent =
  | { readonly kind: 'journal'; readonly event: JournalEvent; readonly view: RunView }
  | { readonly kind: 'progress'; readonly step: string; readonly progress: Json; readonly view: RunView }
  | { readonly kind: 'lock-wait'; readonly conflicts: readonly Conflict[]; readonly waitedMs: number };

export interface EngineOptions {
  readonly actions: ActionRegistry<unknown>;
  readonly ports: unknown;
  readonly journals: JournalStore;
  readonly locks: LockStore;
  /** The journal store of another run's address, so that a taker can fence it; undefined when unreachable. */
  readonly journalsAt?: (address: string) => JournalStore | undefined;
  readonly clocks: Clocks;
  readonly nonce: () => string;
  readonly writer: Writer;
  /** Aborted by SIGINT/SIGTERM: stop starting steps, append run.paused {detached}, release the lock. `reason` is 'SIGINT' | 'SIGTERM'. */
  readonly interrupt: AbortSignal;
  readonly onEvent?: (event: EngineEvent) => void;
  /** Real milliseconds to wait for a lock held by a live run; 0 refuses at once. */
  readonly lockWaitMs: number;
  /** Removes secret-shaped text from errors and evidence before they are journaled (lib/engine/redact.ts by default). */
  readonly redact?: (value: Json) => Json;
  /** Default 60 s and 20 s; the row carries them, so that both sides of a take-over agree. */
  readonly lease?: { readonly leaseMs: number; readonly quiesceMs: number };
}

export interface RunResult {
  readonly view: RunView;
  readonly outcome: Outcome;
  readonly exit: number;
}

export interface Engine {
  run(
    plan: Plan,
    options: EngineOptions & { readonly approvedBy?: { readonly by: string; readonly how: string } },
  ): Promise<RunResult>;
  /** Finished run: its result again, nothing done. */
  resume(runId: string, options: EngineOptions & { readonly force?: readonly string[] }): Promise<RunResult>;
  undo(
    runId: string,
    options: EngineOptions & { readonly by: string; readonly force?: readonly string[] },
  ): Promise<RunResult>;
}

/**
 * Faults on purpose, as the dispatcher asks for them. faults.ts holds the plan that the control API edits; the
 * dispatcher only knows this interface. A fault is decided once per call, before the handler runs.
 */
import type { Json } from './service.js';

export interface FaultCall {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly mutating: boolean;
  readonly accessKeyId: string;
  /** The same small, harmless ids that the timeline shows. */
  readonly summary?: Json;
}

export type Fault =
  | { readonly kind: 'none' }
  /** The answer comes later; the handler runs after the delay (AWS time). */
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'throttle' }
  /** An error instead of the handler. Without a code: the service's own server error, 500. */
  | { readonly kind: 'error-before'; readonly code?: string; readonly message?: string; readonly status?: number }
  /** The handler runs and its effect stays, but the caller gets an error (500). */
  | { readonly kind: 'error-after-write'; readonly code?: string; readonly message?: string; readonly status?: number }
  /** Applied, then the connection is dropped. */
  | { readonly kind: 'lose-answer' }
  /** Not applied, and the connection is dropped. */
  | { readonly kind: 'drop-request' }
  | { readonly kind: 'deny' }
  | { readonly kind: 'expired-credentials' };

export interface FaultPlan {
  decide(call: FaultCall): Fault;
  /** Resolves when that much AWS time has passed, or the client has gone away. */
  wait(delayMs: number, signal: AbortSignal): Promise<void>;
}

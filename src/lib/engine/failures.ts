/** Sorts what actions throw: definite failures, in doubt, transient. Errors become data here, before they are journaled. */
import { isPlatformError } from '../errors/platform-error.js';
import type { Json } from '../plan/json.js';
import type { ErrorClass, Outcome } from '../plan/plan.js';
import { ActionError, InDoubtError, type StepError } from './action.js';
import type { Pause } from './decision.js';

/** Ends a piece of work with a journaled definite failure. */
export class Failed extends Error {
  override readonly name = 'Failed';
  constructor(readonly failure: { readonly error: StepError; readonly outcome?: Outcome; readonly post?: Json }) {
    super(failure.error.message);
  }
}

/** Puts a piece of work aside: only a person, or another day, brings it further. */
export class Parked extends Error {
  override readonly name = 'Parked';
  constructor(readonly pause: Pause) {
    super(pause.reason);
  }
}

const byName = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;

/** By name as well, so that an action bundled apart from the engine is understood. */
export const isDefinite = (error: unknown): error is ActionError =>
  error instanceof ActionError || (byName(error, 'ActionError') && 'error' in (error as object));

const isInDoubt = (error: unknown): error is InDoubtError =>
  error instanceof InDoubtError || (byName(error, 'InDoubtError') && 'error' in (error as object));

export const stepErrorOf = (error: unknown): StepError => {
  if (isDefinite(error) || isInDoubt(error)) return error.error;
  const message = error instanceof Error ? error.message : String(error);
  if (isPlatformError(error)) return { class: classOfCode(error.code), code: error.code, message, hints: error.hints };
  return { class: 'bug', code: 'unexpected', message };
};

const classOfCode = (code: string): ErrorClass => {
  switch (code) {
    case 'E_CREDENTIALS':
      return 'auth';
    case 'E_DENIED':
      return 'denied';
    case 'E_UNREACHABLE':
      return 'network';
    case 'E_TIMEOUT':
      return 'timeout';
    case 'E_NOT_FOUND':
      return 'not-found';
    case 'E_CONFLICT':
      return 'conflict';
    default:
      return 'bug';
  }
};

const transient: ReadonlySet<ErrorClass> = new Set(['throttle', 'network', 'timeout', 'server']);

/** Asking again later may help. */
export const isTransient = (error: StepError): boolean => transient.has(error.class);

/** Service-time pause before asking again: 1 s, 2 s, 4 s … 30 s. */
export const backoffMs = (failures: number): number => Math.min(30_000, 1_000 * 2 ** Math.max(0, failures - 1));

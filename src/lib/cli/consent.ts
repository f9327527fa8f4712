/**
 * Who may change what without being asked. The plan says how dangerous it is; the environment says whether it is
 * protected. Piped input is never consent: a question is only asked where a person sees it.
 */
import { PlatformError } from '../errors/platform-error.js';
import type { Plan } from '../plan/plan.js';

export interface ConsentFlags {
  readonly yes: boolean;
  readonly confirm?: string | undefined;
}

export interface ConsentRequest {
  readonly danger: Plan['danger'];
  readonly isProtected: boolean;
  readonly environment: string;
  /** What is about to happen, for the question: `roll back api`. */
  readonly what: string;
  readonly flags: ConsentFlags;
}

/** given: by flag, or none is needed; ask: a person must answer; refused: nobody can be asked, or the wrong name was given. */
export type ConsentDecision =
  | { readonly kind: 'given'; readonly how: string }
  | { readonly kind: 'ask-yes-no' }
  | { readonly kind: 'ask-name' }
  | { readonly kind: 'refused'; readonly message: string; readonly flag: string };

/** Pure: what it takes. `canAsk` is true only with stdin and stderr on a terminal, not in CI, not under --json. */
export const decideConsent = (request: ConsentRequest, canAsk: { readonly canAsk: boolean }): ConsentDecision => {
  const { danger, isProtected, environment, flags } = request;
  const needsName = isProtected || danger === 'type-name';
  if (flags.confirm !== undefined && flags.confirm !== environment) {
    return {
      kind: 'refused',
      message: `--confirm ${flags.confirm} is not the name of the environment (${environment})`,
      flag: `--confirm ${environment}`,
    };
  }
  if (flags.confirm === environment) return { kind: 'given', how: '--confirm' };
  if (needsName) {
    if (canAsk.canAsk) return { kind: 'ask-name' };
    const why = isProtected ? `${environment} is protected` : `this cannot be taken back`;
    return {
      kind: 'refused',
      message: `${why}: to ${request.what} its name is needed`,
      flag: `--confirm ${environment}`,
    };
  }
  if (danger === 'none') return { kind: 'given', how: 'not needed' };
  if (flags.yes) return { kind: 'given', how: '--yes' };
  if (canAsk.canAsk) return { kind: 'ask-yes-no' };
  return { kind: 'refused', message: `to ${request.what} in ${environment} consent is needed`, flag: '--yes' };
};

/** How questions are asked; lib/cli/prompts.ts does it with inquirer, tests answer by themselves. */
export interface Prompts {
  confirm(question: string): Promise<boolean>;
  input(question: string): Promise<string>;
  select(question: string, choices: readonly string[]): Promise<string>;
}

/** Resolves with how consent was given, or throws E_CONSENT naming the flag. */
export const obtainConsent = async (
  request: ConsentRequest,
  asking: { readonly canAsk: boolean; readonly prompts: Prompts },
): Promise<string> => {
  const decision = decideConsent(request, asking);
  switch (decision.kind) {
    case 'given':
      return decision.how;
    case 'refused':
      throw new PlatformError('E_CONSENT', decision.message, { hints: [decision.flag] });
    case 'ask-yes-no': {
      if (await asking.prompts.confirm(`${capital(request.what)} in ${request.environment}?`)) return 'answered y';
      throw new PlatformError('E_CONSENT', 'not confirmed, nothing was changed', { hints: [] });
    }
    case 'ask-name': {
      const typed = await asking.prompts.input(`To ${request.what}, type the name of the environment:`);
      if (typed.trim() === request.environment) return 'typed the name';
      throw new PlatformError('E_CONSENT', 'the name did not match, nothing was changed', { hints: [] });
    }
  }
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

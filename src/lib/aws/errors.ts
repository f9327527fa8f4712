/**
 * AWS SDK errors, translated once. Reads end as PlatformError (exit 4, 5, 9 or 13); writes end as ActionError (proven not
 * applied) or InDoubtError (an answer was lost, 5xx, time ran out: probe it). Matches by shape; imports no SDK.
 */
import { ActionError, InDoubtError, type StepError } from '../engine/action.js';
import type { ErrorCode } from '../errors/codes.js';
import { isPlatformError, PlatformError } from '../errors/platform-error.js';
import type { ErrorClass } from '../plan/plan.js';

interface Facts {
  readonly code: string;
  readonly message: string;
  readonly status: number | undefined;
  /** Node's code of a failed socket: ECONNREFUSED, ECONNRESET, ENOTFOUND… */
  readonly socket: string | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const socketCode = (error: unknown, depth = 0): string | undefined => {
  if (!(error instanceof Error) || depth > 4) return undefined;
  const code = text((error as { code?: unknown }).code);
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return code;
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return socketCode(inner, depth + 1);
};

/** The SDK could not read the answer. A proxy or a network's log-in page spoke, not AWS; its text helps nobody. */
const isForeignAnswer = (error: unknown): boolean =>
  error instanceof SyntaxError || (error instanceof Error && error.message.includes('Deserialization error:'));

const foreignAnswer: Facts = {
  code: 'UnreadableAnswer',
  message: 'the answer does not come from AWS; a proxy, or the log-in page of a network, may have given it',
  status: undefined,
  socket: 'EPROTO',
};

const factsOf = (error: unknown): Facts => {
  if (isForeignAnswer(error)) return foreignAnswer;
  const shape = error as {
    name?: unknown;
    Code?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  const status = shape?.$metadata?.httpStatusCode;
  return {
    code: text(shape?.name) ?? text(shape?.Code) ?? 'Unknown',
    message: text(shape?.message) ?? String(error),
    status: typeof status === 'number' ? status : undefined,
    socket: socketCode(error),
  };
};

/** AWS's codes by what they mean to us; anything else is judged by its HTTP status. */
const byCode: readonly (readonly [ErrorClass, RegExp])[] = [
  [
    'throttle',
    /^(Throttl\w*|TooManyRequests\w*|RequestLimitExceeded|SlowDown|RequestThrottled\w*|PriorRequestNotComplete|ProvisionedThroughputExceeded\w*)$/,
  ],
  [
    'auth',
    /^(ExpiredToken\w*|InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|CredentialsProviderError|TokenProviderError|AuthFailure|MissingAuthenticationToken\w*|IncompleteSignature\w*|RequestExpired|OptInRequired|InvalidSignature\w*)$/,
  ],
  ['denied', /^(AccessDenied\w*|UnauthorizedOperation|NotAuthorized\w*|UnauthorizedException)$/],
  ['quota', /(LimitExceeded\w*|QuotaExceeded\w*|TooMany(?!Requests)\w+)$/],
  ['not-found', /(NotFound\w*|DoesNotExist\w*|NoSuch\w+|^ClusterNotFound\w*|^ParameterNotFound|NotActiveException)$/],
  ['conflict', /(Conflict\w*|InUse\w*|AlreadyExists\w*|^InvalidState\w*|^UpdateInProgress\w*|^BlockedException)$/],
  ['timeout', /^(TimeoutError|RequestTimeout\w*)$/],
  [
    'server',
    /^(ServerException|InternalFailure|InternalError|InternalServer\w*|ServiceUnavailable\w*|ServiceException)$/,
  ],
];

const timeoutSockets = new Set(['ETIMEDOUT', 'ESOCKETTIMEDOUT']);

export const classify = (error: unknown): ErrorClass => classOf(factsOf(error));

const classOf = (facts: Facts): ErrorClass => {
  const known = byCode.find(([, pattern]) => pattern.test(facts.code));
  if (known) return known[0];
  if (facts.socket !== undefined) return timeoutSockets.has(facts.socket) ? 'timeout' : 'network';
  if (facts.status === undefined) return 'bug';
  if (facts.status === 429) return 'throttle';
  if (facts.status === 401 || facts.status === 403) return 'denied';
  if (facts.status === 404) return 'not-found';
  if (facts.status >= 500) return 'server';
  return facts.status >= 400 ? 'input' : 'bug';
};

/** Refused or never resolved: the request did not leave, so nothing can have been applied. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** 4xx with AWS's own code is a refusal, also with `maybe`: AWS said no. */
const isDefinite = (facts: Facts, kind: ErrorClass): boolean => {
  if (facts.socket !== undefined && neverSent.has(facts.socket)) return true;
  if (facts.status !== undefined && facts.status >= 400 && facts.status < 500) return kind !== 'timeout';
  return kind === 'auth' && facts.status === undefined;
};

export interface FailureOptions {
  /** not-sent: the caller knows that no request left; maybe: judge by the error. */
  readonly wrote: 'not-sent' | 'maybe';
  /** `ecs:UpdateService`, for the message. */
  readonly operation?: string;
}

export const toStepError = (error: unknown, operation?: string): StepError => {
  const facts = factsOf(error);
  const kind = classOf(facts);
  const hints = hintsFor(kind, operation);
  return {
    class: kind,
    code: facts.code === 'Error' && facts.socket !== undefined ? facts.socket : facts.code,
    message: operation === undefined ? facts.message : `${operation}: ${facts.message}`,
    ...(hints.length === 0 ? {} : { hints }),
  };
};

/** For actions: throw what this returns. Our own errors pass through unchanged. */
export const toActionFailure = (error: unknown, options: FailureOptions): ActionError | InDoubtError => {
  if (error instanceof ActionError || error instanceof InDoubtError) return error;
  const stepError = toStepError(error, options.operation);
  const definite = options.wrote === 'not-sent' || isDefinite(factsOf(error), stepError.class);
  return definite
    ? new ActionError(stepError, undefined, { cause: error })
    : new InDoubtError(stepError, { cause: error });
};

const platformCodes: Readonly<Record<ErrorClass, ErrorCode>> = {
  throttle: 'E_UNREACHABLE',
  network: 'E_UNREACHABLE',
  timeout: 'E_UNREACHABLE',
  server: 'E_UNREACHABLE',
  auth: 'E_CREDENTIALS',
  denied: 'E_DENIED',
  'not-found': 'E_NOT_FOUND',
  conflict: 'E_CONFLICT',
  quota: 'E_POLICY',
  input: 'E_BUG',
  assert: 'E_BUG',
  bug: 'E_BUG',
};

/** For reads and plans: throw what this returns. */
export const toPlatformError = (error: unknown, operation?: string): PlatformError => {
  if (isPlatformError(error)) return error;
  const stepError = toStepError(error, operation);
  return new PlatformError(platformCodes[stepError.class], stepError.message, {
    hints: stepError.hints ?? [],
    details: { class: stepError.class, code: stepError.code },
    cause: error,
  });
};

const hintsFor = (kind: ErrorClass, operation: string | undefined): readonly string[] => {
  switch (kind) {
    case 'auth':
      return ['check AWS_PROFILE or log in again; or try it without an account: platform sandbox start'];
    case 'denied':
      return [operation === undefined ? 'ask for the permission named above' : `the role needs ${operation}`];
    case 'throttle':
      return ['AWS asks to slow down: try again in a moment'];
    case 'network':
    case 'timeout':
    case 'server':
      return ['check the network, then try again'];
    case 'conflict':
    case 'quota':
    case 'input':
    case 'not-found':
    case 'assert':
    case 'bug':
      return [];
  }
};

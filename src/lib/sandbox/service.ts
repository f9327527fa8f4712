/**
 * What a simulated AWS service is: plain handlers over plain data. `src/lib/sandbox` imports nothing of the CLI.
 * Start reading at world.ts (state, time), then wire/ (protocols), services/ (one folder or file per service),
 * server.ts (HTTP and its guards), control.ts (the control API).
 */
import type { World } from './world.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Who is calling and where. `now` is sandbox time in ms. */
export interface Call {
  readonly world: World;
  readonly region: string;
  readonly account: string;
  readonly operation: string;
  /** Access key id and user agent of the caller, for the timeline. */
  readonly caller: { readonly accessKeyId: string; readonly userAgent: string };
  /** Ends when the client goes away (event streams). */
  readonly signal: AbortSignal;
}

/**
 * Input and output are objects in the SDK's shape (Date for timestamps, Uint8Array for blobs); an event stream member is
 * an async iterable. Throw AwsError to refuse like AWS.
 */
// biome-ignore lint/suspicious/noExplicitAny: shapes come from the SDK's schemas at run time; each service narrows them.
export type Handler = (input: any, call: Call) => unknown | Promise<unknown>;

/** A timer's effect. Timers are data; this is the code that runs when one is due. */
// biome-ignore lint/suspicious/noExplicitAny: each service knows the target it scheduled.
export type TimerHandler = (world: World, region: string, target: any) => void;

export interface RateLimit {
  readonly operations: readonly string[];
  /** Tokens per AWS second, and the bucket's size. */
  readonly perSecond: number;
  readonly burst: number;
  /** AWS's error code when the bucket is empty. */
  readonly code: string;
}

export interface ServiceModule {
  /** Key of the state in `world.region(r).services[id]`: `ecs`, `elbv2`, `logs`, … */
  readonly id: string;
  readonly signingName: string;
  /** How IAM calls the service in its actions, where that is not the signing name. */
  readonly actionPrefix?: string;
  /** X-Amz-Target prefix of awsJson services. */
  readonly target?: string;
  /** Imports the SDK client whose exports carry the API's schema; called at the service's first request. */
  readonly loadSchema: () => Promise<Record<string, unknown>>;
  /** A fresh region's state: JSON only. */
  readonly initial: (region: string, account: string) => object;
  readonly operations: Readonly<Record<string, Handler>>;
  readonly timers?: Readonly<Record<string, TimerHandler>>;
  readonly limits?: readonly RateLimit[];
  /** Names of operations that change the world; the timeline and `zero mutating calls` checks use it. Default: not Describe/List/Get/BatchGet/Filter/Head. */
  readonly mutating?: (operation: string) => boolean;
}

/** An error as AWS sends it. `code` is the shape's name in the API model; the wire layer maps it to each protocol. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = code;
  }
}

/**
 * What everything in this folder passes along: an event of a log stream, where it comes from, and blocks of events that
 * belong together (a stack trace). Types only. Start reading at read-window.ts (one pass) and follow.ts (for ever).
 */

import type { ParsedMessage } from './parse-message.js';

/** One log stream (or the timeline of a service): made once, shared by all of its events. */
export interface Origin {
  readonly service: string;
  readonly group: string;
  readonly stream: string;
  readonly container?: string;
  /** Whole task id. */
  readonly task?: string;
}

export interface LogEvent {
  readonly kind: 'log' | 'event';
  /** AWS milliseconds: when it was written, by the clock of whoever wrote it. */
  readonly timestamp: number;
  /** When AWS got it; of the timeline's events, when it happened. */
  readonly ingestedMs: number;
  readonly message: string;
  /** CloudWatch's id; unique in its group. */
  readonly id: string;
  readonly origin: Origin;
}

/** A line with those that continue it, oldest first. */
export interface Block {
  readonly head: LogEvent;
  readonly rest: readonly LogEvent[];
  /** Of the head, once somebody has asked (select-blocks.ts). A member, because a WeakMap of a million costs seconds. */
  parsed?: ParsedMessage;
}

/** Takes blocks in order and resolves when there is room for more. */
export type WriteBlocks = (blocks: readonly Block[]) => Promise<void>;

/** Said while reading goes on; the code is stable. */
export interface Notice {
  readonly code: string;
  readonly message: string;
}

/**
 * The chain of checksums: what makes a list of events one history. Pure; imports plan/json only.
 * Every event names the sum of the one before it, so a changed, lost, doubled or moved event is found and named.
 * It finds accidents; it is no signature: whoever can write the files can write a whole new chain.
 */
import { canonical, digestOf } from '../../plan/json.js';
import type { Instant } from '../../plan/plan.js';
import type { EventBody, JournalEvent, Writer } from '../event.js';

export interface EventPosition {
  readonly runId: string;
  /** The first event of a run is number 1. */
  readonly seq: number;
  readonly at: Instant;
  readonly epoch: number;
  readonly writer: Writer;
  /** `sum` of the event before, `''` for the first. */
  readonly prev: string;
}

/** The event as every reader will see it: what JSON cannot hold is gone, nothing is shared with `body`. */
export const sealEvent = (body: EventBody, position: EventPosition): JournalEvent => {
  const unsealed = { ...body, v: 1, ...position };
  return JSON.parse(canonical({ ...unsealed, sum: digestOf(unsealed) })) as JournalEvent;
};

export const sumOf = (event: JournalEvent): string => {
  const { sum, ...rest } = event;
  return digestOf(rest);
};

export type ChainCheck =
  | { readonly kind: 'ok'; readonly lastSeq: number; readonly lastSum: string }
  | { readonly kind: 'broken'; readonly seq: number; readonly why: string };

/** Names the first event that does not follow from the ones before it. An empty history is whole. */
export const verifyChain = (events: readonly JournalEvent[]): ChainCheck => {
  let before: JournalEvent | undefined;
  for (const event of events) {
    const why = whyNotAfter(before, event);
    if (why !== undefined) return { kind: 'broken', seq: (before?.seq ?? 0) + 1, why };
    before = event;
  }
  return { kind: 'ok', lastSeq: before?.seq ?? 0, lastSum: before?.sum ?? '' };
};

/** Undefined when `event` is the rightful successor of `before`. */
export const whyNotAfter = (before: JournalEvent | undefined, event: JournalEvent): string | undefined => {
  const expectedSeq = (before?.seq ?? 0) + 1;
  if (event.v !== 1) return `format version ${String(event.v)} is unknown`;
  if (event.seq !== expectedSeq) return `number ${String(event.seq)} stands where ${expectedSeq} belongs`;
  if (event.sum !== sumOf(event)) return 'the content does not match its checksum';
  if (event.prev !== (before?.sum ?? '')) return 'it does not follow the event before it';
  if (before === undefined) return undefined;
  if (event.runId !== before.runId) return `it belongs to run ${event.runId}`;
  if (event.epoch < before.epoch) return `epoch ${event.epoch} comes after ${before.epoch}`;
  if (event.epoch === before.epoch && event.writer.nonce !== before.writer.nonce)
    return `a second writer in epoch ${event.epoch}`;
  return undefined;
};

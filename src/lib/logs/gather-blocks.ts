/**
 * Events in order → blocks in order of their first line. A continuation joins the last block of its own stream, also when
 * lines of other streams came in between. A block waits until its stream goes on with something else, until the gap of a
 * trace has passed, or until it is told to end: bounded in time and in number.
 */
import { continuationGapMs, continues, type Trace, traceOf } from './continuation.js';
import type { Block, LogEvent, Origin } from './model.js';

interface OpenBlock {
  readonly head: LogEvent;
  rest: LogEvent[] | undefined;
  last: LogEvent;
  /** Found out when the second line comes: most blocks have but one. */
  trace: Trace | undefined;
  isOpen: boolean;
  /** Rounds of `closeOlder` that it has lived through. */
  age: number;
}

const none: readonly LogEvent[] = [];
/** Blocks that may wait behind an open one. */
const maximumWaiting = 5_000;

export class BlockGatherer {
  readonly #open = new Map<Origin, OpenBlock>();
  #queue: OpenBlock[] = [];
  #first = 0;

  /** Adds an event; finished blocks are in `take`. */
  add(event: LogEvent): void {
    const current = this.#open.get(event.origin);
    if (current?.isOpen && event.kind === 'log') {
      if (isContinued(current, event)) {
        current.rest ??= [];
        current.rest.push(event);
        current.last = event;
        const trace = traceOf(event.message);
        if (trace !== 'none') current.trace = trace;
        return;
      }
      current.isOpen = false;
    }
    const block: OpenBlock = {
      head: event,
      rest: undefined,
      last: event,
      trace: undefined,
      isOpen: event.kind === 'log',
      age: 0,
    };
    this.#queue.push(block);
    if (block.isOpen) this.#open.set(event.origin, block);
  }

  /** Finished blocks whose turn it is. `atMs`: the time that reading has come to. */
  take(atMs: number): readonly Block[] {
    const done: Block[] = [];
    for (;;) {
      const block = this.#queue[this.#first];
      if (!block) break;
      const isOver =
        atMs - block.last.timestamp > continuationGapMs || this.#queue.length - this.#first > maximumWaiting;
      if (block.isOpen && !isOver) break;
      this.#close(block);
      done.push({ head: block.head, rest: block.rest ?? none });
      this.#first += 1;
    }
    this.#compact();
    return done;
  }

  /** Ends blocks that were there at the call before: whoever follows calls it once a round. */
  closeOlder(): void {
    for (const block of this.#open.values()) {
      if (block.age > 0) this.#close(block);
      else block.age += 1;
    }
  }

  takeAll(): readonly Block[] {
    for (const block of this.#open.values()) block.isOpen = false;
    this.#open.clear();
    return this.take(Number.NEGATIVE_INFINITY);
  }

  #close(block: OpenBlock): void {
    block.isOpen = false;
    if (this.#open.get(block.head.origin) === block) this.#open.delete(block.head.origin);
  }

  #compact(): void {
    if (this.#first < 1_024 && this.#first < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#first);
    this.#first = 0;
  }
}

const isContinued = (block: OpenBlock, event: LogEvent): boolean => {
  const { message, timestamp } = event;
  // Nearly all lines of services that log JSON.
  if (message.charCodeAt(0) === 0x7b) return false;
  block.trace ??= traceOf(block.head.message);
  return continues(message, timestamp, {
    first: block.head.message,
    last: block.last.message,
    lastAt: block.last.timestamp,
    lines: 1 + (block.rest?.length ?? 0),
    trace: block.trace,
  });
};

/** A whole list at once, oldest first. */
export const gatherBlocks = (events: readonly LogEvent[]): readonly Block[] => {
  const gatherer = new BlockGatherer();
  for (const event of events) gatherer.add(event);
  return gatherer.takeAll();
};

/**
 * One pass over a window: blocks in order, oldest or newest first, as many as asked for. Nothing is kept but a page per
 * group, so a million events take no more memory than a thousand. The writer's promise is awaited before more is read.
 */
import { isIndented } from './continuation.js';
import { BlockGatherer, gatherBlocks } from './gather-blocks.js';
import type { Direction, Pages } from './merge-pages.js';
import type { Block, LogEvent, WriteBlocks } from './model.js';

export interface WindowOptions {
  /** Merged: in the direction below. */
  readonly pages: Pages;
  readonly direction: Direction;
  readonly isWanted?: ((block: Block) => boolean) | undefined;
  /** Events; blocks are not cut. */
  readonly limit?: number | undefined;
  readonly write: WriteBlocks;
}

export interface WindowOutcome {
  /** Events that were read and those that were written. */
  readonly read: number;
  readonly shown: number;
  /** There was more than the limit. */
  readonly isCut: boolean;
}

export const readWindow = async (options: WindowOptions): Promise<WindowOutcome> => {
  const { isWanted, write, limit = Number.POSITIVE_INFINITY } = options;
  let read = 0;
  let shown = 0;
  const batches = options.direction === 'oldest-first' ? forwards(options.pages) : backwards(options.pages);
  for await (const batch of batches) {
    read += batch.read;
    let blocks = isWanted ? batch.blocks.filter(isWanted) : batch.blocks;
    if (shown + eventsOf(blocks) > limit) blocks = firstBlocks(blocks, limit - shown);
    const isCut = blocks.length < batch.blocks.length && shown + eventsOf(blocks) >= limit;
    shown += eventsOf(blocks);
    if (blocks.length > 0) await write(blocks);
    if (isCut) return { read, shown, isCut: true };
  }
  return { read, shown, isCut: false };
};

const eventsOf = (blocks: readonly Block[]): number => blocks.reduce((sum, block) => sum + 1 + block.rest.length, 0);

const firstBlocks = (blocks: readonly Block[], limit: number): readonly Block[] => {
  let events = 0;
  for (const [index, block] of blocks.entries()) {
    if (events >= limit) return blocks.slice(0, index);
    events += 1 + block.rest.length;
  }
  return blocks;
};

interface Batch {
  readonly read: number;
  readonly blocks: readonly Block[];
}

async function* forwards(pages: Pages): AsyncGenerator<Batch, void> {
  const gatherer = new BlockGatherer();
  for await (const page of pages) {
    for (const event of page) gatherer.add(event);
    yield { read: page.length, blocks: gatherer.take(page.at(-1)?.timestamp ?? 0) };
  }
  yield { read: 0, blocks: gatherer.takeAll() };
}

/** Each page is put the right way round to find what belongs together. Lines whose head is on an older page wait for it. */
async function* backwards(pages: Pages): AsyncGenerator<Batch, void> {
  let waiting: readonly LogEvent[] = [];
  for await (const page of pages) {
    const { complete, headless } = splitHeadless(gatherBlocks([...page].reverse().concat(waiting)));
    waiting = headless;
    yield { read: page.length, blocks: complete.reverse() };
  }
  yield { read: 0, blocks: [...gatherBlocks(waiting)].reverse() };
}

const keptWaiting = 1_000;

/** Only a block at a page's old end may lack its head: the first of its stream there, and indented. */
const splitHeadless = (
  blocks: readonly Block[],
): { readonly complete: Block[]; readonly headless: readonly LogEvent[] } => {
  const seen = new Set<unknown>();
  const complete: Block[] = [];
  const headless: LogEvent[] = [];
  for (const block of blocks) {
    const isFirst = !seen.has(block.head.origin);
    seen.add(block.head.origin);
    if (isFirst && isIndented(block.head.message) && headless.length < keptWaiting)
      headless.push(block.head, ...block.rest);
    else complete.push(block);
  }
  return { complete, headless };
};

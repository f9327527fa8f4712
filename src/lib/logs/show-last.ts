/**
 * How a follower begins when it is to show the last lines: everything of the deep window is read and taken note of, the
 * newest of it is shown, older ones are looked for where that is not enough. What AWS got meanwhile is no backlog and goes
 * to the follower. So a line that arrives later with an older stamp is told from one that was there before.
 */
import { mergePages, type Pages } from './merge-pages.js';
import type { Block, LogEvent } from './model.js';
import type { OpenLogs } from './open-logs.js';
import { readWindow } from './read-window.js';
import { readLast } from './search-logs.js';

export interface Last {
  readonly limit: number;
  /** Events before it are not looked for. */
  readonly sinceMs: number;
}

export interface ShowLastOptions extends Last {
  readonly sources: readonly Pages[];
  /** Where the sources begin. */
  readonly startMs: number;
  /** Events that AWS got after the beginning. */
  readonly onNew: (event: LogEvent) => void;
}

/** Resolves with how many were shown. */
export const showLast = async (logs: OpenLogs, options: ShowLastOptions): Promise<number> => {
  const { limit, sinceMs, startMs } = options;
  const newest = new NewestBlocks(limit);
  await readWindow({
    pages: backlogOf(mergePages(options.sources, 'oldest-first'), { beganMs: logs.clock.now(), onNew: options.onNew }),
    direction: 'oldest-first',
    isWanted: logs.isWanted,
    write: async (blocks) => newest.add(blocks),
  });
  const missing = limit - newest.events;
  const older =
    missing > 0 && sinceMs < startMs ? await readLast(logs, { startMs: sinceMs, endMs: startMs }, missing) : undefined;
  if (newest.blocks.length > 0) await logs.io.write(newest.blocks);
  return newest.events + (older?.shown ?? 0);
};

async function* backlogOf(
  pages: Pages,
  { beganMs, onNew }: { readonly beganMs: number; readonly onNew: (event: LogEvent) => void },
): Pages {
  for await (const page of pages) {
    for (const event of page) if (event.ingestedMs >= beganMs) onNew(event);
    yield page.filter(({ ingestedMs }) => ingestedMs < beganMs);
  }
}

/** The last blocks of a list that is too long to keep. */
class NewestBlocks {
  readonly #kept: Block[] = [];
  events = 0;

  constructor(private readonly limit: number) {}

  get blocks(): readonly Block[] {
    return this.#kept;
  }

  add(blocks: readonly Block[]): void {
    for (const block of blocks) {
      this.#kept.push(block);
      this.events += 1 + block.rest.length;
    }
    let cut = 0;
    for (const { rest } of this.#kept) {
      if (this.events - (1 + rest.length) < this.limit) break;
      this.events -= 1 + rest.length;
      cut += 1;
    }
    this.#kept.splice(0, cut);
  }
}

/** `platform logs tail`: the last lines, and with --follow what comes after them, until somebody stops it. */
import type { ResolvedTarget } from '../context/resolve-target.js';
import { follow } from './follow.js';
import { followLive } from './live.js';
import type { Block, LogEvent } from './model.js';
import { parseMoment } from './moments.js';
import { type LogsIo, type LogsNeeds, type LogsOptions, openLogs } from './open-logs.js';
import { type LogsReport, reportFollowed } from './report.js';
import { defaultSince, lastLines, readLast } from './search-logs.js';

/** Without --since and --limit, as many lines as fit a screen or two. */
export const defaultLines = 100;

export interface TailRequest {
  readonly at: ResolvedTarget;
  readonly options: LogsOptions;
  readonly how: 'once' | 'follow' | 'live';
  readonly io: LogsIo;
}

/** Events of the last moments may still come late: from here on everything is followed by id. */
const overlapMs = 20_000;

export const tailLogs = async (ctx: LogsNeeds, { at, options, how, io }: TailRequest): Promise<LogsReport> => {
  // `--since 1h` means all of that hour.
  const limit = options.limit ?? (options.since === undefined ? defaultLines : undefined);
  if (how === 'once') return lastLines(ctx, { at, options: { ...options, limit }, io });
  const logs = await openLogs({ ctx, at, options, io, mode: 'steady' });
  const now = logs.clock.now();
  const sinceMs = parseMoment('--since', options.since ?? defaultSince, now);
  const start = limit === undefined ? { startMs: sinceMs } : await showLast();
  const outcome = how === 'live' ? await followLive(logs, start) : await follow(logs, start);
  return reportFollowed({
    logs,
    startMs: sinceMs,
    outcome: { ...outcome, shown: outcome.shown + (start.shown?.length ?? 0) },
  });

  /** Shows the newest lines, and follows from where nothing can be lost between the two. */
  async function showLast(): Promise<{ readonly startMs: number; readonly shown?: readonly LogEvent[] }> {
    const blocks: Block[] = [];
    const window = { startMs: sinceMs, endMs: undefined };
    const write = async (found: readonly Block[]): Promise<void> => {
      blocks.push(...found);
      await io.write(found);
    };
    if (limit !== 0) await readLast({ ...logs, io: { ...io, write } }, window, limit);
    const shown = blocks.flatMap(({ head, rest }) => [head, ...rest]);
    const oldest = shown[0]?.timestamp ?? 0;
    // More lines than asked for would follow if the overlap began before the oldest of them.
    return { startMs: limit === 0 ? now : Math.max(now - overlapMs, Math.min(oldest, now)), shown };
  }
};

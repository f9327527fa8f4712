/** `platform logs tail`: the last lines, and with --follow what comes after them, until somebody stops it. */
import type { ResolvedTarget } from '../context/resolve-target.js';
import { follow } from './follow.js';
import { deepMs } from './group-pace.js';
import { followLive } from './live.js';
import { parseMoment } from './moments.js';
import { type LogsIo, type LogsNeeds, type LogsOptions, openLogs } from './open-logs.js';
import { type LogsReport, reportFollowed } from './report.js';
import { defaultSince, lastLines } from './search-logs.js';

/** Without --since and --limit, as many lines as fit a screen or two. */
export const defaultLines = 100;

export interface TailRequest {
  readonly at: ResolvedTarget;
  readonly options: LogsOptions;
  readonly how: 'once' | 'follow' | 'live';
  readonly io: LogsIo;
}

export const tailLogs = async (ctx: LogsNeeds, { at, options, how, io }: TailRequest): Promise<LogsReport> => {
  // `--since 1h` means all of that hour.
  const limit = options.limit ?? (options.since === undefined ? defaultLines : undefined);
  if (how === 'once') return lastLines(ctx, { at, options: { ...options, limit }, io });
  const logs = await openLogs({ ctx, at, options, io, mode: 'steady' });
  const now = logs.clock.now();
  const sinceMs = parseMoment('--since', options.since ?? defaultSince, now);
  const start =
    limit === undefined ? { startMs: sinceMs } : { startMs: Math.floor(now - deepMs), last: { limit, sinceMs } };
  // Everything goes elsewhere, and that has been said.
  const isNothing = logs.readers().length === 0 && options.events === 'without';
  if (isNothing) return reportFollowed({ logs, startMs: sinceMs, outcome: { read: 0, shown: 0, late: 0 } });
  const outcome = await (how === 'live' ? followLive(logs, start) : follow(logs, start));
  return reportFollowed({ logs, startMs: sinceMs, outcome });
};

/** `platform logs tail`: the last lines, and with --follow what comes after them, until somebody stops it. */
import type { ResolvedTarget } from '../context/resolve-target.js';
import { type FollowOutcome, follow } from './follow.js';
import { deepMs } from './group-pace.js';
import { followLive } from './live.js';
import type { Block } from './model.js';
import { parseMoment } from './moments.js';
import { type LogsIo, type LogsNeeds, type LogsOptions, type OpenLogs, openLogs } from './open-logs.js';
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

/** Live tail brings what is new, whatever its stamp; only the last moments before it began are looked at again. */
const overlapMs = 20_000;

export const tailLogs = async (ctx: LogsNeeds, { at, options, how, io }: TailRequest): Promise<LogsReport> => {
  // `--since 1h` means all of that hour.
  const limit = options.limit ?? (options.since === undefined ? defaultLines : undefined);
  if (how === 'once') return lastLines(ctx, { at, options: { ...options, limit }, io });
  const logs = await openLogs({ ctx, at, options, io, mode: 'steady' });
  const sinceMs = parseMoment('--since', options.since ?? defaultSince, logs.clock.now());
  const outcome = await (how === 'live' ? live(logs, { sinceMs, limit }) : poll(logs, { sinceMs, limit }));
  return reportFollowed({ logs, startMs: sinceMs, outcome });
};

interface Start {
  readonly sinceMs: number;
  readonly limit: number | undefined;
}

const poll = (logs: OpenLogs, { sinceMs, limit }: Start): Promise<FollowOutcome> =>
  follow(
    logs,
    limit === undefined ? { startMs: sinceMs } : { startMs: logs.clock.now() - deepMs, last: { limit, sinceMs } },
  );

const live = async (logs: OpenLogs, { sinceMs, limit }: Start): Promise<FollowOutcome> => {
  if (limit === undefined) return followLive(logs, { startMs: sinceMs });
  const now = logs.clock.now();
  const blocks: Block[] = [];
  const write = async (found: readonly Block[]): Promise<void> => {
    blocks.push(...found);
    await logs.io.write(found);
  };
  if (limit > 0) await readLast({ ...logs, io: { ...logs.io, write } }, { startMs: sinceMs }, limit);
  const shown = blocks.flatMap(({ head, rest }) => [head, ...rest]);
  // More lines than asked for would follow if the overlap began before the oldest of them.
  const startMs = limit === 0 ? now : Math.max(now - overlapMs, Math.min(shown[0]?.timestamp ?? 0, now));
  const outcome = await followLive(logs, { startMs, shown });
  return { ...outcome, shown: outcome.shown + shown.length };
};

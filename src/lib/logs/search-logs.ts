/** `platform logs search`, and `tail` without --follow: one pass over a window, as fast as AWS allows. */
import type { ResolvedTarget } from '../context/resolve-target.js';
import { PlatformError } from '../errors/platform-error.js';
import { groupPages, pageLimitFor } from './group-pages.js';
import { type Direction, mergePages, onePage } from './merge-pages.js';
import type { Block } from './model.js';
import { iso, parseMoment } from './moments.js';
import { type LogsIo, type LogsNeeds, type LogsOptions, type OpenLogs, openLogs } from './open-logs.js';
import { readWindow, type WindowOutcome } from './read-window.js';
import { type LogsReport, reportLogs } from './report.js';

export const defaultSince = '1h';

export interface SearchRequest {
  readonly at: ResolvedTarget;
  readonly options: LogsOptions & { readonly order: Direction };
  readonly io: LogsIo;
}

export const searchLogs = async (ctx: LogsNeeds, { at, options, io }: SearchRequest): Promise<LogsReport> => {
  const window = windowOf(ctx, options);
  const logs = await openLogs({ ctx, at, options, io, mode: 'eager' });
  const outcome = await searchWindow(logs, { ...window, direction: options.order, limit: options.limit });
  return reportLogs({ logs, window, outcome });
};

/** Without --follow: the newest lines, oldest of them first. */
export const lastLines = async (
  ctx: LogsNeeds,
  { at, options, io }: Omit<SearchRequest, 'options'> & { readonly options: LogsOptions },
): Promise<LogsReport> => {
  const window = windowOf(ctx, options);
  const logs = await openLogs({ ctx, at, options, io, mode: 'eager' });
  const outcome = await readLast(logs, window, options.limit);
  return reportLogs({ logs, window, outcome });
};

export interface Window {
  readonly startMs: number;
  readonly endMs?: number | undefined;
}

export const windowOf = (
  ctx: LogsNeeds,
  { since, until }: Pick<LogsOptions, 'since' | 'until'>,
): Window & { readonly endMs: number } => {
  const now = ctx.clocks.service.now();
  // AWS's end is exclusive, and what is stamped with this very millisecond is part of what was asked for.
  const endMs = until === undefined ? Math.floor(now) + 1 : parseMoment('--until', until, now);
  const startMs = parseMoment('--since', since ?? defaultSince, now);
  if (startMs < endMs) return { startMs, endMs };
  throw new PlatformError('E_USAGE', `--since (${iso(startMs)}) is not before --until (${iso(endMs)})`);
};

/** The newest `limit` events, in order of time; all of the window without a limit. */
export const readLast = async (logs: OpenLogs, window: Window, limit: number | undefined): Promise<WindowOutcome> => {
  if (limit === undefined) return searchWindow(logs, { ...window, direction: 'oldest-first' });
  const newest: Block[] = [];
  const outcome = await searchWindow(logs, { ...window, direction: 'newest-first', limit }, async (blocks) => {
    newest.push(...blocks);
  });
  if (newest.length > 0) await logs.io.write(newest.reverse());
  return outcome;
};

interface Search extends Window {
  readonly direction: Direction;
  readonly limit?: number | undefined;
}

const searchWindow = async (logs: OpenLogs, search: Search, write = logs.io.write): Promise<WindowOutcome> => {
  const { startMs, endMs, direction, limit } = search;
  const readers = logs.readers();
  // A selection is made here, so a small limit says nothing about how many events have to be read.
  const isSmall = limit !== undefined && logs.isWanted === undefined;
  const pageLimit = isSmall ? Math.min(limit, pageLimitFor(readers.length)) : pageLimitFor(readers.length);
  const sources = readers.map((reader) =>
    groupPages(reader, {
      startMs,
      endMs,
      direction,
      pageLimit,
      ahead: isSmall ? 'no' : 'yes',
      pattern: logs.options.filter,
      signal: logs.io.signal,
      onMissing: logs.onMissing,
    }),
  );
  const events = (await logs.timelines(startMs)).filter(({ timestamp }) => endMs === undefined || timestamp < endMs);
  const timeline = onePage(direction === 'oldest-first' ? events : [...events].reverse());
  return readWindow({
    pages: mergePages(events.length > 0 ? [...sources, timeline] : sources, direction),
    direction,
    isWanted: logs.isWanted,
    limit,
    write,
  });
};

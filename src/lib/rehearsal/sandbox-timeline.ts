/** `platform sandbox timeline`: every call, event and change of state in order, and who caused it. */
import type { Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import type { Json } from '../plan/json.js';
import { chosenControl } from './choose-sandbox.js';
import type { TimelineItem } from './control-client.js';

type Needs = Pick<Ctx, 'env' | 'paths'>;

export interface TimelineResult {
  readonly entries: readonly TimelineItem[];
}

export interface TimelineOptions {
  readonly since?: number;
  readonly limit?: number;
  readonly service?: string;
  readonly which: 'mutating' | 'all';
}

const queryOf = ({ since, limit, service, which }: TimelineOptions): Readonly<Record<string, string>> => ({
  ...(since !== undefined && { since: String(since) }),
  ...(limit !== undefined && { limit: String(limit) }),
  ...(service !== undefined && { service }),
  ...(which === 'mutating' && { mutating: '1' }),
});

export const readTimeline = async (ctx: Needs, options: TimelineOptions): Promise<Report<TimelineResult>> => {
  const entries = await chosenControl(ctx).timeline(queryOf(options));
  return { result: { entries }, lines: entries.length === 0 ? ['Nothing has happened.'] : entries.map(timelineText) };
};

export const followTimeline = async (
  ctx: Needs,
  options: TimelineOptions & { readonly signal: AbortSignal; readonly emit: (event: Json, text: string) => void },
): Promise<Report<TimelineResult>> => {
  for await (const entry of chosenControl(ctx).follow(queryOf(options), options.signal))
    options.emit(entry as unknown as Json, timelineText(entry));
  return { result: { entries: [] }, lines: [] };
};

/** `12:04:31  call   ecs:UpdateService 200 {"service":"shop-api"}  by platform/0.1.0` */
export const timelineText = (entry: TimelineItem): string =>
  `${String(entry.seq).padStart(5)}  ${new Date(entry.at).toISOString().slice(11, 19)}  ${entry.kind.padEnd(5)}  ${whatHappened(entry)}`;

const whatHappened = (entry: TimelineItem): string => {
  const { service, operation, mutating, status, error, summary, caller, subject, message, from, to, cause } = entry;
  switch (entry.kind) {
    case 'call':
      return [
        `${service}:${operation}`,
        mutating === true ? '(changes)' : '',
        error === undefined ? String(status) : `${status} ${String(error)}`,
        summary === undefined ? '' : JSON.stringify(summary),
        `by ${String(caller)}`,
      ]
        .filter((part) => part !== '')
        .join(' ');
    case 'state':
      return `${String(subject)}: ${from === undefined ? '' : `${String(from)} → `}${String(to)}${cause === undefined ? '' : ` (${String(cause)})`}`;
    case 'gap':
      return `${String(entry['dropped'])} entries were dropped: this reader is too slow`;
    default:
      return `${String(subject)}: ${String(message)}`;
  }
};

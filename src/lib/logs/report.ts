/** What was read, for people (on stderr, because stdout is the lines') and as data. Pure. */
import type { Report, Warning } from '../cli/report.js';
import type { FollowOutcome } from './follow.js';
import { iso } from './moments.js';
import type { OpenFacts, OpenLogs } from './open-logs.js';
import type { WindowOutcome } from './read-window.js';

export interface LogsResult {
  readonly window: { readonly since: string; readonly until: string | null };
  readonly groups: readonly {
    readonly group: string;
    readonly region: string;
    readonly services: readonly string[];
    readonly state: 'read' | 'missing';
  }[];
  readonly elsewhere: readonly {
    readonly service: string;
    readonly container: string;
    readonly driver: string;
    readonly destination: string;
  }[];
  /** Events read from AWS, shown after the filters, and shown after a younger one. */
  readonly read: number;
  readonly shown: number;
  readonly late: number;
  /** Calls that AWS refused as too many; they were made again. */
  readonly throttled: number;
  /** There was more than --limit. */
  readonly cut: boolean;
  /** With --json only. */
  readonly events?: readonly Readonly<Record<string, unknown>>[];
}

export type LogsReport = Report<LogsResult>;

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

const factsOf = (facts: OpenFacts): Pick<LogsResult, 'groups' | 'elsewhere' | 'throttled'> => ({
  groups: facts.groups.map(({ group, region, writers, state }) => ({
    group,
    region,
    services: unique(writers.map(({ service }) => service)),
    state,
  })),
  elsewhere: facts.elsewhere.flatMap(({ service, container, destination }) =>
    destination.kind === 'elsewhere'
      ? [{ service, container, driver: destination.driver, destination: destination.text }]
      : [],
  ),
  throttled: facts.throttles,
});

export const reportLogs = (read: {
  readonly logs: OpenLogs;
  readonly window: { readonly startMs: number; readonly endMs: number };
  readonly outcome: WindowOutcome;
}): LogsReport => {
  const { logs, window, outcome } = read;
  const facts = factsOf(logs.facts());
  const result: LogsResult = {
    window: { since: iso(window.startMs), until: iso(window.endMs) },
    ...facts,
    read: outcome.read,
    shown: outcome.shown,
    late: 0,
    cut: outcome.isCut,
  };
  const isNowhere = facts.groups.length > 0 && facts.groups.every(({ state }) => state === 'missing');
  if (isNowhere)
    return {
      result,
      lines: [],
      exitCode: 5,
      error: {
        code: 'E_NOT_FOUND',
        message: `none of the log groups is there: ${facts.groups.map(({ group }) => group).join(', ')}`,
        hints: ['create them with your Terraform, or name others as services.NAME.logGroup in platform.yaml'],
      },
    };
  return { result, lines: [], warnings: quietWarnings(logs, result) };
};

/** Nothing shown is an answer, and says where it looked. */
const quietWarnings = (logs: OpenLogs, result: LogsResult): readonly Warning[] => {
  if (result.shown > 0 || result.groups.length === 0) return [];
  const { since, until } = result.window;
  const groups = result.groups.map(({ group }) => group).join(', ');
  const { level, grep, trace, filter, task, container } = logs.options;
  const isFiltered = [level, grep, trace, filter, task, container].some((value) => value !== undefined);
  const what = isFiltered && result.read > 0 ? `none of ${result.read} events matches` : 'no events';
  return [
    {
      code: 'W_NO_EVENTS',
      message: `${what} between ${since} and ${until} in ${groups}; look further back with --since 24h`,
    },
  ];
};

/** A follower ends because somebody stopped it (130, without an error), or because there is nothing to follow. */
export const reportFollowed = (followed: {
  readonly logs: OpenLogs;
  readonly startMs: number;
  readonly outcome: FollowOutcome;
}): LogsReport => {
  const { logs, startMs, outcome } = followed;
  return {
    result: {
      window: { since: iso(startMs), until: null },
      ...factsOf(logs.facts()),
      read: outcome.read,
      shown: outcome.shown,
      late: outcome.late,
      cut: false,
    },
    lines: [],
    exitCode: logs.io.signal.aborted ? (logs.io.signal.reason === 'SIGTERM' ? 143 : 130) : 0,
  };
};

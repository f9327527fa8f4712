/**
 * Status as lines for people: counts, who holds the lock, problems first, one line a service, calm ones folded in a large
 * environment. Pure; fits any width from 60 columns up.
 */
import { formatAge } from '../cli/duration.js';
import type { Line, NextStep, Report } from '../cli/report.js';
import { tableLines, wrapWords } from '../cli/table.js';
import type { ObservedStatus } from './observe-status.js';
import { statusColumns, statusRow } from './status-rows.js';
import {
  hasTrouble,
  type LockStatus,
  type ServiceState,
  type ServiceStatus,
  type StatusResult,
} from './status-types.js';

export interface StatusView {
  /** Columns of what it is drawn on. */
  readonly columns: number;
  /** AWS time and wall time, for how long ago something was in AWS and here. */
  readonly nowMs: number;
  readonly wallMs: number;
  /** all: nothing is folded. */
  readonly listed: 'all' | 'short';
  /** Only services in these states; empty: every state. */
  readonly states: readonly ServiceState[];
  /** Goes behind the commands to type next: ` -e production`. */
  readonly suffix: string;
}

/** More services than this, and calm ones are counted instead of listed. */
export const foldAbove = 20;

export const reportStatus = ({ result, warnings }: ObservedStatus, view: StatusView): Report<StatusResult> => {
  const shown = onlyStates(result, view.states);
  return { result: shown, lines: statusLines(shown, view), warnings, next: nextSteps(shown, view) };
};

/** `--state`: the counts stay those of the whole. */
export const onlyStates = (result: StatusResult, states: readonly ServiceState[]): StatusResult =>
  states.length === 0
    ? result
    : { ...result, services: result.services.filter((entry) => states.includes(entry.state)) };

export const statusLines = (result: StatusResult, view: StatusView): readonly Line[] => {
  const listed = result.services.filter((entry) => !isFolded(entry, result, view));
  const folded = result.services.filter((entry) => !listed.includes(entry));
  const table = {
    columns: statusColumns,
    rows: listed.map((entry) => statusRow(entry, view.nowMs)),
    width: view.columns,
  };
  const [head, ...rows] = listed.length === 0 ? [] : tableLines(table);
  return [
    ...countLines(result),
    ...lockLines(result.lock, view),
    ...(head === undefined ? [] : [head]),
    ...listed.flatMap((entry, index) => [rows[index] ?? '', ...problemLines(entry, view.columns)]),
    ...foldedLines(folded),
  ];
};

export const isFolded = (
  entry: ServiceStatus,
  { services }: Pick<StatusResult, 'services'>,
  { listed, states }: Pick<StatusView, 'listed' | 'states'>,
): boolean => {
  if (listed === 'all' || services.length <= foldAbove || hasTrouble(entry) || wentBack(entry)) return false;
  return (entry.state === 'healthy' || entry.state === 'asleep') && !states.includes(entry.state);
};

const countTones = { healthy: 'good', deploying: 'warn', degraded: 'bad', missing: 'bad', asleep: 'dim' } as const;
const countOrder = ['healthy', 'deploying', 'degraded', 'missing', 'asleep'] as const;

const countLines = ({ counts }: StatusResult): readonly Line[] => {
  const present = countOrder.filter((state) => counts[state] > 0);
  if (present.length === 0) return [];
  return [
    present.flatMap((state, index) => [
      ...(index === 0 ? [] : [{ text: ', ' }]),
      { text: `${counts[state]} ${state}`, tone: countTones[state] },
    ]),
  ];
};

const foldedLines = (folded: readonly ServiceStatus[]): readonly Line[] => {
  if (folded.length === 0) return [];
  const parts = (['healthy', 'asleep'] as const).flatMap((state) => {
    const number = folded.filter((entry) => entry.state === state).length;
    return number === 0 ? [] : [`${number} ${state}`];
  });
  return [[{ text: `${parts.join(' and ')} not listed: --all lists them`, tone: 'dim' }]];
};

/** One line per run, however many services it holds. */
const lockLines = (holders: readonly LockStatus[], view: StatusView): readonly Line[] => {
  const runs = [...new Set(holders.map((holder) => holder.run))];
  return runs.flatMap((run) => {
    const own = holders.filter((holder) => holder.run === run);
    return own[0] === undefined ? [] : runLines(own[0], scopesText(own), view);
  });
};

const runLines = (holder: LockStatus, scopes: string, view: StatusView): readonly Line[] => {
  const age = formatAge(view.wallMs - Date.parse(holder.since));
  const gone = holder.liveness === 'gone' ? ', which is no longer running' : '';
  const operation = holder.operation.replace(/@\d+$/, '');
  const text = `locked: ${scopes} by run ${holder.run} (${operation}, ${holder.by}, ${age} ago)${gone}`;
  return wrapWords(text, view.columns).map((line) => [{ text: line, tone: 'warn' }]);
};

const scopesNamed = 5;

const scopesText = (holders: readonly LockStatus[]): string => {
  const more = holders.length - scopesNamed;
  const names = holders.slice(0, scopesNamed).map(({ scope }) => scope);
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

const problemLines = (entry: ServiceStatus, columns: number): readonly Line[] =>
  entry.problems.flatMap((problem) =>
    wrapWords(problem, columns - 4).map(
      (line, index): Line => [{ text: `${index === 0 ? '  ' : '    '}${line}`, tone: 'bad' }],
    ),
  );

/** Named in next steps: more would push the table off the screen. */
const explained = 3;

const nextSteps = (result: StatusResult, { suffix }: StatusView): readonly NextStep[] => [
  ...result.lock
    .slice(0, 1)
    .map((holder) =>
      holder.liveness === 'gone'
        ? { command: `platform runs resume ${holder.run}`, why: 'go on with the run that was killed' }
        : { command: `platform runs show ${holder.run}`, why: 'what the holder of the lock is doing' },
    ),
  ...result.services
    .flatMap((entry) => explanationOf(entry))
    .filter((step, index, all) => all.findIndex(({ command }) => command === step.command) === index)
    .slice(0, explained)
    .map(({ command, why }) => ({ command: `${command}${suffix}`, why })),
];

/** What runs is well, but it is not what was shipped last. */
const wentBack = ({ deployment }: ServiceStatus): boolean => deployment?.outcome?.startsWith('roll') ?? false;

const explanationOf = (entry: ServiceStatus): readonly NextStep[] => {
  const { service, deployment } = entry;
  if (entry.state === 'missing')
    return [{ command: 'platform config show', why: `the name and the cluster that ${service} is looked for in` }];
  if (wentBack(entry) || deployment?.status === 'FAILED')
    return [{ command: `platform releases ${service}`, why: 'what was shipped, and how it went' }];
  if (hasTrouble(entry)) return [{ command: `platform logs tail ${service}`, why: 'what its tasks say' }];
  return [];
};

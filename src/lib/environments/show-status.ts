/**
 * `platform status`: once, or watched. Once it is a report; watched it is a screen that is redrawn in place on a terminal,
 * else a line (or an event) per change. May use the ports that the command passes in. Start reading at showStatus.
 */
import { formatAge } from '../cli/duration.js';
import type { Screen } from '../cli/render/screen.js';
import type { Line, Report } from '../cli/report.js';
import { wrapWords } from '../cli/table.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import type { ExitCode } from '../errors/codes.js';
import { PlatformError } from '../errors/platform-error.js';
import type { Json } from '../plan/json.js';
import { matchServices } from '../services/match-services.js';
import { type ObservedStatus, observeStatus } from './observe-status.js';
import { isFolded, onlyStates, reportStatus, type StatusView, statusLines } from './report-status.js';
import { statusEvents } from './status-changes.js';
import type { ServiceState, StatusResult } from './status-types.js';
import { type Sight, watchStatus } from './watch-status.js';

export interface StatusOptions {
  /** Names and patterns; empty: all. */
  readonly services: readonly string[];
  readonly states: readonly ServiceState[];
  readonly listed: 'all' | 'short';
  /** Columns of what a report is printed on. */
  readonly columns: number;
  /** verdict: exit 6 when something is degraded or missing. */
  readonly exit: 'zero' | 'verdict';
  readonly emit: (event: Json, text: string) => void;
  /** ndjson: the entries are events, then the report. */
  readonly output: 'report' | 'events';
  readonly watch?: {
    readonly intervalMs: number;
    readonly signal: AbortSignal;
    /** Absent without a terminal. */
    readonly screen?: Screen;
  };
}

type Needs = Pick<Ctx, 'locks' | 'cache' | 'clocks'>;

const shortestMs = 1000;

export const showStatus = async (
  ctx: Needs,
  at: ResolvedTarget,
  options: StatusOptions,
): Promise<Report<StatusResult>> => {
  const services = matchServices(at.environment.services, options.services);
  if (options.watch && options.watch.intervalMs < shortestMs)
    throw new PlatformError('E_USAGE', '--interval is at least 1s: AWS would throttle anything faster', {
      hints: ['--interval 5s'],
    });
  const observe = () => observeStatus(ctx, at, services);
  if (options.watch) return watched({ ctx, at, options, observe }, options.watch);
  const observed = await observe();
  if (options.output === 'events') emitChanges({ ctx, options }, undefined, observed);
  return { ...reportStatus(observed, viewOf({ ctx, at, options }, options.columns)), ...verdictOf(observed, options) };
};

interface Showing {
  readonly ctx: Needs;
  readonly at: ResolvedTarget;
  readonly options: StatusOptions;
}

const viewOf = ({ ctx, at, options }: Showing, columns: number): StatusView => ({
  columns,
  nowMs: ctx.clocks.service.now(),
  wallMs: ctx.clocks.wall.now(),
  listed: options.listed,
  states: options.states,
  suffix: at.project.config.defaultEnvironment === at.environment.name ? '' : ` -e ${at.environment.name}`,
});

/** A service under way is judged when it has arrived. */
const verdictOf = (
  { result: { counts } }: ObservedStatus,
  { exit }: StatusOptions,
): Pick<Report<StatusResult>, 'exitCode' | 'error'> => {
  if (exit === 'zero' || counts.degraded + counts.missing === 0) return {};
  const parts = (['degraded', 'missing'] as const).flatMap((state) =>
    counts[state] > 0 ? [`${counts[state]} ${state}`] : [],
  );
  return { exitCode: 6, error: { code: 'E_FAILED', message: `${parts.join(', ')}: not every service is well` } };
};

const watched = async (
  showing: Showing & { readonly observe: () => Promise<ObservedStatus> },
  watch: NonNullable<StatusOptions['watch']>,
): Promise<Report<StatusResult>> => {
  const { ctx, at, options, observe } = showing;
  const { screen, signal, intervalMs } = watch;
  let before: ObservedStatus | undefined;
  let said: readonly string[] = [];
  const show = (sight: Sight): void => {
    if (screen) screen.show((size) => screenLines(showing, sight, size));
    else {
      emitChanges(showing, before, sight.observed);
      const notices = noticesOf(sight);
      for (const notice of notices) if (!said.includes(notice)) emitNotice(showing, notice);
      said = notices;
    }
    before = sight.observed;
  };
  try {
    const last = await watchStatus({
      observe,
      wall: ctx.clocks.wall,
      intervalMs,
      signal,
      throttled: () => at.aws.throttled(),
      reloadCredentials: () => at.aws.reloadCredentials(),
      show,
    });
    const counts = { healthy: 0, deploying: 0, degraded: 0, asleep: 0, missing: 0 };
    const result = last ? onlyStates(last.result, options.states) : { counts, services: [], lock: [] };
    return { result, lines: [], exitCode: exitFor(signal) };
  } finally {
    screen?.close();
  }
};

const exitFor = (signal: AbortSignal): ExitCode => (signal.reason === 'SIGTERM' ? 143 : 130);

const emitChanges = (
  { ctx, options }: Pick<Showing, 'ctx' | 'options'>,
  before: ObservedStatus | undefined,
  after: ObservedStatus,
): void => {
  const [old, now] = [before && onlyStates(before.result, options.states), onlyStates(after.result, options.states)];
  // People see a large environment's calm services when they change; a program sees all of them first.
  const isFirstText = old === undefined && options.output === 'report';
  const first = { ...now, services: now.services.filter((entry) => !isFolded(entry, now, options)) };
  const events = statusEvents(old, isFirstText ? first : now, ctx.clocks.service.now());
  for (const { event, text } of events) options.emit(event, text);
};

const emitNotice = ({ ctx, options }: Showing, message: string): void => {
  const at = new Date(ctx.clocks.service.now()).toISOString();
  options.emit({ event: 'notice', at, message }, `${at.slice(11, 19)}  ${message}`);
};

const noticesOf = ({ notice, observed }: Sight): readonly string[] => [
  ...(notice === undefined ? [] : [notice]),
  ...observed.warnings.map(({ message }) => message),
];

/** The first line says what is looked at and how often; the rest is the report, as far as the screen has rows. */
const screenLines = (
  showing: Showing,
  sight: Sight,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly Line[] => {
  const { at, ctx, options } = showing;
  const clock = new Date(ctx.clocks.service.now()).toISOString().slice(11, 19);
  const place = at.target.sandbox === undefined ? 'AWS' : 'SANDBOX';
  const head: Line = [
    { text: place, tone: 'accent' },
    { text: ` · ${at.target.project}/${at.target.environment}` },
    { text: ` · ${clock} · every ${formatAge(sight.everyMs)} · Ctrl-C ends`, tone: 'dim' },
  ];
  const notices = noticesOf(sight).flatMap((text) => wrapWords(text, columns));
  const all: readonly Line[] = [
    head,
    ...notices.map((text): Line => [{ text, tone: 'warn' }]),
    ...statusLines(onlyStates(sight.observed.result, options.states), viewOf(showing, columns)),
  ];
  if (all.length <= rows) return all;
  const more = all.length - (rows - 1);
  return [...all.slice(0, rows - 1), [{ text: `${more} more lines do not fit on this screen`, tone: 'dim' }]];
};

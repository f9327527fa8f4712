/**
 * What happens to an Operation: nothing to do | --dry-run | consent → engine (lock, journal, do, verify) → report.
 * `runs resume` and `runs undo` come in by their own doors and share everything behind the consent.
 */
import type { Ctx } from '../context/context.js';
import type { Engine, EngineEvent, EngineOptions, RunResult } from '../engine/api.js';
import type { RunView } from '../engine/view.js';
import type { ExitCode } from '../errors/codes.js';
import { PlatformError } from '../errors/platform-error.js';
import type { EndedRun } from '../notices/notice.js';
import type { Json } from '../plan/json.js';
import type { Target } from '../plan/plan.js';
import { type ConsentFlags, obtainConsent, type Prompts } from './consent.js';
import type { Operation, OperationKind, StreamedLine } from './operation.js';
import { noteGroup, noteLines, type Printer, printLog, printWarnings } from './print-report.js';
import type { Frame } from './render/frame.js';
import { planLines } from './render/plan-preview.js';
import { noView, type ProgressView } from './render/progress-view.js';
import type { Line, NextStep, Report, Warning } from './report.js';
import { runProgress } from './run-progress.js';
import { ignoreClosedPipes } from './signals.js';

export interface OperateSettings {
  readonly ctx: Ctx;
  readonly printer: Printer;
  readonly interrupt: AbortSignal;
  readonly prompts: Prompts;
  readonly canAsk: boolean;
  readonly dryRun: boolean;
  readonly consent: ConsentFlags;
  readonly lockWaitMs: number;
  readonly acceptsLocalJournal: boolean;
  /** NDJSON: events go to stdout and no view is drawn. */
  readonly onEvent?: (event: Json) => void;
  /** Where lines go that what runs in AWS has written: nowhere under --json, whose one document is stdout. */
  readonly streams?: 'stdout' | 'nowhere';
  readonly loadEngine: () => Promise<Engine>;
  /** Tells people how the run ended; the warnings are about what could not be sent. */
  readonly notify?: (ended: EndedRun) => Promise<readonly Warning[]>;
}

export const operate = async <R>(operation: Operation<R>, settings: OperateSettings): Promise<Report<R>> => {
  if (operation.nothingToDo) return withWarnings(operation.nothingToDo, operation);
  if (settings.dryRun) return dryRunReport(operation);
  const { plan, kind } = operation;
  await assertJournalProtects(settings, { target: plan.target, isProtected: operation.isProtected });
  const how = await consentTo(operation, settings);
  const report = await throughEngine(
    { kind, target: plan.target, usuallyMs: operation.usuallyMs, detachWhen: operation.detachWhen },
    settings,
    (engine, options) => engine.run(plan, { ...options, approvedBy: { by: settings.ctx.writer.user, how } }),
  );
  // Where a person could be asked they were shown before the question.
  return settings.canAsk ? report : withWarnings(report, operation);
};

export interface ExistingRun<R> {
  readonly kind: OperationKind<R>;
  readonly runId: string;
  readonly target: Target;
  readonly isProtected: boolean;
  readonly force?: readonly string[];
}

/** Resuming needs no consent outside a protected environment: it was given when the run began. */
export const operateResume = async <R>(run: ExistingRun<R>, settings: OperateSettings): Promise<Report<R>> => {
  await assertSamePlace(run, settings);
  if (settings.dryRun) return (await import('./preview-existing.js')).previewExisting(run, settings, 'resume');
  await assertJournalProtects(settings, run);
  await consentForRun(run, settings, { danger: 'none', what: `resume run ${run.runId}` });
  const force = run.force === undefined ? {} : { force: run.force };
  return throughEngine(run, settings, (engine, options) => engine.resume(run.runId, { ...options, ...force }));
};

export const operateUndo = async <R>(run: ExistingRun<R>, settings: OperateSettings): Promise<Report<R>> => {
  await assertSamePlace(run, settings);
  if (settings.dryRun) return (await import('./preview-existing.js')).previewExisting(run, settings, 'undo');
  await assertJournalProtects(settings, run);
  await consentForRun(run, settings, { danger: 'confirm', what: `undo run ${run.runId}` });
  const force = run.force === undefined ? {} : { force: run.force };
  const by = settings.ctx.writer.user;
  return throughEngine(run, settings, (engine, options) => engine.undo(run.runId, { ...options, by, ...force }));
};

const withWarnings = <R>(report: Report<R>, operation: Operation<R>): Report<R> => ({
  ...report,
  warnings: [...operation.warnings, ...(report.warnings ?? [])],
});

const dryRunReport = <R>(operation: Operation<R>): Report<R> => ({
  result: operation.dryRunResult,
  lines: [
    ...operation.intro,
    ...planLines(operation.plan),
    [{ text: 'Nothing was changed (--dry-run).', tone: 'strong' }],
  ],
  warnings: operation.warnings,
  next: operation.next ?? [],
});

const consentTo = async <R>(operation: Operation<R>, settings: OperateSettings): Promise<string> => {
  const { plan, kind, isProtected } = operation;
  const { canAsk, prompts, consent: flags, printer } = settings;
  printWarnings(printer, canAsk ? operation.warnings : []);
  const isShown = printer.terminal.isGithub || (canAsk && (isProtected || plan.danger !== 'none'));
  const lines: readonly Line[] = isShown ? planLines(plan) : [];
  noteGroup(printer, { title: `plan of ${kind.command}`, lines: [...operation.intro, ...lines] });
  const request = { danger: plan.danger, isProtected, environment: plan.target.environment, what: kind.command, flags };
  return obtainConsent(request, { canAsk, prompts });
};

const consentForRun = async <R>(
  run: ExistingRun<R>,
  settings: OperateSettings,
  asked: { readonly danger: 'none' | 'confirm'; readonly what: string },
): Promise<string> => {
  const { canAsk, prompts, consent: flags } = settings;
  const { isProtected, target } = run;
  return obtainConsent({ ...asked, isProtected, environment: target.environment, flags }, { canAsk, prompts });
};

/** A run is bound to account, region and sandbox: elsewhere its steps would mean something else. */
const assertSamePlace = async <R>(run: ExistingRun<R>, { ctx }: OperateSettings): Promise<void> => {
  const [planned] = await ctx.journals(run.target).read(run.runId);
  if (planned?.type !== 'run.planned') throw new PlatformError('E_JOURNAL', `run ${run.runId} has no plan`);
  const { target } = planned.plan;
  const same = (['account', 'region', 'project', 'environment', 'sandbox'] as const).every(
    (key) => target[key] === run.target[key],
  );
  if (same) return;
  throw new PlatformError('E_JOURNAL', `run ${run.runId} belongs to another place`, { hints: [], details: { target } });
};

/** Files protect one machine and one user: not enough for a protected environment, unless somebody says so. */
const assertJournalProtects = async (
  settings: OperateSettings,
  at: { readonly target: Target; readonly isProtected: boolean },
): Promise<void> => {
  if (at.target.sandbox !== undefined || settings.ctx.journals(at.target).kind !== 'file') return;
  if (at.isProtected && !settings.acceptsLocalJournal) {
    const message = `${at.target.environment} is protected, and its journal and lock are files that protect this machine only`;
    throw new PlatformError('E_POLICY', message, { hints: ['--journal local'] });
  }
  const { isFirstTime } = await import('../context/said-once.js');
  if (isFirstTime(settings.ctx.paths, 'local-journal')) noteLines(settings.printer, [localJournalNote]);
};

const localJournalNote: Line = [
  {
    text: 'Journal and lock are files in your state folder: they protect this machine and this user only.',
    tone: 'dim',
  },
];

interface Driven<R> {
  readonly kind: OperationKind<R>;
  readonly target: Target;
  readonly usuallyMs?: number | undefined;
  readonly detachWhen?: Operation<R>['detachWhen'];
}

type Drive = (engine: Engine, options: EngineOptions) => Promise<RunResult>;

const throughEngine = async <R>(driven: Driven<R>, given: OperateSettings, drive: Drive): Promise<Report<R>> => {
  const detached = new AbortController();
  const settings = { ...given, interrupt: AbortSignal.any([given.interrupt, detached.signal]) };
  const { ctx, interrupt } = settings;
  const bound = await driven.kind.bind(ctx, driven.target);
  const progress = runProgress({ kind: driven.kind, clocks: ctx.clocks, usuallyMs: driven.usuallyMs, interrupt });
  const view = await chooseView(driven, settings, progress.current);
  let shown: Frame | undefined;
  let isNews = false;
  const onEvent = (event: EngineEvent): void => {
    isNews ||= event.kind === 'journal';
    logEvent(ctx, event);
    for (const line of linesOf(driven.kind, event)) streamLine(settings, line);
    settings.onEvent?.(asJson(event));
    if (event.kind === 'journal' && driven.detachWhen?.(event.view)) detached.abort('detached');
    shown = progress.onEvent(event) ?? shown;
    if (shown) view.show(shown);
  };
  // AWS may owe an answer for seconds: that Ctrl-C was heard is said at once.
  const onInterrupt = (): void => {
    if (shown) view.show(progress.current(shown));
  };
  interrupt.addEventListener('abort', onInterrupt, { once: true });
  ignoreClosedPipes();
  const engine = await settings.loadEngine();
  const options = await engineOptions({ ...driven, ...bound }, settings, onEvent);
  const result = await drive(engine, options).finally(() => {
    interrupt.removeEventListener('abort', onInterrupt);
    return view.stop();
  });
  const report = asReport(await driven.kind.report(ctx, result.view), result);
  // A finished run that is reported again has been told before.
  return isNews ? notified(report, { command: driven.kind.command, view: result.view, settings }) : report;
};

const notified = async <R>(
  report: Report<R>,
  ended: { readonly command: string; readonly view: RunView; readonly settings: OperateSettings },
): Promise<Report<R>> => {
  const { command, view, settings } = ended;
  const { user, ci } = settings.ctx.writer;
  const warnings = (await settings.notify?.({ view, command, result: report.result, by: ci ?? user })) ?? [];
  return warnings.length === 0 ? report : { ...report, warnings: [...(report.warnings ?? []), ...warnings] };
};

const engineOptions = async (
  bound: { readonly target: Target; readonly actions: EngineOptions['actions']; readonly ports: unknown },
  settings: OperateSettings,
  onEvent: (event: EngineEvent) => void,
): Promise<EngineOptions> => {
  const { ctx } = settings;
  const { journalsAt } = await import('../context/stores.js');
  const journals = ctx.journals(bound.target);
  return {
    actions: bound.actions,
    ports: bound.ports,
    journals,
    locks: ctx.locks(bound.target),
    journalsAt: journalsAt(journals),
    clocks: ctx.clocks,
    nonce: ctx.ids.nonce,
    writer: ctx.writer,
    interrupt: settings.interrupt,
    onEvent,
    lockWaitMs: settings.lockWaitMs,
  };
};

const chooseView = async <R>(
  driven: Driven<R>,
  { printer, onEvent }: OperateSettings,
  current: Parameters<typeof import('./render/live-view.js').liveView>[0]['current'],
): Promise<ProgressView> => {
  const { terminal, err: paint } = printer;
  if (onEvent) return noView;
  // Lines on the same terminal would be drawn over.
  const isShared = driven.kind.streamed !== undefined && terminal.isStdoutTty;
  if (terminal.isStderrTty && !terminal.isCi && !isShared) {
    return (await import('./render/live-view.js')).liveView({ terminal, paint, current });
  }
  const { project, environment } = driven.target;
  return (await import('./render/plain-view.js')).plainView(
    terminal,
    `${driven.kind.command} ${project}/${environment}`,
  );
};

const logEvent = (ctx: Ctx, event: EngineEvent): void => {
  if (event.kind === 'journal')
    ctx.log.debug('journal', { type: event.event.type, seq: event.event.seq, run: event.event.runId });
};

const linesOf = <R>(kind: OperationKind<R>, event: EngineEvent): readonly StreamedLine[] =>
  event.kind === 'progress' ? (kind.streamed?.(event.view, event.progress) ?? []) : [];

const streamLine = ({ printer, onEvent, streams }: OperateSettings, line: StreamedLine): void => {
  if (onEvent) onEvent(logEventOf(line));
  else if (streams === 'stdout') printLog(printer, line.text);
};

const logEventOf = ({ atMs, service, stream, text }: StreamedLine): Json => ({
  event: 'log',
  timestamp: new Date(atMs).toISOString(),
  service,
  stream,
  message: text,
  fields: fieldsOf(text),
});

/** Structured logs are one JSON object a line. */
const fieldsOf = (text: string): Json => {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
};

/** They are events of their own. */
const withoutLines = (progress: Json): Json => {
  if (typeof progress !== 'object' || progress === null || !('lines' in progress)) return progress;
  const { lines: _lines, ...rest } = progress as { readonly [key: string]: Json };
  return rest;
};

const asJson = (event: EngineEvent): Json => {
  switch (event.kind) {
    case 'journal':
      return { event: 'journal', entry: event.event as unknown as Json };
    case 'progress':
      return { event: 'progress', runId: event.view.runId, step: event.step, progress: withoutLines(event.progress) };
    case 'lock-wait':
      return {
        event: 'lock-wait',
        waitedMs: event.waitedMs,
        holders: event.conflicts.map(({ holder }) => holder.runId),
      };
  }
};

const detachedNext = (runId: string): readonly NextStep[] => [
  { command: `platform runs resume ${runId.slice(-6)}`, why: 'go on from here' },
  { command: `platform runs undo ${runId.slice(-6)}`, why: 'take back what was done' },
];

/** The engine's exit code counts; a report that sets its own knows why. */
const asReport = <R>(report: Report<R>, result: RunResult): Report<R> => {
  const exitCode = report.exitCode ?? (result.exit as ExitCode);
  const isDetached = exitCode === 130 || exitCode === 143;
  return {
    ...report,
    runId: report.runId ?? result.view.runId,
    exitCode,
    ...(isDetached && report.next === undefined ? { next: detachedNext(result.view.runId) } : {}),
  };
};

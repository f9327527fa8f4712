/**
 * GitHub Actions: workflow commands (groups, annotations), the step summary and the step's outputs. Text that we did not
 * write reaches none of them as it is: commands are escaped as GitHub asks, Markdown by character references.
 */
import { appendFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { discoverConfig } from '../config/discover.js';
import type { Diagnostic } from '../config/project.js';
import { exitOfOutcome } from '../engine/outcomes.js';
import { painter } from './color.js';
import type { EnvelopeError } from './envelope.js';
import { foreignText } from './foreign-text.js';
import { exitOf, type Line, type NextStep, type Report, type Warning } from './report.js';

type Env = Readonly<Record<string, string | undefined>>;

/** What a workflow command may say: its ends and its line breaks are written as percent codes. */
const data = (text: string): string =>
  text
    .split('\n')
    .map((line) => foreignText(line).replaceAll('%', '%25'))
    .join('%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

export const groupStart = (title: string): string => `::group::${data(title)}`;
export const groupEnd = '::endgroup::';

export interface Surroundings {
  readonly cwd: string;
  readonly env: Env;
  readonly argv: readonly string[];
}

/** GitHub shows ten of a kind per step. */
const maxAnnotations = 10;

/** One annotation for each place in a file; one for the whole where there is no place. */
export const errorAnnotations = (error: EnvelopeError, around: Surroundings): readonly string[] => {
  const title = `title=${property(`platform ${error.code}`)}`;
  const places = diagnosticsOf(error).filter(({ at, severity }) => at !== undefined && severity === 'error');
  if (places.length === 0) return [`::error ${title}::${data(error.message)}`];
  const folder = projectFolder(around);
  return places.slice(0, maxAnnotations).map(({ at, message, hint }) => {
    const file = property(inRepository(resolve(folder, at?.file ?? ''), around));
    const text = data(hint === undefined ? message : `${message}\n${hint}`);
    return `::error file=${file},line=${at?.line ?? 1},col=${at?.column ?? 1},${title}::${text}`;
  });
};

export const warningAnnotation = ({ code, message }: Warning): string =>
  `::warning title=${property(`platform ${code}`)}::${data(message)}`;

/** All errors of a configuration, with their positions, travel in `details.diagnostics`. */
const diagnosticsOf = (error: EnvelopeError): readonly Diagnostic[] => {
  const found = (error.details as { readonly diagnostics?: unknown } | undefined)?.diagnostics;
  return Array.isArray(found) ? (found as readonly Diagnostic[]) : [];
};

/** Positions name files from the folder of platform.yaml. */
const projectFolder = ({ cwd, env, argv }: Surroundings): string => {
  const at = argv.findIndex((word) => word === '--config' || word.startsWith('--config='));
  const word = argv[at] ?? '';
  const file = at < 0 ? undefined : word.includes('=') ? word.slice(word.indexOf('=') + 1) : argv[at + 1];
  try {
    return dirname(discoverConfig({ cwd, env, ...(file === undefined ? {} : { file }) }));
  } catch {
    return cwd;
  }
};

/** GitHub finds files from the root of the checkout. */
const inRepository = (path: string, { cwd, env }: Surroundings): string => {
  const fromRoot = relative(env['GITHUB_WORKSPACE'] || cwd, path);
  return fromRoot.startsWith('..') || isAbsolute(fromRoot) ? path : fromRoot;
};

interface AnyService {
  readonly service: string;
  readonly outcome: keyof typeof exitOfOutcome | 'planned';
  readonly release?: unknown;
  readonly previous?: unknown;
  readonly image?: unknown;
  readonly seconds?: unknown;
}

/** `result.services[]` with outcomes is a contract; whatever else a result may hold is not looked at. */
const servicesOf = (result: unknown): readonly AnyService[] => {
  const services = (result as { readonly services?: unknown } | null | undefined)?.services;
  if (!Array.isArray(services)) return [];
  return (services as readonly Partial<AnyService>[]).filter(
    (one): one is AnyService => typeof one?.service === 'string' && typeof one.outcome === 'string',
  );
};

/** Markdown of text that we did not write: everything that could be markup becomes a character reference. */
const cell = (value: unknown): string =>
  value === null || value === undefined
    ? ''
    : foreignText(String(value)).replace(/[\\`*_{}[\]()#+!|<>&~@:]/g, (character) => `&#${character.charCodeAt(0)};`);

const table = (services: readonly AnyService[]): readonly string[] => [
  '| service | outcome | release | before | image | AWS seconds |',
  '|---|---|---:|---:|---|---:|',
  ...services.map(
    ({ service, outcome, release, previous, image, seconds }) =>
      `| ${[service, outcome, release, previous, image, seconds].map(cell).join(' | ')} |`,
  ),
  '',
];

/** A fence longer than any run of back-ticks inside cannot be closed from inside. */
const fenced = (text: string): readonly string[] => {
  if (text.trim() === '') return [];
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [fence, text, fence, ''];
};

const nextList = (next: readonly NextStep[]): readonly string[] =>
  next.length === 0 ? [] : [...next.map(({ command, why }) => `- ${cell(command)}: ${cell(why)}`), ''];

const heading = (command: string, exit: number): string =>
  `### platform ${cell(command)}: ${exit === 0 ? 'done' : `exit ${exit}`}`;

const plainText = (lines: readonly Line[]): string => lines.map(painter('plain')).join('\n');

export const stepSummary = (command: string, report: Report<unknown>): string => {
  const services = servicesOf(report.result);
  const error = report.error ? `\n${report.error.message}` : '';
  return [
    heading(command, exitOf(report)),
    '',
    ...(services.length > 0 ? table(services) : []),
    ...fenced(`${plainText(report.lines)}${plainText(error.split('\n'))}`),
    ...(report.warnings ?? []).map(({ message }) => `- Warning: ${cell(message)}`),
    ...nextList(report.next ?? []),
    '',
  ].join('\n');
};

export const errorSummary = (command: string, error: EnvelopeError & { readonly exitCode: number }): string =>
  [heading(command, error.exitCode), '', ...fenced(plainText(error.message.split('\n'))), ''].join('\n');

/** Best effort: a file that cannot be written changes nothing about the command. */
const append = (env: Env, name: 'GITHUB_STEP_SUMMARY' | 'GITHUB_OUTPUT', text: string): void => {
  const file = name === 'GITHUB_OUTPUT' ? env['GITHUB_OUTPUT'] : env['GITHUB_STEP_SUMMARY'];
  if (env['GITHUB_ACTIONS'] !== 'true' || !file || text === '') return;
  try {
    appendFileSync(file, text);
  } catch {
    // Nothing to do: the text is in the log as well.
  }
};

export const writeStepSummary = (
  env: Env,
  at: { readonly command: string; readonly report: Report<unknown> },
): void => {
  if (at.report.lines.length > 0) append(env, 'GITHUB_STEP_SUMMARY', stepSummary(at.command, at.report));
};

export const writeErrorSummary = (
  env: Env,
  at: { readonly command: string; readonly error: EnvelopeError & { readonly exitCode: number } },
): void => append(env, 'GITHUB_STEP_SUMMARY', errorSummary(at.command, at.error));

const outcomeOfExit: Readonly<Record<number, string>> = {
  0: 'succeeded',
  6: 'failed',
  7: 'rolled-back',
  8: 'rollback-failed',
  9: 'superseded',
  10: 'timed-out',
  12: 'paused',
};

/** The outcome that the exit code stands for; `unchanged` when that is all there was. */
export const overallOutcome = (report: Report<unknown>): string => {
  const exit = exitOf(report);
  const outcomes = servicesOf(report.result).flatMap(({ outcome }) => (outcome === 'planned' ? [] : [outcome]));
  if (exit === 0 && outcomes.length > 0 && outcomes.every((outcome) => outcome === 'unchanged')) return 'unchanged';
  const own = outcomes.find((outcome) => exit !== 0 && exitOfOutcome[outcome] === exit);
  return own ?? outcomeOfExit[exit] ?? 'paused';
};

/** For commands that make a run: `steps.ID.outputs.run_id` and `.outcome`. Ours alone: ids and words of a table. */
export const stepOutputs = (report: Report<unknown>): string =>
  [
    ...(report.runId !== undefined && /^[0-9a-z]+$/.test(report.runId) ? [`run_id=${report.runId}\n`] : []),
    ...(report.runId !== undefined || servicesOf(report.result).length > 0
      ? [`outcome=${overallOutcome(report)}\n`]
      : []),
  ].join('');

export const writeStepOutputs = (env: Env, report: Report<unknown>): void =>
  append(env, 'GITHUB_OUTPUT', stepOutputs(report));

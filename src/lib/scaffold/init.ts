/** `platform init` as a whole: plan, refuse to lose an edit, write, report. */
import { basename, relative } from 'node:path';
import type { Line, NextStep, Report, Warning } from '../cli/report.js';
import { diffLines, type ScaffoldFile } from './plan-files.js';
import { planScaffold, type ScaffoldOptions, type ScaffoldPlan } from './plan-scaffold.js';
import type { InitResult } from './result-schemas.js';
import { assertNothingLost, writeScaffold } from './write-scaffold.js';

export interface InitOptions extends ScaffoldOptions {
  /** For showing the folder and for `cd`. */
  readonly cwd: string;
  readonly mode: 'write' | 'preview';
  readonly edited: 'keep' | 'overwrite';
}

const words = { new: 'created', same: 'unchanged', different: 'overwritten' } as const;
const planned = { new: 'would create', same: 'unchanged', different: 'would overwrite' } as const;

const fileLine = (file: ScaffoldFile, mode: InitOptions['mode']): Line => {
  const word = mode === 'write' ? words[file.state] : planned[file.state];
  return [{ text: `  ${word.padEnd(16)}`, tone: file.state === 'same' ? 'dim' : 'good' }, { text: file.path }];
};

/** Shown before anything is overwritten, also when that is what was asked for. */
const warningsOf = (plan: ScaffoldPlan): readonly Warning[] => {
  const diff = diffLines(plan, 'template');
  return diff.length === 0
    ? []
    : [{ code: 'W_OVERWRITTEN', message: ['edited files are replaced', ...diff].join('\n') }];
};

const nextSteps = (plan: ScaffoldPlan, options: InitOptions): readonly NextStep[] => {
  if (options.mode === 'preview') return [];
  const away = relative(options.cwd, plan.folder);
  const start = { command: 'platform sandbox start', why: 'an AWS on this machine to try it with' };
  return away === '' ? [start] : [{ command: `cd ${shellWord(away)}`, why: 'the new project' }, start];
};

const shellWord = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export const initProject = (options: InitOptions): Report<InitResult> => {
  const plan = planScaffold(options);
  const isForced = options.edited === 'overwrite';
  if (options.mode === 'write') {
    if (!isForced) assertNothingLost(plan, { source: 'template', command: 'platform init --force' });
    writeScaffold(plan);
  }
  const verb = options.mode === 'write' ? '' : ' (nothing was written)';
  return {
    result: {
      folder: plan.folder,
      project: plan.project,
      region: plan.region,
      runtime: options.runtime,
      written: options.mode === 'write',
      files: plan.files.map(({ path, state }) => ({ path, state: words[state] })),
    },
    lines: [
      [{ text: plan.project, tone: 'strong' }, { text: ` in ${basename(plan.folder)}, ${plan.region}${verb}` }],
      ...plan.files.map((file) => fileLine(file, options.mode)),
    ],
    warnings: warningsOf(plan),
    next: nextSteps(plan, options),
  };
};

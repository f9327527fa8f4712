/** An adoption for people and for machines: a line for each service, then the questions. Pure. */
import { relative } from 'node:path';
import type { Line, NextStep, Report, Span, Warning } from '../cli/report.js';
import { diffLines, type PlannedFiles } from '../scaffold/plan-files.js';
import { leftOutLines } from './left-out.js';
import type { Adoption } from './map-cluster.js';
import type { AdoptedService, Question } from './model.js';
import type { AdoptResult } from './result-schema.js';

export interface AdoptionReport {
  readonly adoption: Adoption;
  readonly plan: PlannedFiles;
  readonly mode: 'write' | 'preview';
  readonly cwd: string;
}

const words = { new: 'created', same: 'unchanged', different: 'overwritten' } as const;
const verbs = {
  write: words,
  preview: { new: 'would create', same: 'unchanged', different: 'would overwrite' },
} as const;

type Service = AdoptResult['services'][number];

export const reportAdoption = (of: AdoptionReport): Report<AdoptResult> => {
  const { adoption, plan, mode, cwd } = of;
  const { facts, names } = adoption;
  const services = servicesOf(adoption);
  const questions = [...adoption.questions, ...adoption.services.flatMap((service) => service.questions)];
  const isEmpty = adoption.services.length === 0;
  const result: AdoptResult = {
    account: facts.account,
    region: facts.region,
    cluster: facts.cluster,
    project: names.project.value,
    environment: names.environment.value,
    protected: names.isProtected.value,
    folder: plan.folder,
    written: mode === 'write' && !isEmpty,
    files: plan.files.map(({ path, state, text }) => ({
      path,
      state: words[state],
      ...(mode === 'preview' ? { text } : {}),
    })),
    services: [...services],
    questions: questions.map((question) => ({ ...question })),
  };
  return {
    result,
    lines: [headLine(result), ...serviceLines(adoption), ...questionLines(questions), ...fileLines(of)],
    warnings: overwritten(plan),
    next: isEmpty || mode === 'preview' ? [] : nextSteps(plan.folder, cwd),
    ...(isEmpty ? nothing(facts.cluster) : {}),
  };
};

const nothing = (cluster: string): Pick<Report<AdoptResult>, 'exitCode' | 'error'> => ({
  exitCode: 5,
  error: {
    code: 'E_NOT_FOUND',
    message: `cluster ${cluster} has no service that can be adopted; nothing was written`,
    hints: ['each service has its reason above'],
  },
});

const servicesOf = (adoption: Adoption): readonly Service[] => [
  ...adoption.services.map(
    (service): Service => ({
      serviceName: service.serviceName,
      service: service.name,
      verdict: service.questions.length === 0 ? 'adopted' : 'adopted-with-questions',
      notes: [...service.notes],
    }),
  ),
  ...adoption.leftOut.map(({ serviceName, why }): Service => ({ serviceName, verdict: 'left-out', why, notes: [] })),
];

const headLine = (result: AdoptResult): Line => [
  { text: `${result.project}/${result.environment}`, tone: 'strong' },
  {
    text: ` from cluster ${result.cluster}, account ${result.account}, ${result.region}${result.protected ? ', protected' : ''}`,
  },
];

const verdictOf = ({ questions }: AdoptedService): Span =>
  questions.length === 0 ? { text: 'adopted', tone: 'good' } : { text: 'adopted, with questions', tone: 'warn' };

const serviceLines = ({ services, leftOut }: Adoption): readonly Line[] => {
  const left = leftOutLines(leftOut);
  const labels = [...services.map(({ name }) => name), ...left.map(({ who }) => who)];
  const width = Math.min(40, Math.max(...labels.map(({ length }) => length)));
  return [
    ...services.flatMap((service): readonly Line[] => [
      [{ text: `  ${service.name.padEnd(width)}  ` }, verdictOf(service)],
      ...service.notes.map((note): Line => [{ text: `  ${' '.repeat(width)}  ${note}`, tone: 'dim' }]),
    ]),
    ...left.map(
      ({ who, why }): Line => [
        { text: `  ${who.padEnd(width)}  ` },
        { text: 'left out', tone: 'dim' },
        { text: `: ${why}` },
      ],
    ),
  ];
};

const questionLines = (questions: readonly Question[]): readonly Line[] =>
  questions.length === 0
    ? []
    : [
        [{ text: questions.length === 1 ? '1 question' : `${questions.length} questions`, tone: 'strong' }],
        ...questions.flatMap(({ service, question, fix }): readonly Line[] => [
          [{ text: '  ? ', tone: 'warn' }, { text: `${service === undefined ? '' : `${service}: `}${question}` }],
          [{ text: `    ${fix}`, tone: 'dim' }],
        ]),
      ];

const maxShown = 12;

/** With --dry-run the texts themselves, as they would be. */
const fileLines = ({ plan, mode }: AdoptionReport): readonly Line[] => {
  const shown = plan.files.length > maxShown ? plan.files.slice(0, maxShown) : plan.files;
  const lines: readonly Line[] = shown.flatMap((file): readonly Line[] => [
    [
      { text: `  ${verbs[mode][file.state].padEnd(16)}`, tone: file.state === 'same' ? 'dim' : 'good' },
      { text: file.path },
    ],
  ]);
  const rest = plan.files.length - shown.length;
  const texts =
    mode === 'write'
      ? []
      : plan.files
          .filter(({ path }) => path !== 'platform.schema.json')
          .flatMap(({ path, text }): readonly Line[] => [
            '',
            [{ text: path, tone: 'strong' }],
            ...text.trimEnd().split('\n'),
          ]);
  return [...lines, ...(rest > 0 ? [`  and ${rest} more`] : []), ...texts];
};

const overwritten = (plan: PlannedFiles): readonly Warning[] => {
  const diff = diffLines(plan, 'live account');
  return diff.length === 0
    ? []
    : [{ code: 'W_OVERWRITTEN', message: ['edited files are replaced', ...diff].join('\n') }];
};

const shellWord = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const nextSteps = (folder: string, cwd: string): readonly NextStep[] => {
  const away = relative(cwd, folder);
  return [
    ...(away === '' ? [] : [{ command: `cd ${shellWord(away)}`, why: 'the adopted project' }]),
    { command: 'platform status', why: 'how it is doing' },
    {
      command: 'platform deploy --config-only --dry-run',
      why: 'says unchanged for what was adopted without questions',
    },
  ];
};

/**
 * What a benchmark says: a table and its targets, on the screen and with `--write` as its own section of
 * docs/benchmarks.md. A target that is missed makes the benchmark fail.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';

export interface BenchTarget {
  readonly text: string;
  readonly value: number;
  readonly limit: number;
  /** most: value must not exceed the limit. */
  readonly bound: 'most' | 'least';
}

export interface BenchSection {
  readonly title: string;
  /** What was run, how often, against what. */
  readonly setting: readonly string[];
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly targets: readonly BenchTarget[];
  /** What could not be compared here, and why; where a target is missed, the reason. */
  readonly notes?: readonly string[];
}

const page = 'docs/benchmarks.md';

const machine = (): string => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const [cpu] = cpus();
  const kernel = release().split('.').slice(0, 2).join('.');
  return `platform ${version}, Node ${process.version}, ${cpus().length} × ${cpu?.model ?? 'unknown CPU'}, ${process.platform} ${kernel}`;
};

const isKept = ({ value, limit, bound }: BenchTarget): boolean => (bound === 'most' ? value <= limit : value >= limit);

const targetLine = (target: BenchTarget): string => {
  const { text, value, limit, bound } = target;
  const shown = Number.isInteger(value) ? String(value) : value.toFixed(2);
  return `- ${text}: ${shown}, at ${bound} ${limit}: ${isKept(target) ? 'kept' : 'MISSED'}`;
};

export const sectionText = (section: BenchSection): string =>
  [
    `## ${section.title}`,
    '',
    [machine(), ...section.setting].join('  \n'),
    '',
    `| ${section.header.join(' | ')} |`,
    `|${section.header.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`,
    ...section.rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    ...section.targets.map(targetLine),
    ...(section.notes ?? []).map((note) => `- ${note}`),
    '',
  ].join('\n');

/** The page with this section replaced, or added at its end. */
export const withSection = (text: string, section: BenchSection): string => {
  const head = '# Benchmarks\n\nWritten by `npm run bench -- --write`; a section per file of test/bench.\n';
  const sections = text
    .split(/^(?=## )/m)
    .slice(1)
    .map((each) => `${each.trimEnd()}\n`);
  const at = sections.findIndex((each) => each.startsWith(`## ${section.title}\n`));
  const own = `${sectionText(section).trimEnd()}\n`;
  const all = at < 0 ? [...sections, own] : sections.map((each, index) => (index === at ? own : each));
  return [head, ...all].join('\n');
};

export const report = (section: BenchSection): void => {
  process.stdout.write(`${sectionText(section)}\n`);
  if (process.argv.includes('--write')) writeFileSync(page, withSection(readFileSync(page, 'utf8'), section));
  if (!section.targets.every(isKept)) process.exitCode = 1;
};

export const median = (values: readonly number[]): number => percentile(values, 50);

/** Nearest rank. */
export const percentile = (values: readonly number[], percent: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil((percent / 100) * values.length) - 1)] ?? 0;

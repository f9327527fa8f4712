/** Where benchmarks put what they found: each writes its own section of docs/benchmarks.md (with --write) and prints it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';

const file = 'docs/benchmarks.md';
const head = '# Benchmarks\n\nWritten by `npm run bench -- --write`; `npm run bench -- NAME` runs one.\n';

/** `platform 0.1.0, Node v20.20.2, 2 × AMD EPYC, linux 6.18` */
export const machineLine = (): string => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const kernel = release().split('.').slice(0, 2).join('.');
  return `platform ${version}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${process.platform} ${kernel}`;
};

const sectionsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const [title = '', ...rest] = section.split('\n');
        return [title.trim(), rest.join('\n').trim()] as const;
      }),
  );

export const report = (title: string, lines: readonly string[]): void => {
  process.stdout.write(`## ${title}\n\n${lines.join('\n')}\n\n`);
  if (!process.argv.includes('--write')) return;
  const sections = new Map(sectionsOf(readFileSync(file, 'utf8')));
  sections.set(title, lines.join('\n').trim());
  const body = [...sections].map(([name, text]) => `\n## ${name}\n\n${text}\n`).join('');
  writeFileSync(file, `${head}${body}`);
};

export interface Budget {
  readonly text: string;
  readonly value: number;
  readonly limit: number;
  readonly kind: 'at most' | 'at least';
}

export const isKept = ({ value, limit, kind }: Budget): boolean =>
  kind === 'at most' ? value <= limit : value >= limit;

export const budgetLine = (budget: Budget): string =>
  `- ${budget.text}: ${budget.value.toFixed(2)}, ${budget.kind} ${budget.limit}: ${isKept(budget) ? 'kept' : 'BROKEN'}`;

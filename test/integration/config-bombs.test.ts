import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shopFiles, shopYaml, type TempProject, tempProject } from '../helpers/temp-project.js';

/** A child process per bomb, because time and memory are what is measured. */
const mebibyte = 1024 * 1024;
let folder: TempProject;
let loader: string;

beforeAll(() => {
  folder = tempProject(shopFiles);
  loader = join(folder.root, 'load.mjs');
  const entry = folder.write(
    'entry.ts',
    `import { validateConfig } from ${JSON.stringify(join(import.meta.dirname, '../../src/lib/config/validate.ts'))};
     
     // Time of the processor, so that a busy machine does not count; the start of node is in it.
     const cpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
     let exit = 0;
     let message = '';
     try { validateConfig({ cwd: process.cwd(), env: {} }); } catch (error) { exit = error.exitCode ?? 1; message = String(error.message); }
     process.stdout.write(JSON.stringify({ exit, message, ms: cpuMs(), rssKib: process.resourceUsage().maxRSS }));`,
  );
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  buildSync({
    entryPoints: [entry],
    outfile: loader,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    nodePaths: [join(import.meta.dirname, '../../node_modules')],
    banner: { js: banner },
    minify: true,
  });
  execFileSync(process.execPath, ['--check', loader]);
});
afterAll(() => folder.remove());

interface Measured {
  readonly exit: number;
  readonly message: string;
  readonly ms: number;
  readonly rssKib: number;
}

const measure = (files: Readonly<Record<string, string>>): Measured => {
  for (const [file, text] of Object.entries({ ...shopFiles, ...files })) folder.write(file, text);
  const child = spawnSync(process.execPath, [loader], { cwd: folder.root, encoding: 'utf8', timeout: 20_000 });
  if (child.stdout === '') throw new Error(`no answer: ${child.signal ?? ''} ${child.stderr}`);
  return JSON.parse(child.stdout) as Measured;
};

const laughs = (): string => {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const inner = level === 0 ? '"lol"' : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array(9).fill(inner).join(', ')}]`;
  });
  return `${levels.join('\n')}\n`;
};

const many = (text: (index: number) => string, size = mebibyte): string => {
  let result = '';
  for (let index = 0; result.length < size; index++) result += text(index);
  return result.slice(0, size);
};

describe('a bomb in platform.yaml ends in exit 3 within a second and 150 MB', () => {
  it.each<readonly [string, string]>([
    ['a billion laughs', laughs()],
    ['aliases without end', `a: &a [1]\nb: [${'*a, '.repeat(200_000)}]\n`],
    ['an alias inside its own anchor', 'a: &a [*a]\n'],
    ['brackets', '['.repeat(mebibyte)],
    ['braces', '{a: '.repeat(mebibyte / 4)],
    ['dashes in one line', '- '.repeat(mebibyte / 2)],
    ['question marks in one line', '? '.repeat(mebibyte / 2)],
    ['indentation', Array.from({ length: 1_400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['empty items', many(() => '- \n')],
    ['keys', many((index) => `k${index}: 1\n`)],
    ['the same key', many(() => 'k: 1\n')],
    ['as many keys as are allowed', many((index) => `k${index}: 1\n`, 80_000)],
    ['environments', `version: 1\nproject: a\nenvironments:\n${many((index) => `  e${index}: {}\n`, 60_000)}`],
    [
      'services that are all wrong',
      shopYaml.replace(/services:[\s\S]*/, `services:\n${many((index) => `  s${index}: {x: 1}\n`, 50_000)}`),
    ],
    [
      'services that all depend on each other',
      shopYaml.replace(
        /services:[\s\S]*/,
        `services:\n${many((index) => `  s${index}: {taskDefinition: a, image: {repository: a}, dependsOn: [s${index + 1}]}\n`, 60_000)}`,
      ),
    ],
    ['references', shopYaml.replace('LOG_LEVEL: debug', `A: "${'${{ env.OWNER }}'.repeat(50_000)}"`)],
    [
      'a long value many times',
      shopYaml
        .replace('LOG_LEVEL: debug', `A: ${'x'.repeat(500_000)}`)
        .replace('task-definitions/api.json', `"${'${{ vars.A }}'.repeat(1_000)}"`),
    ],
    ['open references', shopYaml.replace('LOG_LEVEL: debug', `A: "${'${{ '.repeat(200_000)}"`)],
    ['one long word', `a: ${'x'.repeat(mebibyte - 10)}`],
    ['a long key', `${'x'.repeat(mebibyte - 10)}: 1`],
    ['comments', many(() => '# x\n')],
    ['anchors', many((index) => `- &a${index} x\n`)],
    ['tags', many(() => '- !t x\n')],
    ['directives', `${many(() => '%TAG ! tag:x,2000:\n')}---\na: 1\n`],
    ['documents', many(() => '---\n')],
    ['more than 1 MiB', `a: ${'x'.repeat(2 * mebibyte)}`],
  ])('%s', (_name, text) => {
    const { exit, message, ms, rssKib } = measure({ 'platform.yaml': text });
    expect(exit).toBe(3);
    expect(message).toMatch(/platform\.yaml:\d+:\d+ /);
    expect(message.length).toBeLessThan(40_000);
    expect(ms).toBeLessThan(1_000);
    expect(rssKib / 1024).toBeLessThan(150);
  });

  it('a template is read with the same limits', () => {
    const { exit, message, ms } = measure({ 'task-definitions/workers.yaml': laughs() });
    expect([exit, ms < 1_000]).toEqual([3, true]);
    expect(message).toContain('task-definitions/workers.yaml:');
  });

  it('and the file without a bomb passes', () => {
    expect(measure({})).toMatchObject({ exit: 0 });
  });
});

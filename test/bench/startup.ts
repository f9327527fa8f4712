/**
 * Start-up against bare Node on the same machine: interleaved rounds, medians. Budgets: `--version` ≤ 1.5 × bare node and
 * ≥ 3 × faster than `aws --version` (where it is installed), `--help` and a TAB ≤ bare node + 100 ms.
 * NODE_EXTRA_CA_CERTS is unset: on Node 20 it slows every start by some 40 ms, bare node included.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';

const rounds = Number(process.env['ROUNDS'] ?? 21);
const binary = join(process.cwd(), 'bin', 'run.js');
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

interface Case {
  readonly name: string;
  readonly argv: readonly string[];
}

const canRun = (file: string, args: readonly string[]): boolean => spawnSync(file, args, { env }).status === 0;

/** The executable itself: a version manager's shim would be measured with it. */
const awsCli = (): readonly string[] | undefined => {
  const found = spawnSync('sh', ['-c', 'pyenv which aws 2>/dev/null || command -v aws'], { env, encoding: 'utf8' });
  const file = found.stdout.trim().split('\n')[0] ?? '';
  return file !== '' && canRun(file, ['--version']) ? [file, '--version'] : undefined;
};

const aws = awsCli();
const cases: readonly Case[] = [
  { name: 'node -e 0', argv: [process.execPath, '-e', '0'] },
  { name: 'platform --version', argv: [process.execPath, binary, '--version'] },
  { name: 'platform --help', argv: [process.execPath, binary, '--help'] },
  { name: 'platform deploy --help', argv: [process.execPath, binary, 'deploy', '--help'] },
  { name: 'TAB on a command', argv: [process.execPath, binary, '--complete', 'fish', 'dep'] },
  {
    name: 'TAB on a service',
    argv: [process.execPath, binary, '--complete', 'fish', 'deploy', '--config', 'templates/ecs/platform.yaml', ''],
  },
  { name: 'platform help exit-codes', argv: [process.execPath, binary, 'help', 'exit-codes'] },
  ...(aws === undefined ? [] : [{ name: 'aws --version', argv: aws }]),
];

const timed = ([file = '', ...args]: readonly string[]): number => {
  const started = performance.now();
  const { status } = spawnSync(file, args, { env, stdio: 'ignore' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}`);
  return performance.now() - started;
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const times = new Map(cases.map(({ name }) => [name, [] as number[]]));
for (let round = -2; round < rounds; round++) {
  for (const { name, argv } of cases) {
    const ms = timed(argv);
    if (round >= 0) times.get(name)?.push(ms);
  }
}
const medianOf = (name: string): number => median(times.get(name) ?? []);
const bare = medianOf('node -e 0');

const budgets: readonly { readonly text: string; readonly value: number; readonly limit: number }[] = [
  { text: '--version over bare node (×)', value: medianOf('platform --version') / bare, limit: 1.5 },
  { text: '--help over bare node (ms)', value: medianOf('platform --help') - bare, limit: 100 },
  { text: 'TAB on a command over bare node (ms)', value: medianOf('TAB on a command') - bare, limit: 100 },
  { text: 'TAB on a service over bare node (ms)', value: medianOf('TAB on a service') - bare, limit: 100 },
  ...(aws === undefined
    ? []
    : [
        {
          text: '--version over a third of aws --version (×)',
          value: (3 * medianOf('platform --version')) / medianOf('aws --version'),
          limit: 1,
        },
      ]),
];

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const lines = [
  `platform ${version}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${process.platform} ${release().split('.').slice(0, 2).join('.')}`,
  `${rounds} interleaved rounds, medians, NODE_EXTRA_CA_CERTS unset`,
  '',
  '| command | ms | over bare node | × bare node |',
  '|---|---:|---:|---:|',
  ...cases.map(({ name }) => {
    const ms = medianOf(name);
    return `| \`${name}\` | ${ms.toFixed(0)} | ${(ms - bare).toFixed(0)} | ${(ms / bare).toFixed(1)} |`;
  }),
  '',
  ...budgets.map(
    ({ text, value, limit }) =>
      `- ${text}: ${value.toFixed(2)}, at most ${limit}: ${value <= limit ? 'kept' : 'BROKEN'}`,
  ),
  ...(aws === undefined ? ['- aws --version: the AWS CLI is not installed here, so not compared'] : []),
];
process.stdout.write(`${lines.join('\n')}\n`);
if (process.argv.includes('--write')) {
  writeFileSync(
    'docs/benchmarks.md',
    `# Benchmarks\n\nWritten by \`npm run bench -- --write\`.\n\n## Start-up\n\n${lines.join('\n')}\n`,
  );
}
if (budgets.some(({ value, limit }) => value > limit)) process.exitCode = 1;

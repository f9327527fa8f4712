/**
 * Start-up against bare Node and other tools on the same machine: interleaved rounds, medians. A no-op is `runs list` in a
 * project without runs; one STS call is `lock status` against `aws sts get-caller-identity`, both asking one sandbox.
 * NODE_EXTRA_CA_CERTS is unset: on Node 20 it slows every start by some 40 ms, bare node included.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type BenchTarget, median, report } from '../helpers/bench-report.js';
import { startShop } from '../helpers/e2e-shop.js';

const rounds = Number(process.env['ROUNDS'] ?? 21);
const binary = join(process.cwd(), 'bin', 'run.js');
const { NODE_EXTRA_CA_CERTS: _, ...plain } = process.env;

interface Case {
  readonly name: string;
  readonly argv: readonly string[];
}

const shop = await startShop();
const operator = shop.operator();
const env: NodeJS.ProcessEnv = {
  ...plain,
  ...operator.env,
  AWS_ENDPOINT_URL: shop.endpoint,
  AWS_ACCESS_KEY_ID: 'sandbox',
  AWS_SECRET_ACCESS_KEY: 'sandbox',
  AWS_REGION: 'eu-west-1',
  AWS_DEFAULT_REGION: 'eu-west-1',
};
delete env['NODE_EXTRA_CA_CERTS'];
delete env['PLATFORM_SANDBOX'];

const run = ([file = '', ...args]: readonly string[]): number | null =>
  spawnSync(file, args, { env, cwd: shop.project, stdio: 'ignore' }).status;

/** The executable itself: a version manager's shim would be measured with it. */
const found = (tool: string): string | undefined => {
  const { stdout } = spawnSync('sh', ['-c', `pyenv which ${tool} 2>/dev/null || command -v ${tool}`], {
    env: plain,
    encoding: 'utf8',
  });
  return stdout.trim().split('\n')[0] || undefined;
};

const missing: string[] = [];
const peer = (name: string, words: readonly string[]): readonly Case[] => {
  const [tool = '', ...args] = words;
  const file = found(tool);
  if (file !== undefined && run([file, ...args]) === 0) return [{ name, argv: [file, ...args] }];
  missing.push(name);
  return [];
};

const platform = (words: string): Case => ({
  name: `platform ${words}`,
  argv: [process.execPath, binary, ...words.split(' ')],
});

const cases: readonly Case[] = [
  { name: 'node -e 0', argv: [process.execPath, '-e', '0'] },
  platform('--version'),
  platform('--help'),
  platform('deploy --help'),
  platform('runs list'),
  platform('lock status --sandbox'),
  { name: 'TAB on a command', argv: [process.execPath, binary, '--complete', 'fish', 'dep'] },
  { name: 'TAB on a service', argv: [process.execPath, binary, '--complete', 'fish', 'deploy', ''] },
  ...peer('aws --version', ['aws', '--version']),
  ...peer('aws sts get-caller-identity', ['aws', 'sts', 'get-caller-identity']),
  ...peer('kubectl version --client', ['kubectl', 'version', '--client']),
  ...peer('terraform version', ['terraform', 'version']),
];

const timed = ({ name, argv }: Case): number => {
  const started = performance.now();
  const status = run(argv);
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
  return performance.now() - started;
};

const times = new Map(cases.map(({ name }) => [name, [] as number[]]));
for (let round = -2; round < rounds; round++) {
  for (const each of cases) {
    const ms = timed(each);
    if (round >= 0) times.get(each.name)?.push(ms);
  }
}
operator.remove();
await shop.stop();

const medianOf = (name: string): number => median(times.get(name) ?? []);
const bare = medianOf('node -e 0');
const most = (text: string, value: number, limit: number): BenchTarget => ({ text, value, limit, bound: 'most' });
const against = (text: string, ours: string, theirs: string): readonly BenchTarget[] =>
  times.has(theirs) ? [most(text, medianOf(ours) / medianOf(theirs), 1)] : [];

report({
  title: 'Start-up',
  setting: [`${rounds} interleaved rounds, medians, NODE_EXTRA_CA_CERTS unset`],
  header: ['command', 'ms', 'over bare node', '× bare node'],
  rows: cases.map(({ name }) => {
    const ms = medianOf(name);
    return [`\`${name}\``, ms.toFixed(0), (ms - bare).toFixed(0), (ms / bare).toFixed(1)];
  }),
  targets: [
    most('`--version` over bare node (×)', medianOf('platform --version') / bare, 1.5),
    most('`--help` over bare node (ms)', medianOf('platform --help') - bare, 100),
    most('a no-op, `runs list`, over bare node (ms)', medianOf('platform runs list') - bare, 90),
    most('TAB on a command over bare node (ms)', medianOf('TAB on a command') - bare, 100),
    most('TAB on a service over bare node (ms)', medianOf('TAB on a service') - bare, 100),
    ...against('`--version` over `aws --version` (×)', 'platform --version', 'aws --version'),
    ...against('one STS call over the AWS CLI (×)', 'platform lock status --sandbox', 'aws sts get-caller-identity'),
  ],
  notes: missing.map((name) => `\`${name}\` does not run here, so it is not compared`),
});

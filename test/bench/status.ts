/**
 * `platform status` over 1, 50 and 500 services of two tasks each, one in ten behind a target group: calls (from the
 * sandbox's timeline), seconds and peak memory (VmHWM while it runs), first and again; against the AWS CLI asking for no
 * more than the services' own records, ten per call. AWS's request limits are on, at AWS's own speed.
 * SERVICES=1,50 chooses less.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Budget, budgetLine, isKept, machineLine, report } from './results.js';

const sizes = (process.env['SERVICES'] ?? '1,50,500').split(',').map(Number);
const rounds = Number(process.env['ROUNDS'] ?? 5);
/** What docs/status-and-diff.md promises beside the batches. */
const constant = 64;
const region = 'eu-west-1';
const binary = join(process.cwd(), 'bin', 'run.js');
const folder = mkdtempSync(join(tmpdir(), 'platform-bench-status-'));
const { NODE_EXTRA_CA_CERTS: _, ...outer } = process.env;

const env = (home: string): Record<string, string> => ({
  PATH: outer['PATH'] ?? '',
  HOME: home,
  XDG_STATE_HOME: join(home, 'state'),
  PLATFORM_SANDBOX: '1',
  TZ: 'UTC',
});

const template = (port: boolean): string =>
  `cpu: 256
memory: 512
networkMode: awsvpc
requiresCompatibilities: [FARGATE]
executionRoleArn: arn:aws:iam::\${{ account }}:role/ecsTaskExecutionRole
containerDefinitions:
  - name: \${{ service.name }}
    image: \${{ image }}
${port ? '    portMappings: [{ containerPort: 3000 }]\n' : ''}`;

const nameOf = (index: number): string => `svc-${String(index).padStart(3, '0')}`;

const writeProject = (root: string, services: number): void => {
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'web.yaml'), template(true));
  writeFileSync(join(root, 'worker.yaml'), template(false));
  const lines = Array.from({ length: services }, (_, index) => [
    `  ${nameOf(index)}:`,
    `    taskDefinition: ${index % 10 === 0 ? 'web' : 'worker'}.yaml`,
    `    image: { repository: shop/${nameOf(index)} }`,
    '    desiredCount: 2',
    ...(index % 10 === 0 ? ['    port: 3000', `    path: /${nameOf(index)}`] : []),
  ]);
  const head = ['version: 1', 'project: shop', `region: ${region}`, 'environments:', '  staging:'];
  const text = [...head, '    loadBalancer: { name: shop-staging }', 'services:', ...lines.flat(), ''].join('\n');
  writeFileSync(join(root, 'platform.yaml'), text);
};

interface Place {
  readonly root: string;
  readonly env: Record<string, string>;
}

const platform = ({ root, env: own }: Place, argv: readonly string[]): string =>
  execFileSync(process.execPath, [binary, ...argv], { cwd: root, env: own, encoding: 'utf8', maxBuffer: 1 << 28 });

interface Ran {
  readonly seconds: number;
  readonly peakMb: number;
}

const peakOf = (pid: number): number => {
  try {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(found?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
};

/** The high-water mark only grows, so the last reading before the end is the peak. */
const timed = (file: string, argv: readonly string[], place: Place): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(file, argv, { cwd: place.root, env: place.env, stdio: 'ignore' });
    let peakMb = 0;
    const timer = setInterval(() => {
      peakMb = Math.max(peakMb, peakOf(child.pid ?? 0));
    }, 10);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      if (code === 0) resolve({ seconds: (performance.now() - started) / 1000, peakMb });
      else reject(new Error(`${file} ${argv.join(' ')} ended with ${code}`));
    });
  });

const status = (place: Place): Promise<Ran> => timed(process.execPath, [binary, 'status'], place);

/** Calls that a status makes, by the timeline. */
const callsOf = async (place: Place, work: () => Promise<unknown>): Promise<number> => {
  const entries = (since: number): readonly { readonly seq: number; readonly kind: string }[] =>
    JSON.parse(platform(place, ['sandbox', 'timeline', '--json', '--since', String(since)])).result.entries;
  const from = entries(0).at(-1)?.seq ?? 0;
  await work();
  return entries(from).filter(({ kind }) => kind === 'call').length;
};

const awsCli = (): string | undefined => {
  const found = spawnSync('sh', ['-c', 'pyenv which aws 2>/dev/null || command -v aws'], {
    env: outer,
    encoding: 'utf8',
  });
  const file = found.stdout.trim().split('\n')[0] ?? '';
  return file !== '' && spawnSync(file, ['--version'], { env: outer }).status === 0 ? file : undefined;
};

/** The loop of a script: ten services a call, one after the other. */
const awsLoop = async (file: string, place: Place, services: number): Promise<Ran> => {
  const { set } = JSON.parse(platform(place, ['sandbox', 'env', '--json'])).result as { set: Record<string, string> };
  const own = { root: place.root, env: { ...place.env, ...set, AWS_DEFAULT_REGION: region, AWS_REGION: region } };
  const names = Array.from({ length: services }, (_, index) => `shop-staging-${nameOf(index)}`);
  let [seconds, peakMb] = [0, 0];
  for (let at = 0; at < names.length; at += 10) {
    const argv = ['ecs', 'describe-services', '--cluster', 'shop-staging', '--services', ...names.slice(at, at + 10)];
    const ran = await timed(file, argv, own);
    seconds += ran.seconds;
    peakMb = Math.max(peakMb, ran.peakMb);
  }
  return { seconds, peakMb };
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

interface Measured {
  readonly services: number;
  readonly targetGroups: number;
  readonly sandboxSeconds: number;
  readonly first: Ran & { readonly calls: number };
  readonly again: Ran & { readonly calls: number };
  readonly aws?: Ran;
}

const measure = async (services: number, aws: string | undefined): Promise<Measured> => {
  const home = join(folder, String(services));
  const place = { root: join(home, 'shop'), env: env(home) };
  writeProject(place.root, services);
  const started = performance.now();
  platform(place, ['sandbox', 'start', '--speed', '1', '--traffic', '0']);
  const sandboxSeconds = (performance.now() - started) / 1000;
  try {
    let first: Ran | undefined;
    const firstCalls = await callsOf(place, async () => {
      first = await status(place);
    });
    const runs: Ran[] = [];
    for (let round = 0; round < rounds; round += 1) runs.push(await status(place));
    const calls = await callsOf(place, () => status(place));
    const again = {
      seconds: median(runs.map((run) => run.seconds)),
      peakMb: Math.max(...runs.map((run) => run.peakMb)),
      calls,
    };
    const loop = aws === undefined ? {} : { aws: await awsLoop(aws, place, services) };
    const targetGroups = Math.ceil(services / 10);
    if (!first) throw new Error('no status was made');
    return { services, targetGroups, sandboxSeconds, first: { ...first, calls: firstCalls }, again, ...loop };
  } finally {
    platform(place, ['sandbox', 'stop']);
  }
};

const aws = awsCli();
const results: Measured[] = [];
try {
  for (const services of sizes) results.push(await measure(services, aws));
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

const callLimit = ({ services, targetGroups }: Measured): number =>
  Math.ceil(services / 10) + Math.ceil(services / 20) + targetGroups + constant;

const budgets: readonly Budget[] = results.flatMap((found): Budget[] => [
  {
    text: `calls of the first status over ${found.services} services (services/10 + services/20 + ${found.targetGroups} target groups + ${constant})`,
    value: found.first.calls,
    limit: callLimit(found),
    kind: 'at most',
  },
  {
    text: `peak memory over ${found.services} services (MB)`,
    value: Math.max(found.first.peakMb, found.again.peakMb),
    limit: 200,
    kind: 'at most',
  },
  ...(found.aws === undefined || found.services < 10
    ? []
    : [
        {
          text: `seconds of the first status over ${found.services} services, over those of the AWS CLI's describe-services loop (×)`,
          value: found.first.seconds / found.aws.seconds,
          limit: 1,
          kind: 'at most' as const,
        },
      ]),
]);

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const ran = ({ seconds, peakMb }: Ran): readonly string[] => [seconds.toFixed(2), peakMb.toFixed(0)];

report('Status', [
  machineLine(),
  `Two tasks a service, one service in ten behind a target group; request limits on; again: median of ${rounds}`,
  '',
  row(['services', 'target groups', 'status', 'calls', 'seconds', 'peak MB']),
  '|---:|---:|---|---:|---:|---:|',
  ...results.flatMap(({ services, targetGroups, first, again, aws: loop }) => [
    row([services, targetGroups, 'first', first.calls, ...ran(first)]),
    row([services, targetGroups, 'again', again.calls, ...ran(again)]),
    ...(loop
      ? [row([services, targetGroups, '`aws ecs describe-services` loop', Math.ceil(services / 10), ...ran(loop)])]
      : []),
  ]),
  '',
  ...results.map(
    ({ services, sandboxSeconds }) => `- sandbox with ${services} services started in ${sandboxSeconds.toFixed(1)} s`,
  ),
  ...budgets.map(budgetLine),
  ...(aws === undefined ? ['- the AWS CLI is not installed here, so not compared'] : []),
]);
if (!budgets.every(isKept)) process.exitCode = 1;

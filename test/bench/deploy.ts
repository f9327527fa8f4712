/**
 * How soon after a deployment's true end we say so, and at how many requests: rolling deployments at speed 1, several at a
 * time, each by a process of its own, against `aws ecs wait services-stable` and ecs-deploy in the same sandbox; then one
 * run over many services. The end is the sandbox's own record of the service deployment.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { type BenchTarget, median, percentile, report } from '../helpers/bench-report.js';
import { type Shop, startShop } from '../helpers/e2e-shop.js';
import { pythonWith } from '../helpers/python.js';
import { binary } from '../helpers/run-cli.js';
import { type RigService, writeProject } from '../operations/sandbox-rig.js';

const samples = Number(process.env['SAMPLES'] ?? 8);
const peerSamples = Math.min(samples, 4);
const manyServices = 20;

const named = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

const ours = named('api', samples);
const waited = named('waited', peerSamples);
const deployed = named('peer', peerSamples);
const many = named('many', manyServices);

const behindBalancer = (name: string): RigService => ({ name, desiredCount: 2, port: 3000, extra: [`path: /${name}`] });
const headless = (name: string): RigService => ({ name, desiredCount: 2 });

const clusterName = 'shop-staging';
const serviceName = (service: string): string => `shop-staging-${service}`;

interface Ended {
  readonly service: string;
  /** Wall time, ms. */
  readonly at: number;
  readonly startedAt: number;
}

const exited = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.on('close', resolve));

const runOne = async (
  service: string,
  command: { readonly argv: readonly string[]; readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Ended> => {
  const startedAt = Date.now();
  const [file = '', ...args] = command.argv;
  const child = spawn(file, args, { cwd: command.cwd, env: command.env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const status = await exited(child);
  if (status !== 0) throw new Error(`${command.argv.join(' ')} ended with ${status}: ${stderr.slice(-2_000)}`);
  return { service, at: Date.now(), startedAt };
};

/** When each service deployment ended, as the sandbox recorded it, in wall time. */
const trueEnds = async (shop: Shop): Promise<ReadonlyMap<string, number>> => {
  const offset = Date.now() - (await shop.now());
  const entries = await shop.timeline({ kind: 'state' });
  const ends = entries.filter((entry) => String(entry['subject']).startsWith('service-deployment '));
  return new Map(
    ends
      .filter((entry) => entry['to'] === 'SUCCESSFUL')
      .map((entry) => [String(entry['subject']).split('/').at(-1) ?? '', entry.at + offset]),
  );
};

const callsBy = async (shop: Shop, is: (caller: string) => boolean): Promise<number> =>
  (await shop.timeline({ kind: 'call' })).filter((entry) => is(String(entry['caller']))).length;

interface Measured {
  readonly name: string;
  readonly delays: readonly number[];
  /** Requests per minute and deployment. */
  readonly callsPerMinute: number;
}

const measured = (
  name: string,
  ended: readonly Ended[],
  facts: { readonly ends: ReadonlyMap<string, number>; readonly calls: number },
): Measured => {
  const minutes = ended.reduce((sum, each) => sum + (each.at - each.startedAt) / 60_000, 0);
  const delays = ended.map((each) => (each.at - (facts.ends.get(serviceName(each.service)) ?? Number.NaN)) / 1000);
  return { name, delays, callsPerMinute: facts.calls / minutes };
};

const row = ({ name, delays, callsPerMinute }: Measured): readonly (string | number)[] => [
  name,
  delays.length,
  median(delays).toFixed(1),
  percentile(delays, 95).toFixed(1),
  callsPerMinute.toFixed(0),
];

const shop = await startShop({
  speed: 1,
  write: (folder) =>
    writeProject(folder, [...[...ours, ...waited, ...deployed].map(behindBalancer), ...many.map(headless)]),
});
const rows: Measured[] = [];
const notes: string[] = [];
let manyCalls = 0;
let manySeconds = 0;
try {
  const operator = shop.operator();
  const python = await pythonWith(['awscli', 'ecs-deploy'], 'bench');
  const peerEnv: NodeJS.ProcessEnv = {
    ...operator.env,
    AWS_ENDPOINT_URL: shop.endpoint,
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_DEFAULT_REGION: 'eu-west-1',
  };
  if (python.kind === 'missing') notes.push(`the AWS CLI and ecs-deploy are not compared: ${python.reason}`);
  const own = ours.map((service) =>
    runOne(service, {
      argv: [process.execPath, binary, 'deploy', service, '--tag', 'v2', '--json'],
      cwd: shop.project,
      env: { ...operator.env },
    }),
  );
  const scripts = python.kind === 'found' ? python.scripts : undefined;
  const wait =
    scripts === undefined
      ? []
      : waited.map((service) =>
          runOne(service, { argv: ['sh', '-c', updateAndWait(scripts, service)], cwd: shop.project, env: peerEnv }),
        );
  const peer =
    scripts === undefined
      ? []
      : deployed.map((service) =>
          runOne(service, {
            argv: [`${scripts}/ecs`, 'deploy', clusterName, serviceName(service), '-t', 'v2', '--timeout', '900'],
            cwd: shop.project,
            env: peerEnv,
          }),
        );
  const [ownEnded, waitEnded, peerEnded] = await Promise.all([Promise.all(own), Promise.all(wait), Promise.all(peer)]);
  const ends = await trueEnds(shop);
  rows.push(
    measured('platform deploy', ownEnded, {
      ends,
      calls: await callsBy(shop, (caller) => caller.includes('platform/')),
    }),
  );
  if (scripts !== undefined) {
    rows.push(
      measured('aws ecs wait services-stable', waitEnded, {
        ends,
        calls: await callsBy(shop, (caller) => /aws-cli/i.test(caller)),
      }),
      measured('ecs-deploy', peerEnded, { ends, calls: await callsBy(shop, (caller) => /boto3/i.test(caller)) }),
    );
  }
  const before = await callsBy(shop, (caller) => caller.includes('platform/'));
  const all = await runOne('many', {
    argv: [process.execPath, binary, 'deploy', ...many, '--tag', 'v2', '--json'],
    cwd: shop.project,
    env: { ...operator.env },
  });
  manyCalls = (await callsBy(shop, (caller) => caller.includes('platform/'))) - before;
  manySeconds = (all.at - all.startedAt) / 1000;
  operator.remove();
} finally {
  await shop.stop();
}

function updateAndWait(scripts: string, service: string): string {
  const at = `--cluster ${clusterName}`;
  const update = `${scripts}/aws ecs update-service ${at} --service ${serviceName(service)} --force-new-deployment`;
  return `${update} >/dev/null && ${scripts}/aws ecs wait services-stable ${at} --services ${serviceName(service)}`;
}

const [platform] = rows;
const manyPerMinute = (manyCalls / manySeconds) * 60;
const targets: readonly BenchTarget[] = [
  {
    text: 'verdict after the deployment’s end, p95 (s)',
    value: percentile(platform?.delays ?? [], 95),
    limit: 3,
    bound: 'most',
  },
  { text: 'requests a minute for one service', value: platform?.callsPerMinute ?? 0, limit: 60, bound: 'most' },
  {
    text: `requests a minute and service, ${manyServices} services in one run`,
    value: manyPerMinute / manyServices,
    limit: 30,
    bound: 'most',
  },
];

report({
  title: 'Deploy: from the true end to the verdict',
  setting: [
    `speed 1, rolling, 2 tasks a service; behind a load balancer (300 s of draining), ${samples} deployments of ours and ${peerSamples} of each peer at the same time, each a process`,
    'a peer that is done before the deployment has ended (negative seconds) has said so too early: stable is not deployed',
  ],
  header: ['what', 'deployments', 'median (s)', 'p95 (s)', 'requests a minute'],
  rows: [
    ...rows.map(row),
    [`platform deploy, ${manyServices} services in one run`, manyServices, '', '', manyPerMinute.toFixed(0)],
  ],
  targets,
  notes,
});

/**
 * Adoption against the sandbox, whose estate was made with AWS's own calls: what is written works at once, and a deploy
 * of the adopted configuration changes nothing. AWS is only ever read.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CreateServiceCommandInput, RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdoptRequest, adoptCluster } from '../../src/lib/adoption/adopt.js';
import type { AdoptResult } from '../../src/lib/adoption/result-schema.js';
import { adoptSchema } from '../../src/lib/adoption/result-schema.js';
import type { HttpTransport } from '../../src/lib/aws/create-clients.js';
import type { Report } from '../../src/lib/cli/report.js';
import { validateConfig } from '../../src/lib/config/validate.js';
import type { Ctx } from '../../src/lib/context/context.js';
import { resolveAccount } from '../../src/lib/context/resolve-account.js';
import { resolveTarget } from '../../src/lib/context/resolve-target.js';
import type { DeployResult } from '../../src/lib/deployments/deploy-types.js';
import { prepareDeploy } from '../../src/lib/deployments/prepare-deploy.js';
import { observeStatus } from '../../src/lib/environments/observe-status.js';
import { testContext } from '../helpers/test-context.js';
import { refusal, request, wait } from '../operations/deploy-scenario.js';
import { createRig, type Rig } from '../operations/sandbox-rig.js';

const region = 'eu-west-1';
const cluster = 'shop-staging';
const minuteMs = 60_000;
const role = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';

let rig: Rig;
let folder: string;
let ctx: Ctx;

beforeEach(async () => {
  rig = await createRig({
    services: [
      { name: 'api', desiredCount: 2, port: 3000, extra: ['path: /api', 'healthPath: /up'] },
      { name: 'workers', desiredCount: 1 },
    ],
  });
  folder = mkdtempSync(join(tmpdir(), 'platform-adopted-'));
  ctx = { ...rig.ctx, paths: { ...rig.ctx.paths, cwd: folder } };
});
afterEach(() => {
  rig.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const adopt = async (overrides: Partial<AdoptRequest> = {}): Promise<Report<AdoptResult>> => {
  const account = await rig.drive(resolveAccount(ctx, { region }));
  const asked = { cluster, services: [], outputDir: '.', mode: 'write', edited: 'keep', ...overrides } as const;
  return rig.drive(adoptCluster(ctx, account, asked));
};

const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

/** `deploy --config-only --dry-run` of the adopted project: service → outcome. */
const configOnly = async (): Promise<Readonly<Record<string, string>>> => {
  const at = await rig.drive(resolveTarget(ctx, {}));
  const operation = await rig.drive(prepareDeploy(ctx, at, request({ image: 'keep' })));
  const { services } = (operation.nothingToDo?.result ?? operation.dryRunResult) as DeployResult;
  return Object.fromEntries(services.map(({ service, outcome }) => [service, outcome]));
};

interface Made {
  readonly name: string;
  readonly family?: string;
  readonly definition?: Partial<RegisterTaskDefinitionCommandInput>;
  readonly service?: Partial<CreateServiceCommandInput>;
}

const make = async ({ name, family = name, definition, service }: Made): Promise<void> => {
  const { CreateServiceCommand, RegisterTaskDefinitionCommand } = await import('@aws-sdk/client-ecs');
  const ecs = await rig.clients.write('ecs');
  await rig.drive(
    ecs.send(
      new RegisterTaskDefinitionCommand({
        family,
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
        executionRoleArn: role,
        containerDefinitions: [{ name: 'main', image: `123456789012.dkr.ecr.${region}.amazonaws.com/shop-api:seed` }],
        ...definition,
      }),
    ),
  );
  await rig.drive(
    ecs.send(
      new CreateServiceCommand({
        cluster,
        serviceName: name,
        taskDefinition: family,
        desiredCount: 0,
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
        ...service,
      }),
    ),
  );
};

/** Calls since the last look: operation → how often. */
const callsDuring = async (work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> => {
  rig.world.state.timeline = [];
  await work();
  const counts: Record<string, number> = {};
  for (const entry of rig.world.state.timeline)
    if (entry.kind === 'call') counts[entry.operation] = (counts[entry.operation] ?? 0) + 1;
  return counts;
};

describe('adopting what a project of ours has made', () => {
  it('writes a project that is valid, healthy, and the same as what is live', async () => {
    const report = await adopt();
    expect(adoptSchema.safeParse(report.result).success).toBe(true);
    expect(report.result).toMatchObject({
      project: 'shop',
      environment: 'staging',
      protected: false,
      written: true,
      questions: [],
      services: [
        { service: 'api', verdict: 'adopted' },
        { service: 'workers', verdict: 'adopted' },
      ],
    });
    expect(validateConfig({ cwd: folder, env: {} }).result.services).toEqual(['api', 'workers']);
    expect(await configOnly()).toEqual({ api: 'unchanged', workers: 'unchanged' });
    const at = await rig.drive(resolveTarget(ctx, {}));
    expect(at.target).toMatchObject({ project: 'shop', environment: 'staging', account: '123456789012', region });
    const { result } = await rig.drive(observeStatus(ctx, at, at.environment.services));
    expect(result.services.map(({ service, state }) => `${service} ${state}`)).toEqual([
      'api healthy',
      'workers healthy',
    ]);
    const text = read('platform.yaml');
    expect(text).toContain(`    port: 3000  # from service ${cluster}-api: loadBalancers[0].containerPort\n`);
    expect(text).toContain('    path: /api  # from listener :80 of shop-staging: path pattern /api*\n');
    expect(text).toContain(
      '      DATABASE_URL: /shop/staging/DATABASE_URL  # from its task definition: secrets[0] of container api\n',
    );
  });

  it('makes not one mutating call', async () => {
    rig.world.state.timeline = [];
    await adopt();
    await adopt({ mode: 'preview' });
    const calls = rig.world.state.timeline.filter((entry) => entry.kind === 'call');
    expect(calls.length).toBeGreaterThan(20);
    expect(calls.filter((entry) => entry.mutating)).toEqual([]);
  });

  it('says the same again, and overwrites nothing that was edited', async () => {
    await adopt();
    const again = await adopt();
    expect(again.result.files.map(({ state }) => state)).toEqual(['unchanged', 'unchanged', 'unchanged', 'unchanged']);
    const edited = `${read('platform.yaml')}# mine\n`;
    writeFileSync(join(folder, 'platform.yaml'), edited);
    const error = await refusal(adopt());
    expect([error.exitCode, error.message]).toEqual([9, expect.stringContaining('- # mine')]);
    expect(read('platform.yaml')).toBe(edited);
    const forced = await adopt({ edited: 'overwrite' });
    expect(forced.warnings?.[0]?.message).toContain('- # mine');
    expect(read('platform.yaml')).not.toContain('# mine');
  });

  it('writes nothing with --dry-run and shows the text', async () => {
    const report = await adopt({ mode: 'preview' });
    expect(report.result.written).toBe(false);
    expect(report.result.files[0]).toMatchObject({
      path: 'platform.yaml',
      text: expect.stringContaining('version: 1'),
    });
    expect(report.lines).toContain('services:');
    await expect(refusal(resolveTarget(ctx, {}))).resolves.toMatchObject({ code: 'E_NO_CONFIG' });
  });

  it('refuses a folder behind a link, and writes nothing', async () => {
    const { symlinkSync } = await import('node:fs');
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'task-definitions'));
    expect((await refusal(adopt())).exitCode).toBe(9);
    await expect(refusal(resolveTarget(ctx, {}))).resolves.toMatchObject({ code: 'E_NO_CONFIG' });
  });
});

describe('adopting what others have made', () => {
  it('says of every service what became of it, and stays faithful', async () => {
    await make({
      name: 'shop-staging-sidecar',
      definition: {
        containerDefinitions: [
          {
            name: 'App',
            image: 'nginx:1.27',
            essential: true,
            environment: [{ name: 'TEMPLATE', value: '${{ image }}' }],
          },
          { name: 'agent', image: 'public.ecr.aws/datadog/agent:7', essential: false },
        ],
      },
    });
    await make({
      name: 'shop-staging-old',
      family: 'legacy_Family',
      definition: { taskRoleArn: 'arn:aws:iam::123456789012:role/old' },
      service: { enableExecuteCommand: true },
    });
    await make({ name: 'blog-staging-web' });
    await make({
      name: 'shop-staging-leaky',
      definition: {
        containerDefinitions: [
          { name: 'main', image: 'nginx:1.27', environment: [{ name: 'DB_PASSWORD', value: 'planted-hunter2' }] },
        ],
      },
    });
    expect((await adopt({ mode: 'preview' })).result.questions.map(({ code }) => code)).toContain('in-progress');
    wait(rig, 10 * minuteMs);
    const { result } = await adopt();
    expect(result.services.map(({ serviceName, verdict }) => `${serviceName} ${verdict}`).sort()).toEqual([
      'blog-staging-web left-out',
      'shop-staging-api adopted',
      'shop-staging-leaky adopted-with-questions',
      'shop-staging-old adopted',
      'shop-staging-sidecar adopted-with-questions',
      'shop-staging-workers adopted',
    ]);
    expect(result.questions.map(({ service, code }) => `${service} ${code}`)).toEqual([
      'undefined project',
      'leaky secret',
      'leaky registry',
      'sidecar registry',
    ]);
    expect(await configOnly()).toEqual({
      api: 'unchanged',
      old: 'unchanged',
      sidecar: 'unchanged',
      workers: 'unchanged',
      // The secret moved out of the plain environment: that is the question.
      leaky: 'planned',
    });
    const written = result.files.map(({ path }) => read(path)).join('\n');
    expect(written).not.toContain('planted-hunter2');
    expect(JSON.stringify(result)).not.toContain('planted-hunter2');
  });

  it('says that a rule asks for a header, and not which value', async () => {
    const { CreateRuleCommand, DescribeListenersCommand, DescribeLoadBalancersCommand, DescribeTargetGroupsCommand } =
      await import('@aws-sdk/client-elastic-load-balancing-v2');
    const elb = await rig.clients.write('elbv2');
    const { LoadBalancers = [] } = await rig.drive(elb.send(new DescribeLoadBalancersCommand({})));
    const balancer = LoadBalancers.find(({ LoadBalancerName }) => LoadBalancerName === cluster);
    const { Listeners = [] } = await rig.drive(
      elb.send(new DescribeListenersCommand({ LoadBalancerArn: balancer?.LoadBalancerArn })),
    );
    const { TargetGroups = [] } = await rig.drive(
      elb.send(new DescribeTargetGroupsCommand({ Names: ['shop-staging-api-a'] })),
    );
    await rig.drive(
      elb.send(
        new CreateRuleCommand({
          ListenerArn: Listeners.find(({ Port }) => Port === 80)?.ListenerArn,
          Priority: 1,
          Conditions: [
            { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Origin', Values: ['planted-header'] } },
          ],
          Actions: [{ Type: 'forward', TargetGroupArn: TargetGroups[0]?.TargetGroupArn }],
        }),
      ),
    );
    const report = await adopt();
    expect(report.result.questions.map(({ question }) => question)).toEqual([
      expect.stringContaining('asks for more than a path (http-header)'),
    ]);
    expect(JSON.stringify(report) + read('platform.yaml')).not.toContain('planted-header');
  });

  it('tells autoscaling’s bounds', async () => {
    const { RegisterScalableTargetCommand } = await import('@aws-sdk/client-application-auto-scaling');
    const scaling = await rig.clients.write('autoscaling');
    await rig.drive(
      scaling.send(
        new RegisterScalableTargetCommand({
          ServiceNamespace: 'ecs',
          ScalableDimension: 'ecs:service:DesiredCount',
          ResourceId: `service/${cluster}/shop-staging-api`,
          MinCapacity: 2,
          MaxCapacity: 6,
        }),
      ),
    );
    const { result } = await adopt();
    expect(result.services.find(({ service }) => service === 'api')?.notes).toEqual([
      'autoscaling keeps it between 2 and 6 tasks',
    ]);
    expect(read('platform.yaml')).toContain('desiredCount; autoscaling 2 to 6; only the sandbox uses it');
  });

  it('reads 200 services in batches, and not all at once', async () => {
    const { CreateServiceCommand, RegisterTaskDefinitionCommand } = await import('@aws-sdk/client-ecs');
    const ecs = await rig.clients.write('ecs');
    const containerDefinitions = [{ name: 'main', image: 'nginx:1.27' }];
    const base = {
      requiresCompatibilities: ['FARGATE' as const],
      networkMode: 'awsvpc' as const,
      cpu: '256',
      memory: '512',
    };
    for (let number = 0; number < 60; number++)
      await ecs.send(new RegisterTaskDefinitionCommand({ ...base, family: `f${number}`, containerDefinitions }));
    for (let number = 2; number < 200; number++)
      await ecs.send(
        new CreateServiceCommand({
          cluster,
          serviceName: `shop-staging-s${number}`,
          taskDefinition: `f${number % 60}`,
          desiredCount: 0,
          networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
        }),
      );
    let inFlight = 0;
    let most = 0;
    const counting = {
      ...rig.transport,
      handle: async (...args: Parameters<HttpTransport['handle']>) => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        try {
          // As far away as AWS is: nobody is answered before everybody has asked.
          await new Promise((resolve) => setImmediate(resolve));
          return await rig.transport.handle(...args);
        } finally {
          inFlight -= 1;
        }
      },
    } as HttpTransport;
    const away = testContext({ cwd: folder, transport: counting, clocks: rig.clocks });
    const calls = await callsDuring(async () => {
      const account = await resolveAccount(away.ctx, { region });
      const asked = { cluster, services: [], outputDir: '.', mode: 'write', edited: 'keep' } as const;
      await adoptCluster(ctx, account, asked);
    });
    away.dispose();
    expect(calls).toEqual({
      GetCallerIdentity: 1,
      ListServices: 2,
      DescribeServices: 20,
      DescribeTaskDefinition: 62,
      DescribeTargetGroups: 1,
      DescribeLoadBalancers: 1,
      DescribeListeners: 1,
      DescribeRules: 2,
      DescribeScalableTargets: 4,
      DescribeRepositories: 1,
    });
    expect(most).toBeLessThan(25);
    expect(most).toBeGreaterThan(8);
    expect((await rig.drive(resolveTarget(ctx, {}))).environment.services).toHaveLength(200);
  });

  it('only slows down when AWS throttles', async () => {
    rig.fault({ kind: 'throttle', operation: 'ecs:*', percent: 25 });
    expect((await adopt()).result.questions).toEqual([]);
  });
});

describe('what cannot be adopted', () => {
  it('a cluster that is not there: exit 5 and what was meant', async () => {
    const error = await refusal(adopt({ cluster: 'shop-stagin' }));
    expect([error.exitCode, error.hints[0]]).toEqual([5, 'did you mean --cluster shop-staging?']);
  });

  it('no cluster named and several there: exit 2 naming the flag; a person is asked', async () => {
    const { CreateClusterCommand } = await import('@aws-sdk/client-ecs');
    const ecs = await rig.clients.write('ecs');
    expect((await adopt({ cluster: undefined })).result.cluster).toBe(cluster);
    await rig.drive(ecs.send(new CreateClusterCommand({ clusterName: 'empty' })));
    const error = await refusal(adopt({ cluster: undefined }));
    expect([error.exitCode, error.hints, error.details]).toEqual([
      2,
      ['--cluster empty'],
      { clusters: ['empty', 'shop-staging'] },
    ]);
    const choose = async (names: readonly string[]): Promise<string> => names[1] ?? '';
    expect((await adopt({ cluster: undefined, choose })).result.cluster).toBe(cluster);
    expect((await refusal(adopt({ cluster: 'empty' }))).exitCode).toBe(5);
  });

  it.each([
    'ecs:ListServices',
    'ecs:DescribeServices',
    'ecs:DescribeTaskDefinition',
  ])('without %s: exit 4', async (operation) => {
    rig.fault({ kind: 'deny', operation });
    const error = await refusal(adopt());
    expect([error.exitCode, error.hints.join()]).toEqual([4, expect.stringContaining(operation)]);
  });

  it.each([
    ['elbv2:*', 'load-balancers'],
    ['autoscaling:*', 'autoscaling'],
    ['ecr:*', 'registry'],
  ])('without %s everything else is adopted, and that is a question', async (operation, code) => {
    rig.fault({ kind: 'deny', operation });
    const { result } = await adopt();
    expect(result.questions.filter(({ service }) => service === undefined).map((each) => each.code)).toEqual([code]);
    expect(await configOnly()).toEqual({ api: 'unchanged', workers: 'unchanged' });
  });

  it('names that are no names: exit 2', async () => {
    expect((await refusal(adopt({ project: 'My Shop' }))).exitCode).toBe(2);
    expect((await refusal(resolveAccount(ctx, { region: 'mars' }))).exitCode).toBe(2);
  });
});

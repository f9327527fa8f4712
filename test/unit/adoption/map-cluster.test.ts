import { describe, expect, it } from 'vitest';
import { proven } from '../../../src/lib/adoption/adopt.js';
import { chooseNames } from '../../../src/lib/adoption/choose-names.js';
import type { AdoptedService, ClusterFacts } from '../../../src/lib/adoption/model.js';
import { reportAdoption } from '../../../src/lib/adoption/report-adoption.js';
import { behind, clusterOf, containerOf, registry, routingOf, type Shape } from '../../helpers/adoption-facts.js';

const adopt = (facts: ClusterFacts) => proven(facts, chooseNames({ ...facts, only: [] }));

const cluster = (shape: Omit<Shape, 'name'>, more: Partial<ClusterFacts> = {}): ClusterFacts =>
  clusterOf('shop-prod', ['shop-prod-ok', { name: 'shop-prod-api', ...shape }], more);

const api = (shape: Omit<Shape, 'name'>, more: Partial<ClusterFacts> = {}): AdoptedService => {
  const { adoption } = adopt(cluster(shape, more));
  const found = adoption.services.find(({ name }) => name === 'api');
  if (found === undefined) throw new Error(`left out: ${adoption.leftOut[0]?.why}`);
  return found;
};

const codes = ({ questions }: AdoptedService): readonly string[] => questions.map(({ code }) => code);

const textOf = (facts: ClusterFacts, path: string): string =>
  adopt(facts).files.find((file) => file.path === path)?.text ?? '';

describe('what platform does not ship is left out with the reason', () => {
  it.each<readonly [string, Shape['settings'], RegExp]>([
    ['CodeDeploy', { controller: 'CODE_DEPLOY' }, /CodeDeploy deploys it/],
    ['task sets', { controller: 'EXTERNAL' }, /controller EXTERNAL/],
    ['EC2', { launchType: 'EC2' }, /EC2 instances/],
    ['its own machines', { launchType: 'EXTERNAL' }, /ECS Anywhere/],
    [
      'a capacity provider',
      { launchType: undefined, capacityProviders: ['FARGATE', 'gpu'] },
      /capacity provider FARGATE, gpu/,
    ],
    ['a daemon', { scheduling: 'DAEMON', launchType: 'EC2' }, /DAEMON/],
    ['one that is being deleted', { status: 'DRAINING' }, /being deleted/],
  ])('%s', (_what, settings, why) => {
    const { adoption, files } = adopt(cluster({ settings: settings ?? {} }));
    expect(adoption.services.map(({ name }) => name)).toEqual(['ok']);
    expect(adoption.leftOut).toEqual([{ serviceName: 'shop-prod-api', why: expect.stringMatching(why) }]);
    expect(files[0]?.text).toMatch(/# Left out:\n# shop-prod-api: /);
    expect(files.map(({ path }) => path)).not.toContain('task-definitions/api.json');
  });

  it('a task definition that is gone', () => {
    const facts = cluster({});
    const services = facts.services.map((each) =>
      each.settings.name === 'shop-prod-api' ? { ...each, record: undefined } : each,
    );
    expect(adopt({ ...facts, services }).adoption.leftOut[0]?.why).toContain('cannot be read');
  });

  it('a member that the template language does not know, instead of a file that breaks every command', () => {
    const { adoption } = adopt(cluster({ definition: { brandNew: { shape: 1 } } }));
    expect(adoption.leftOut[0]?.why).toContain('unknown key `brandNew`');
    expect(adoption.services.map(({ name }) => name)).toEqual(['ok']);
  });

  it('many with the same reason share a line, in the file as in the report', () => {
    const ec2 = { launchType: 'EC2' };
    const names = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name: `shop-prod-${name}`, settings: ec2 }));
    const { adoption, files } = adopt(clusterOf('shop-prod', ['shop-prod-ok', ...names]));
    expect(files[0]?.text).toContain('# 5 services (shop-prod-a, shop-prod-b, shop-prod-c, …): it runs on EC2');
    const plan = { folder: '/tmp/x', files: [] };
    const { lines, result } = reportAdoption({ adoption, plan, mode: 'write', cwd: '/tmp/x' });
    expect(JSON.stringify(lines).match(/left out/g)).toHaveLength(1);
    expect(result.services.filter(({ verdict }) => verdict === 'left-out')).toHaveLength(5);
  });

  it('writes nothing when nothing is left', () => {
    const { files } = adopt(clusterOf('shop-prod', [{ name: 'shop-prod-api', settings: { launchType: 'EC2' } }]));
    expect(files).toEqual([]);
  });
});

describe('what is shipped without being managed is said and not asked', () => {
  it.each<readonly [string, Omit<Shape, 'name'>, RegExp]>([
    ['Service Connect', { settings: { hasServiceConnect: true } }, /Service Connect/],
    ['Cloud Map', { settings: { serviceRegistries: 1 } }, /Cloud Map/],
    [
      'Fargate Spot',
      {
        settings: { launchType: undefined, capacityProviders: ['FARGATE_SPOT', 'FARGATE'] },
        scaling: { min: 1, max: 9 },
      },
      /between 1 and 9/,
    ],
    ['sleep', { settings: { desired: 0 } }, /asleep/],
    [
      'Copilot',
      {
        settings: { tags: { 'copilot-application': 'shop', 'copilot-environment': 'prod', 'copilot-service': 'api' } },
      },
      /Copilot made it/,
    ],
    ['CDK', { settings: { tags: { 'aws:cloudformation:stack-name': 'ShopStack' } } }, /stack ShopStack/],
    ['Terraform', { settings: { tags: { ManagedBy: 'Terraform' } } }, /Terraform made it/],
    [
      'EFS',
      {
        definition: {
          volumes: [{ name: 'data', efsVolumeConfiguration: { fileSystemId: 'fs-1', rootDirectory: '/' } }],
        },
      },
      /EFS/,
    ],
    [
      'FireLens and its sidecar',
      {
        containers: [
          containerOf('api', { logConfiguration: { logDriver: 'awsfirelens', options: { Name: 'loki' } } }),
          containerOf('log_router', {
            firelensConfiguration: { type: 'fluentbit' },
            image: 'public.ecr.aws/aws-observability/fluent-bit:3',
          }),
        ],
      },
      /FireLens/,
    ],
  ])('%s', (_what, shape, note) => {
    const service = api(shape);
    expect(service.questions).toEqual([]);
    expect(service.notes.join('\n')).toMatch(note);
  });
});

describe('what only a person can answer is asked', () => {
  it.each<readonly [string, Omit<Shape, 'name'>, string]>([
    ['traffic shifting', { settings: { strategy: 'BLUE_GREEN' } }, 'strategy'],
    ['Windows', { settings: { platformFamily: 'Windows_Server_2022_Core' } }, 'windows'],
    ['a deployment in progress', { settings: { isDeploying: true } }, 'in-progress'],
    ['Docker Hub', { containers: [containerOf('api', { image: 'nginx:1.27' })] }, 'registry'],
    ['two essential containers', { containers: [containerOf('a'), containerOf('b')] }, 'container'],
  ])('%s', (_what, shape, code) => {
    expect(codes(api(shape))).toEqual([code]);
  });

  it('what could not be read at all', () => {
    const gaps = [{ what: 'load-balancers' as const, why: 'denied' }];
    const { adoption, files } = adopt(cluster({}, { gaps }));
    expect(adoption.questions.map(({ code }) => code)).toEqual(['load-balancers']);
    expect(files[0]?.text).toContain('# QUESTION: the load balancers could not be asked');
  });

  it('a repository that is gone', () => {
    expect(codes(api({}, { repositories: new Set(['shop/ok', 'shop/api']) }))).toEqual([]);
    expect(codes(api({}, { repositories: new Set(['shop/ok']) }))).toEqual(['registry']);
  });

  it('a family that two services share', () => {
    const definition = { family: 'shared' };
    const services = clusterOf('shop-prod', ['shop-prod-api', 'shop-prod-web']).services.map((each) => ({
      ...each,
      record: each.record && {
        ...each.record,
        family: 'shared',
        definition: { ...each.record.definition, ...definition },
      },
    }));
    const { adoption, files } = adopt({ ...clusterOf('shop-prod', []), services });
    expect(adoption.services.map(codes)).toEqual([['family'], ['family']]);
    expect(files[0]?.text).toContain('    family: shared  # from service shop-prod-api: taskDefinition');
  });
});

describe('containers and images', () => {
  const sidecar = containerOf('datadog', { image: 'public.ecr.aws/datadog/agent:7', essential: false });

  it('takes the container behind the load balancer', () => {
    const shape = { containers: [containerOf('proxy'), containerOf('app')], settings: behind('tg', 'app') };
    const service = api(shape, { routing: routingOf([{ group: 'tg', balancer: 'shop' }]) });
    expect(service.container).toEqual({
      value: 'app',
      origin: 'from service shop-prod-api: loadBalancers[0].containerName',
    });
    expect(service.template['containerDefinitions']).toMatchObject([
      { name: 'proxy', image: `${registry}/shop/proxy:v1` },
      { name: 'app', image: '${{ image }}' },
    ]);
  });

  it('takes the only essential one, and leaves the sidecar’s image alone', () => {
    const service = api({ containers: [sidecar, containerOf('App')] });
    expect([service.container.value, service.questions]).toEqual(['App', []]);
    expect(service.template['containerDefinitions']).toMatchObject([
      { image: 'public.ecr.aws/datadog/agent:7', essential: false },
      { image: '${{ image }}' },
    ]);
  });

  it.each([
    [`${registry}/shop/api:v1`, 'shop/api'],
    [`${registry}/shop/api@sha256:${'a'.repeat(64)}`, 'shop/api'],
    [`${registry}/my.team/api:v1`, `${registry}/my.team/api`],
    [
      '999999999999.dkr.ecr.eu-west-1.amazonaws.com/shop/api:v1',
      '999999999999.dkr.ecr.eu-west-1.amazonaws.com/shop/api',
    ],
    ['ghcr.io/shop/api:v1', 'ghcr.io/shop/api'],
    ['nginx', 'docker.io/library/nginx'],
    ['grafana/grafana:11', 'docker.io/grafana/grafana'],
    ['localhost:5000/api:v1', 'localhost:5000/api'],
  ])('%s is from %s', (image, repository) => {
    expect(api({ containers: [containerOf('api', { image })] }).repository.value).toBe(repository);
  });
});

describe('routing', () => {
  const at = (more: object) =>
    api({ settings: behind('tg', 'api') }, { routing: routingOf([{ group: 'tg', balancer: 'shop', ...more }]) });

  it('says port, health path and path with their origins, and the environment’s balancer', () => {
    const facts = cluster(
      { settings: behind('tg', 'api') },
      { routing: routingOf([{ group: 'tg', balancer: 'shop', paths: ['/api*'], healthPath: '/up' }]) },
    );
    const text = textOf(facts, 'platform.yaml');
    expect(text).toContain('    port: 3000  # from service shop-prod-api: loadBalancers[0].containerPort\n');
    expect(text).toContain('    healthPath: /up  # from target group tg: HealthCheckPath\n');
    expect(text).toContain('    path: /api  # from listener :443 of shop: path pattern /api*\n');
    expect(text).toMatch(/ {4}loadBalancer:\n {6}name: shop .*\n {6}listenerPort: 443 /);
  });

  it.each([
    ['a rule without a path', {}, '/', []],
    ['several patterns', { paths: ['/api/*', '/v1/*'] }, '/v1/', ['routing']],
    ['an exact path', { paths: ['/exact'] }, undefined, ['routing']],
    ['a host', { conditions: ['host-header api.example.com'], paths: ['/*'] }, '/', ['routing']],
  ])('%s', (_what, more, path, asked) => {
    const service = at(more);
    expect([service.path?.value, codes(service)]).toEqual([path, asked]);
  });

  it('leaves the port out behind a network load balancer, which has no paths', () => {
    const service = at({ type: 'network' });
    expect([service.port, codes(service)]).toEqual([undefined, ['routing']]);
    expect(service.questions[0]?.question).toContain('network load balancer shop');
  });

  it('asks about a second target group and takes the one of the container', () => {
    const settings = {
      balancers: [
        { targetGroup: 'admin', container: 'sidecar', port: 9000 },
        { targetGroup: 'tg', container: 'api', port: 3000 },
      ],
    };
    const routing = routingOf([
      { group: 'admin', balancer: 'shop', paths: ['/admin*'] },
      { group: 'tg', balancer: 'shop' },
    ]);
    const service = api({ settings }, { routing });
    expect([service.port?.value, service.container.value, codes(service)]).toEqual([3000, 'api', ['routing']]);
  });

  it('gives a path to one service only, because platform.yaml refuses two', () => {
    const routing = routingOf([
      { group: 'a', balancer: 'shop', conditions: ['host-header a.example.com'] },
      { group: 'b', balancer: 'shop', conditions: ['host-header b.example.com'] },
    ]);
    const facts = clusterOf(
      'shop-prod',
      [
        { name: 'shop-prod-a', settings: behind('a', 'a') },
        { name: 'shop-prod-b', settings: behind('b', 'b') },
      ],
      { routing },
    );
    expect(adopt(facts).adoption.services.map(({ port }) => port?.value)).toEqual([3000, undefined]);
  });
});

describe('secrets', () => {
  const password = 'hunter2-is-not-a-good-one';
  const environment = [
    { name: 'LOG_LEVEL', value: 'info' },
    { name: 'DB_PASSWORD', value: password },
    { name: 'DB_SECRET_ARN', value: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf' },
  ];

  it('puts references into platform.yaml as they are', () => {
    const secrets = [
      { name: 'A', valueFrom: '/shop/prod/A' },
      { name: 'B', valueFrom: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf:b::' },
      { name: 'not.a.variable', valueFrom: '/shop/prod/x' },
    ];
    const service = api({ containers: [containerOf('api', { secrets })] });
    expect([...service.secrets].map(([name, { value }]) => [name, value])).toEqual([
      ['A', '/shop/prod/A'],
      ['B', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf:b::'],
    ]);
    expect(service.questions).toEqual([]);
    expect(JSON.stringify(service.template)).toContain('not.a.variable');
  });

  it('never writes a plain value that looks like one, and proposes a reference', () => {
    const facts = cluster({ containers: [containerOf('api', { environment })] });
    const { adoption, files } = adopt(facts);
    const service = adoption.services.find(({ name }) => name === 'api');
    expect(JSON.stringify([adoption.questions, adoption.services, files])).not.toContain(password);
    expect(service?.secrets.get('DB_PASSWORD')?.value).toBe('/shop/prod/api/DB_PASSWORD');
    expect(service?.questions.map(({ code, fix }) => [code, fix])).toEqual([
      ['secret', expect.stringContaining('--name /shop/prod/api/DB_PASSWORD')],
    ]);
    expect(JSON.stringify(service?.template)).toContain('DB_SECRET_ARN');
  });

  it('does the same in sidecars and in log options', () => {
    const sidecar = containerOf('agent', { essential: false, environment: [{ name: 'DD_API_KEY', value: password }] });
    const logs = { logDriver: 'awsfirelens', options: { Name: 'datadog', apikey: password } };
    const facts = cluster({ containers: [containerOf('api', { logConfiguration: logs }), sidecar] });
    const { adoption, files } = adopt(facts);
    expect(JSON.stringify([adoption, files].map((each) => ({ ...each, facts: undefined })))).not.toContain(password);
    const template = JSON.parse(files.find(({ path }) => path.endsWith('api.json'))?.text ?? '{}');
    expect(template.containerDefinitions).toMatchObject([
      { logConfiguration: { options: { Name: 'datadog' }, secretOptions: [{ name: 'apikey' }] } },
      { secrets: [{ name: 'DD_API_KEY', valueFrom: '/shop/prod/api/DD_API_KEY' }] },
    ]);
  });

  it.each([
    ['a command', { command: ['serve', '--password', password] }],
    [
      'a health check',
      { healthCheck: { command: ['CMD-SHELL', `curl -H "Authorization: Bearer ${'x'.repeat(20)}" localhost`] } },
    ],
    ['a label called environment', { dockerLabels: { environment: `token=${password}` } }],
    ['a label', { dockerLabels: { url: `postgres://shop:${password}@db/shop` } }],
  ])('leaves a service out that has one in %s', (_what, more) => {
    const { adoption, files } = adopt(cluster({ containers: [containerOf('api', more)] }));
    expect(adoption.leftOut[0]?.why).toContain('looks like it holds a secret');
    expect(JSON.stringify(files)).not.toContain(password);
  });
});

describe('fidelity', () => {
  it.each<readonly [string, Omit<Shape, 'name'>]>([
    ['no log driver', { containers: [containerOf('api', { logConfiguration: undefined })] }],
    [
      'no log driver and no execution role',
      {
        containers: [containerOf('api', { logConfiguration: undefined })],
        definition: { executionRoleArn: undefined },
      },
    ],
    [
      'another log driver',
      {
        containers: [
          containerOf('api', { logConfiguration: { logDriver: 'splunk', options: { 'splunk-url': 'https://logs' } } }),
        ],
      },
    ],
    [
      'sizes, roles and storage',
      {
        definition: {
          cpu: '4096',
          memory: '8192',
          taskRoleArn: 'arn:aws:iam::123456789012:role/x',
          ephemeralStorage: { sizeInGiB: 40 },
          runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
        },
      },
    ],
    [
      'limits, health and order',
      {
        containers: [
          containerOf('api', {
            memoryReservation: 128,
            stopTimeout: 90,
            healthCheck: { command: ['CMD', 'true'], interval: 10, timeout: 5, retries: 3 },
            dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }],
            ulimits: [{ name: 'nofile', softLimit: 1, hardLimit: 2 }],
            readonlyRootFilesystem: true,
          }),
          containerOf('init', { essential: false }),
        ],
      },
    ],
    [
      'text that looks like references',
      {
        containers: [
          containerOf('api', {
            environment: [{ name: 'TEMPLATE', value: '$${{ image }} and ${{ env.HOME }} and ${{' }],
            command: ['echo', '${{ vars.DOLLAR }}'],
          }),
        ],
      },
    ],
  ])('%s: what would be registered is what is live', (_what, shape) => {
    // `proven` asks a question for every difference.
    expect(api(shape).questions).toEqual([]);
  });

  it('asks when something could not be said exactly', () => {
    const logs = { logDriver: 'awslogs', options: { 'awslogs-group': '/ecs/api' } };
    const service = api({ containers: [containerOf('api', { logConfiguration: logs })] });
    expect(service.questions).toMatchObject([
      { code: 'difference', question: expect.stringContaining('api.logConfiguration') },
    ]);
  });
});

import * as ecs from '@aws-sdk/client-ecs';
import { NormalizedSchema } from '@smithy/core/schema';
import { afterEach, describe, expect, it } from 'vitest';
import { loadProject } from '../../../src/lib/config/load.js';
import type { Diagnostic } from '../../../src/lib/config/project.js';
import { resolveEnvironment } from '../../../src/lib/config/resolve.js';
import type { TaskDefinitionInput } from '../../../src/lib/config/task-definition.js';
import { type Shape, taskDefinitionShape } from '../../../src/lib/config/task-definition-shape.js';
import { type Rendered, renderTaskDefinition } from '../../../src/lib/config/template.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import {
  apiTemplate,
  shopFiles,
  shopYaml,
  type TempProject,
  tempProject,
  workersTemplate,
} from '../../helpers/temp-project.js';

const image = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api@sha256:${'a'.repeat(64)}`;
const folders: TempProject[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

interface Case {
  readonly files?: Readonly<Record<string, string>>;
  readonly service?: string;
  readonly environment?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const render = ({ files = {}, service = 'api', environment = 'staging', env = {} }: Case = {}): Rendered => {
  const folder = tempProject({ ...shopFiles, ...files });
  folders.push(folder);
  const project = loadProject({ cwd: folder.root, env });
  const resolved = resolveEnvironment(project, environment, { env });
  const found = resolved.services.find(({ name }) => name === service);
  if (found === undefined) throw new Error(`no service ${service}`);
  return renderTaskDefinition(found, { project, environment: resolved, image, account: '123456789012' });
};

const rendered = (options: Case = {}): TaskDefinitionInput => render(options).taskDefinition;

const wrong = (options: Case): readonly string[] => {
  try {
    render(options);
  } catch (error) {
    if (!isPlatformError(error) || error.code !== 'E_CONFIG' || error.exitCode !== 3) throw error;
    const { diagnostics } = error.details as { diagnostics: readonly Diagnostic[] };
    return diagnostics.map(({ at, message }) => `${at?.file}:${at?.line}:${at?.column} ${message}`);
  }
  throw new Error('expected an error');
};

const api = (change: (text: string) => string): Case => ({
  files: { 'task-definitions/api.json': change(apiTemplate) },
});

describe('a rendered task definition', () => {
  it('has references resolved, the image, logs and secrets of its service', () => {
    expect(rendered()).toEqual({
      family: 'shop-staging-api',
      cpu: '256',
      memory: '512',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
      containerDefinitions: [
        {
          name: 'api',
          image,
          portMappings: [{ containerPort: 3000 }],
          environment: [{ name: 'LOG_LEVEL', value: 'debug' }],
          secrets: [{ name: 'DATABASE_URL', valueFrom: '/shop/staging/DATABASE_URL' }],
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': '/ecs/shop-staging-api',
              'awslogs-region': 'eu-west-1',
              'awslogs-stream-prefix': 'api',
            },
          },
        },
      ],
    });
  });

  it('may be YAML, and its cpu and memory numbers', () => {
    const definition = rendered({ service: 'workers', environment: 'production' });
    expect(definition).toMatchObject({ family: 'shop-production-workers', cpu: '256', memory: '512' });
    expect(definition.containerDefinitions[0]).toMatchObject({ name: 'workers', image, essential: true });
    expect(definition.containerDefinitions[0]?.logConfiguration?.options?.['awslogs-region']).toBe('us-west-2');
  });

  it('leaves sidecars and another log driver alone, and gives the image to the chosen container only', () => {
    const template = `${workersTemplate}    logConfiguration: { logDriver: awsfirelens }
  - name: router
    image: public.ecr.aws/aws-observability/aws-for-fluent-bit:stable
    firelensConfiguration: { type: fluentbit }
`;
    const [workers, router] = rendered({
      service: 'workers',
      files: { 'task-definitions/workers.yaml': template },
    }).containerDefinitions;
    expect(workers?.logConfiguration).toEqual({ logDriver: 'awsfirelens' });
    expect(router).toEqual({
      name: 'router',
      image: 'public.ecr.aws/aws-observability/aws-for-fluent-bit:stable',
      firelensConfiguration: { type: 'fluentbit' },
    });
  });

  it('adds no log driver to a container that is said to have none', () => {
    const yaml = shopYaml.replace('    dependsOn: [api]', '    logging: none\n    dependsOn: [api]');
    const files = { 'platform.yaml': yaml };
    expect(rendered({ service: 'workers', files }).containerDefinitions[0]).not.toHaveProperty('logConfiguration');
    expect(rendered({ service: 'workers' }).containerDefinitions[0]).toHaveProperty('logConfiguration');
  });

  it('registers into the family that platform.yaml names', () => {
    const yaml = shopYaml.replace('    port: 3000', '    port: 3000\n    family: Legacy_api');
    expect(rendered({ files: { 'platform.yaml': yaml } }).family).toBe('Legacy_api');
  });

  it('takes Secrets Manager names as ARNs and keeps ARNs and SSM names', () => {
    const yaml = shopYaml.replace(
      '      DATABASE_URL: /shop',
      '      A: secretsmanager:shop/a\n      B: arn:aws:ssm:eu-west-1:1:parameter/b\n      C: ssm:/c\n      DATABASE_URL: /shop',
    );
    expect(rendered({ files: { 'platform.yaml': yaml } }).containerDefinitions[0]?.secrets?.slice(0, 3)).toEqual([
      { name: 'A', valueFrom: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/a' },
      { name: 'B', valueFrom: 'arn:aws:ssm:eu-west-1:1:parameter/b' },
      { name: 'C', valueFrom: '/c' },
    ]);
  });

  it('knows where each part was written', () => {
    expect(render().positionOf(['containerDefinitions', 0, 'image'])).toEqual({
      file: 'task-definitions/api.json',
      line: 11,
      column: 16,
    });
  });
});

describe('a template is refused with file:line:column', () => {
  it.each<readonly [string, Case, string]>([
    [
      'an unknown reference',
      api((t) => t.replace('service.port', 'service.prt')),
      '12:43 unknown reference `service.prt`',
    ],
    [
      'an unknown variable',
      api((t) => t.replace('vars.LOG_LEVEL', 'vars.LEVEL')),
      'vars.LEVEL is not defined for environment staging',
    ],
    ['an unlisted environment variable', api((t) => t.replace('vars.LOG_LEVEL', 'env.HOME')), 'env.HOME is not listed'],
    [
      'an unset environment variable',
      api((t) => t.replace('vars.LOG_LEVEL', 'env.OWNER')),
      'environment variable OWNER is not set',
    ],
    ['an unknown key', api((t) => t.replace('"cpu"', '"cpus"')), '3:3 unknown key `cpus` in the task definition'],
    [
      'an unknown key of a container',
      api((t) => t.replace('"portMappings"', '"ports"')),
      '12:7 unknown key `ports` in containerDefinitions[0]',
    ],
    ['a read-only key', api((t) => t.replace('"cpu"', '"revision"')), 'unknown key `revision`'],
    ['a wrong type', api((t) => t.replace('["FARGATE"]', '"FARGATE"')), '6:30 requiresCompatibilities must be a list'],
    [
      'a number as environment value',
      api((t) => t.replace('"${{ vars.LOG_LEVEL }}"', '3')),
      'environment[0].value must be text',
    ],
    ['another container name', api((t) => t.replace('"name": "api"', '"name": "app"')), 'no container `api`'],
    [
      'no container',
      api((t) => t.replace(/"containerDefinitions": \[[\s\S]*\]\n/, '"containerDefinitions": []\n')),
      'at least one container',
    ],
    ['another family', api((t) => t.replace('${{ service.family }}', 'mine')), '2:13 family is `mine`'],
    ['no execution role', api((t) => t.replace(/ {2}"executionRoleArn".*\n/, '')), 'executionRoleArn is missing'],
    [
      'a secret twice',
      api((t) => t.replace('"LOG_LEVEL"', '"DATABASE_URL"')),
      '`DATABASE_URL` is in environment and in secrets',
    ],
    ['broken JSON', api((t) => t.slice(0, 200)), 'api.json:'],
    ['an alias bomb', api(() => `a: &a [x]\nb: [${'*a,'.repeat(101)}]\n`), 'more than 100 aliases'],
  ])('%s', (_name, options, message) => {
    const errors = wrong(options);
    expect(errors.join('\n')).toContain(message);
    for (const error of errors) expect(error).toMatch(/^task-definitions\/api\.json:[1-9]\d*:[1-9]\d* /);
  });

  it.each([
    ['DATABASE', 'postgres://app:hunter2@db/shop'],
    ['KEY', 'AKIAIOSFODNN7EXAMPLE'],
    ['DSN', 'host=db password=hunter2'],
    ['AUTH', 'Bearer abcdefghijklmnop'],
    ['APP_SECRET', 'hunter2'],
    ['SESSION_TOKEN', 'abc'],
  ])('when the plain value of %s looks like a secret, and the value is not repeated', (name, value) => {
    const errors = wrong(
      api((t) => t.replace('"LOG_LEVEL", "value": "${{ vars.LOG_LEVEL }}"', `"${name}", "value": "${value}"`)),
    );
    expect(errors).toEqual([expect.stringContaining(`the value of \`${name}\` looks like a secret`)]);
    expect(errors.join()).not.toContain(value);
  });

  it.each([
    ['DATABASE', 'postgres://db/shop'],
    ['SECRET_SOURCE', 'ssm'],
    ['TOKEN_URL', 'https://example.com/oauth/token'],
    ['MAX_TOKEN', '4000'],
  ])('but not when %s only sounds like one', (name, value) => {
    const change = (t: string): string =>
      t.replace('"LOG_LEVEL", "value": "${{ vars.LOG_LEVEL }}"', `"${name}", "value": "${value}"`);
    expect(rendered(api(change)).containerDefinitions[0]?.environment).toEqual([{ name, value }]);
  });

  it('with all errors of one template at once', () => {
    const both = api((t) => t.replace('"cpu"', '"cpus"').replace('service.port', 'service.prt'));
    expect(wrong(both)).toHaveLength(2);
  });
});

describe('the shape of a task definition', () => {
  it('is the one of the AWS client', () => {
    const shapeOf = (schema: NormalizedSchema): Shape => {
      if (schema.isStructSchema())
        return {
          members: Object.fromEntries([...schema.structIterator()].map(([name, member]) => [name, shapeOf(member)])),
        };
      if (schema.isListSchema()) return { list: shapeOf(schema.getValueSchema()) };
      if (schema.isMapSchema()) return { map: shapeOf(schema.getValueSchema()) };
      if (schema.isNumericSchema()) return 'number';
      return schema.isBooleanSchema() ? 'boolean' : 'string';
    };
    expect(taskDefinitionShape).toEqual(shapeOf(NormalizedSchema.of(ecs.RegisterTaskDefinitionRequest$)));
  });
});

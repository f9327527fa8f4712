import { describe, expect, it } from 'vitest';
import { painter } from '../../../src/lib/cli/color.js';
import { sameTaskDefinition } from '../../../src/lib/config/normalise-task-definition.js';
import { type Difference, definitionDiff } from '../../../src/lib/deployments/definition-diff.js';
import { differenceLines } from '../../../src/lib/deployments/difference-lines.js';

const definition = (container: object, more: object = {}) => ({
  family: 'shop-api',
  cpu: '256',
  memory: '512',
  ...more,
  containerDefinitions: [{ name: 'api', image: 'api:1', ...container }],
});

const fieldsOf = (differences: readonly Difference[]): readonly string[] => differences.map(({ field }) => field);

describe('the difference between two task definitions', () => {
  it('is image, variables and secrets', () => {
    const before = definition({
      image: 'api:2',
      environment: [{ name: 'LEVEL', value: 'debug' }],
      secrets: [{ name: 'DB', valueFrom: '/a' }],
    });
    const after = definition({ environment: [{ name: 'LEVEL', value: 'info' }] });
    expect(fieldsOf(definitionDiff(before, after))).toEqual(['container image', 'variable LEVEL', 'secret DB']);
  });

  it('never shows a plain value', () => {
    const before = definition({ environment: [{ name: 'KEY', value: 'hunter2' }] });
    expect(JSON.stringify(definitionDiff(before, definition({})))).not.toContain('hunter2');
  });

  it('is empty for the same content', () => {
    expect(definitionDiff(definition({}), definition({}))).toEqual([]);
  });

  it('is empty for what AWS only fills in', () => {
    const answered = definition(
      {
        cpu: 0,
        essential: true,
        environment: [],
        portMappings: [{ containerPort: 3000, hostPort: 3000, protocol: 'tcp' }],
        healthCheck: { command: ['CMD', 'true'], interval: 30, timeout: 5, retries: 3 },
      },
      {
        taskDefinitionArn: 'arn:td:7',
        revision: 7,
        status: 'ACTIVE',
        registeredAt: new Date(),
        compatibilities: ['EC2'],
      },
    );
    const ours = definition({ portMappings: [{ containerPort: 3000 }], healthCheck: { command: ['CMD', 'true'] } });
    expect(definitionDiff(answered, ours)).toEqual([]);
  });

  it.each<[string, object, object, readonly string[]]>([
    ['size', {}, { cpu: '1 vCPU' }, ['cpu']],
    ['role', {}, { taskRoleArn: 'arn:role' }, ['taskRoleArn']],
    ['platform', {}, { runtimePlatform: { cpuArchitecture: 'ARM64' } }, ['runtimePlatform.cpuArchitecture']],
    ['volume', {}, { volumes: [{ name: 'data', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }] }, ['volumes data']],
    ['storage', {}, { ephemeralStorage: { sizeInGiB: 50 } }, ['ephemeralStorage.sizeInGiB']],
    ['command', { command: ['node', 'x.js'] }, {}, ['container command']],
    [
      'port',
      { portMappings: [{ containerPort: 3000 }, { containerPort: 53, protocol: 'udp' }] },
      {},
      ['container portMappings 3000/tcp', 'container portMappings 53/udp'],
    ],
    [
      'health check',
      { healthCheck: { command: ['CMD', 'x'], interval: 10 } },
      {},
      ['container healthCheck.command', 'container healthCheck.interval'],
    ],
    [
      'log option',
      { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/x' } } },
      {},
      ['container logConfiguration.logDriver', 'container logConfiguration.options.awslogs-group'],
    ],
    [
      'file of variables',
      { environmentFiles: [{ value: 'arn:aws:s3:::b/x.env', type: 's3' }] },
      {},
      ['container environmentFiles s3'],
    ],
    ['essential', { essential: false }, {}, ['container essential']],
    ['limit', { ulimits: [{ name: 'nofile', softLimit: 1, hardLimit: 2 }] }, {}, ['container ulimits nofile']],
  ])('shows a %s', (_what, container, more, fields) => {
    const [before, after] = [definition({}), definition(container, more)];
    expect(sameTaskDefinition(before, after)).toBe(false);
    expect(fieldsOf(definitionDiff(before, after))).toEqual(fields);
    expect(definitionDiff(before, after).every((each) => each.before === null || each.field === 'cpu')).toBe(true);
    expect(fieldsOf(definitionDiff(after, before))).toEqual(fields);
  });

  it('names the container where there are several, and one that comes or goes', () => {
    const two = {
      ...definition({}),
      containerDefinitions: [
        { name: 'api', image: 'api:1' },
        { name: 'envoy', image: 'envoy:1' },
      ],
    };
    expect(definitionDiff(definition({}), two)).toEqual([
      { kind: 'image', field: 'envoy: container image', before: null, after: 'envoy:1' },
    ]);
  });

  it('tells two items apart that have nothing to tell them apart but their number', () => {
    const item = { type: 's3', value: 'arn:a' };
    const differences = definitionDiff(
      definition({ environmentFiles: [item] }),
      definition({ environmentFiles: [item, { ...item, value: 'arn:b' }] }),
    );
    expect(fieldsOf(differences)).toEqual(['container environmentFiles s3 (2)']);
  });

  it('shows plain values when asked to, but none that looks like a secret by itself or by its name', () => {
    const environment = [
      { name: 'LEVEL', value: 'debug' },
      { name: 'DB_PASSWORD', value: 'hunter2' },
      { name: 'URL', value: 'postgres://app:s3cr3t-value@db/app' },
    ];
    const differences = definitionDiff(definition({}), definition({ environment }), { values: 'shown' });
    expect(differences.find(({ field }) => field === 'variable LEVEL')?.after).toBe('"debug"');
    expect(JSON.stringify(differences)).not.toMatch(/hunter2|s3cr3t-value/);
    expect(differences.every(({ after }) => after?.startsWith('#') || after === '"debug"')).toBe(true);
  });

  it('hides what looks like a secret anywhere else, and still tells that it changed', () => {
    const command = (secret: string) =>
      definition({ command: ['sh', '-c', `curl -H "Authorization: Bearer ${secret}" x`] });
    const differences = definitionDiff(command('aaaaaaaaaaaaaaaa'), command('bbbbbbbbbbbbbbbb'));
    expect(JSON.stringify(differences)).not.toMatch(/aaaaaaaa|bbbbbbbb/);
    expect(differences).toHaveLength(1);
    expect(differences[0]?.before).not.toBe(differences[0]?.after);
    const labels = definitionDiff(definition({}), definition({ dockerLabels: { API_TOKEN: 'hunter2-hunter2' } }));
    expect(JSON.stringify(labels)).not.toContain('hunter2');
  });
});

const drawn = (differences: readonly Difference[], columns?: number): readonly string[] =>
  differenceLines(differences, columns).map(painter('plain'));

const difference = (change: Partial<Difference> = {}): Difference => ({
  kind: 'definition',
  field: 'cpu',
  before: '256',
  after: '512',
  ...change,
});

describe('the lines of a difference', () => {
  it('mark what was added, removed and changed', () => {
    expect(drawn([difference(), difference({ before: null }), difference({ after: null })], 60)).toEqual([
      '  ~ cpu: 256 → 512',
      '  + cpu: 512',
      '  - cpu: 256',
    ]);
  });

  it('put long values below each other, wrapped between words, within the width', () => {
    const long = difference({
      field: 'container command',
      before: 'one two three four five six seven eight',
      after: 'one two three four five six seven nine ten',
    });
    const lines = drawn([long], 40);
    expect(lines).toEqual([
      '  ~ container command',
      '      - one two three four five six',
      '        seven eight',
      '      + one two three four five six',
      '        seven nine ten',
    ]);
    expect(drawn([long])).toHaveLength(1);
  });

  it('shorten images, not other text that looks like one', () => {
    const image = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api@sha256:${'a'.repeat(64)}`;
    expect(drawn([difference({ kind: 'image', before: null, after: image })])[0]).toBe(
      '  + cpu: shop/api@sha256:aaaaaaaaaaaa',
    );
    expect(drawn([difference({ before: null, after: image })])[0]).toContain('dkr.ecr');
  });
});

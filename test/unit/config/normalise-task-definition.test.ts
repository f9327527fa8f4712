import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseTaskDefinition, sameTaskDefinition } from '../../../src/lib/config/normalise-task-definition.js';

const ours = {
  family: 'shop-staging-api',
  cpu: '256',
  memory: '512',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
  containerDefinitions: [
    {
      name: 'api',
      image: 'shop/api@sha256:abc',
      portMappings: [{ containerPort: 3000 }],
      environment: [
        { name: 'B', value: '2' },
        { name: 'A', value: '' },
      ],
      secrets: [{ name: 'DATABASE_URL', valueFrom: '/shop/staging/DATABASE_URL' }],
      healthCheck: { command: ['CMD', 'true'] },
    },
    { name: 'proxy', image: 'proxy@sha256:def', essential: false },
  ],
  volumes: [{ name: 'scratch' }],
};

/** The same, as DescribeTaskDefinition answers. */
const theirs = {
  taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-staging-api:7',
  revision: 7,
  status: 'ACTIVE',
  requiresAttributes: [{ name: 'com.amazonaws.ecs.capability.task-iam-role' }],
  compatibilities: ['EC2', 'FARGATE'],
  registeredAt: new Date(0),
  registeredBy: 'arn:aws:sts::123456789012:assumed-role/ci/x',
  placementConstraints: [],
  ...ours,
  memory: '512',
  containerDefinitions: [
    {
      name: 'api',
      image: 'shop/api@sha256:abc',
      cpu: 0,
      portMappings: [{ containerPort: 3000, hostPort: 3000, protocol: 'tcp' }],
      essential: true,
      environment: [
        { name: 'A', value: '' },
        { name: 'B', value: '2' },
      ],
      environmentFiles: [],
      mountPoints: [],
      volumesFrom: [],
      secrets: [{ name: 'DATABASE_URL', valueFrom: '/shop/staging/DATABASE_URL' }],
      systemControls: [],
      healthCheck: { command: ['CMD', 'true'], interval: 30, timeout: 5, retries: 3 },
    },
    {
      name: 'proxy',
      image: 'proxy@sha256:def',
      cpu: 0,
      essential: false,
      portMappings: [],
      environment: [],
      mountPoints: [],
    },
  ],
  volumes: [{ name: 'scratch', host: {} }],
  tags: [{ key: 'platform:tag', value: 'v1' }],
};

const changed = (change: (definition: typeof ours) => Readonly<Record<string, unknown>>): boolean =>
  !sameTaskDefinition(ours, change(structuredClone(ours)));

describe('two task definitions are the same', () => {
  it('when one is what AWS answers for the other', () => {
    expect(normaliseTaskDefinition(theirs)).toEqual(normaliseTaskDefinition(ours));
    expect(sameTaskDefinition(theirs, ours)).toBe(true);
  });

  it('when cpu and memory are said in other units', () => {
    const task = { ...ours, cpu: '.25 vCPU', memory: '1 GB' };
    expect(sameTaskDefinition({ ...ours, memory: '1024' }, { ...task, cpu: '0.25 vCPU' })).toBe(true);
  });

  it('whatever the order of what has none', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(ours.containerDefinitions, { minLength: 2 }), (containers) => {
        expect(sameTaskDefinition(ours, { ...ours, containerDefinitions: containers })).toBe(true);
      }),
    );
  });

  it('once normalised, normalising again changes nothing', () => {
    expect(normaliseTaskDefinition(normaliseTaskDefinition(theirs))).toEqual(normaliseTaskDefinition(theirs));
  });

  it('and neither argument is changed by asking', () => {
    const before = structuredClone(theirs);
    sameTaskDefinition(theirs, ours);
    expect(theirs).toEqual(before);
  });
});

describe('they differ', () => {
  const [api, proxy] = ours.containerDefinitions;
  it.each<readonly [string, (definition: typeof ours) => Readonly<Record<string, unknown>>]>([
    ['by an image', (d) => ({ ...d, containerDefinitions: [{ ...api, image: 'shop/api@sha256:other' }, proxy] })],
    [
      'by an environment value',
      (d) => ({ ...d, containerDefinitions: [{ ...api, environment: [{ name: 'B', value: '3' }] }, proxy] }),
    ],
    [
      'by an empty environment value',
      (d) => ({ ...d, containerDefinitions: [{ ...api, environment: [{ name: 'B', value: '2' }] }, proxy] }),
    ],
    ['by a secret', (d) => ({ ...d, containerDefinitions: [{ ...api, secrets: [] }, proxy] })],
    ['by a container less', (d) => ({ ...d, containerDefinitions: [api] })],
    [
      'when a container becomes essential',
      (d) => ({ ...d, containerDefinitions: [api, { ...proxy, essential: true }] }),
    ],
    [
      'by the order of a command',
      (d) => ({ ...d, containerDefinitions: [{ ...api, healthCheck: { command: ['true', 'CMD'] } }, proxy] }),
    ],
    ['by cpu', (d) => ({ ...d, cpu: '512' })],
    ['by a role', (d) => ({ ...d, taskRoleArn: 'arn:aws:iam::123456789012:role/other' })],
    ['by an architecture that is not the default', (d) => ({ ...d, runtimePlatform: { cpuArchitecture: 'ARM64' } })],
    [
      'by a host port of its own',
      (d) => ({
        ...d,
        containerDefinitions: [{ ...api, portMappings: [{ containerPort: 3000, hostPort: 80 }] }, proxy],
      }),
    ],
  ])('%s', (_name, change) => {
    expect(changed(change)).toBe(true);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadProject } from '../../../src/lib/config/load.js';
import { resolveEnvironment } from '../../../src/lib/config/resolve.js';
import { seedFromProject } from '../../../src/lib/rehearsal/seed-from-project.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'platform-seed-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const taskDefinition = (name: string, port?: number): string =>
  JSON.stringify({
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::${{ account }}:role/ecsTaskExecutionRole',
    taskRoleArn: 'arn:aws:iam::${{ account }}:role/shop-task',
    containerDefinitions: [
      { name, essential: true, ...(port !== undefined && { portMappings: [{ containerPort: port }] }) },
      { name: 'sidecar', image: 'public.ecr.aws/docker/library/busybox:1', essential: false },
    ],
  });

const configuration = `
version: 1
project: shop
region: eu-west-1
environments:
  staging:
    network:
      vpc: shop-vpc
      subnets: [shop-a, shop-b]
      assignPublicIp: false
  production:
    protected: true
services:
  api:
    taskDefinition: tasks/api.json
    port: 3000
    path: /api/
    image: { repository: shop-api }
    build: { context: api }
    desiredCount: 2
    secrets:
      DATABASE_URL: /shop/staging/DATABASE_URL
      TOKEN: secretsmanager:shop/token
  workers:
    taskDefinition: tasks/workers.json
    image: { repository: ghcr.io/shop/workers }
`;

const seed = (environment = 'staging') => {
  mkdirSync(join(folder, 'tasks'));
  mkdirSync(join(folder, 'api'));
  writeFileSync(join(folder, 'platform.yaml'), configuration);
  writeFileSync(join(folder, 'tasks', 'api.json'), taskDefinition('api', 3000));
  writeFileSync(join(folder, 'tasks', 'workers.json'), taskDefinition('workers'));
  const project = loadProject({ cwd: folder, env: {} });
  return seedFromProject({ project, environment: resolveEnvironment(project, environment, { env: {} }) });
};

describe('the seed document of a project', () => {
  it('has the names that the commands will look for', () => {
    const document = seed();
    expect(document).toMatchObject({
      project: 'shop',
      environment: 'staging',
      region: 'eu-west-1',
      clusters: ['shop-staging'],
      loadBalancer: { name: 'shop-staging', listenerPort: 80, testListenerPort: 8081 },
      logGroups: ['/ecs/shop-staging-api', '/ecs/shop-staging-workers'],
    });
    expect(document.services.map(({ serviceName, desiredCount }) => [serviceName, desiredCount])).toEqual([
      ['shop-staging-api', 2],
      ['shop-staging-workers', 1],
    ]);
  });

  it('runs the tag seed: from the ECR of the sandbox, or from the registry that the project names', () => {
    expect(seed().services.map(({ image }) => image)).toEqual([
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-api:seed',
      'ghcr.io/shop/workers:seed',
    ]);
  });

  it('makes ECR repositories only for images of the account, with the folder of the build', () => {
    expect(seed().repositories).toEqual([{ name: 'shop-api', execFolder: join(folder, 'api') }]);
  });

  it('puts only services with a port behind the load balancer, on their path', () => {
    expect(seed().services.map(({ port, pathPattern }) => [port, pathPattern])).toEqual([
      [3000, '/api/*'],
      [undefined, undefined],
    ]);
  });

  it('makes up a value for every parameter and secret that a task definition names', () => {
    const { parameters, secrets } = seed();
    expect(parameters).toEqual([
      { name: '/shop/staging/DATABASE_URL', value: 'postgres://sandbox:sandbox@127.0.0.1:5432/sandbox' },
    ]);
    expect(secrets).toEqual([{ name: 'shop/token', value: 'sandbox-token' }]);
  });

  it('names execution and task roles once each, and the network as it is configured', () => {
    const { roles, network } = seed();
    expect(roles).toEqual([
      'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
      'arn:aws:iam::123456789012:role/shop-task',
    ]);
    expect(network).toEqual({ vpc: 'shop-vpc', subnets: ['shop-a', 'shop-b'], assignPublicIp: false });
  });

  it('leaves the network to the default VPC where none is configured', () => {
    expect(seed('production').network).toBeUndefined();
  });

  it('is the same every time', () => {
    const first = JSON.stringify(seed());
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    expect(JSON.stringify(seed())).toBe(first);
  });
});

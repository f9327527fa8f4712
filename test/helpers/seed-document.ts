/** A small project as a seed document: one service behind the balancer, one without. */
import type { SeedDocument, SeedService } from '../../src/lib/sandbox/seed.js';

const account = '123456789012';

export const seedRegion = 'eu-west-1';

const seedService = (name: string, extra: Partial<SeedService> = {}): SeedService => {
  const serviceName = extra.serviceName ?? `shop-staging-${name}`;
  const logGroup = `/ecs/${serviceName}`;
  const image = `${account}.dkr.ecr.${seedRegion}.amazonaws.com/shop-${name}:seed`;
  return {
    name,
    serviceName,
    family: serviceName,
    cluster: 'shop-staging',
    container: name,
    desiredCount: 2,
    image,
    logGroup,
    taskDefinition: {
      family: serviceName,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      executionRoleArn: `arn:aws:iam::${account}:role/ecsTaskExecutionRole`,
      containerDefinitions: [
        {
          name,
          image,
          essential: true,
          ...(extra.port !== undefined && { portMappings: [{ containerPort: extra.port, protocol: 'tcp' }] }),
          secrets: [{ name: 'DATABASE_URL', valueFrom: '/shop/staging/DATABASE_URL' }],
          logConfiguration: {
            logDriver: 'awslogs',
            options: { 'awslogs-group': logGroup, 'awslogs-region': seedRegion, 'awslogs-stream-prefix': name },
          },
        },
      ],
    },
    ...extra,
  };
};

export const seedDocument = (extra: Partial<SeedDocument> = {}): SeedDocument => ({
  project: 'shop',
  environment: 'staging',
  region: seedRegion,
  clusters: ['shop-staging'],
  services: [seedService('api', { port: 3000, healthPath: '/health', pathPattern: '/*' }), seedService('workers')],
  loadBalancer: { name: 'shop-staging', listenerPort: 80, testListenerPort: 8081 },
  logGroups: ['/ecs/shop-staging-api', '/ecs/shop-staging-workers'],
  parameters: [{ name: '/shop/staging/DATABASE_URL', value: 'postgres://sandbox' }],
  secrets: [{ name: 'shop/staging/token', value: 'sandbox-token' }],
  roles: [`arn:aws:iam::${account}:role/shop-task`],
  repositories: [{ name: 'shop-api' }, { name: 'shop-workers' }],
  ...extra,
});

/** The production estate that test/fixtures/aws-cli-script.sh works on. */
export const productionDocument = (): SeedDocument => {
  const cluster = 'shop-prod-cluster';
  const service = (name: string, extra: Partial<SeedService> = {}): SeedService =>
    seedService(name, { serviceName: `shop-prod-${name}`, cluster, desiredCount: 1, ...extra });
  return seedDocument({
    environment: 'prod',
    clusters: [cluster],
    services: [service('api', { port: 3000, healthPath: '/health', pathPattern: '/*' }), service('workers')],
    loadBalancer: { name: 'shop-prod', listenerPort: 80, testListenerPort: 8081 },
    logGroups: ['/ecs/shop-prod-api', '/ecs/shop-prod-workers'],
  });
};

/** Every installed SDK client as a simulated service whose handlers answer what the test says. */
import type { ServiceModule } from '../../src/lib/sandbox/service.js';
import { readServiceSchema, type ServiceSchema } from '../../src/lib/sandbox/wire/schema.js';

export interface FuzzService {
  /** As botocore calls it. */
  readonly id: string;
  readonly signingName: string;
  readonly target?: string;
  readonly client: string;
  readonly protocol: 'awsJson1_1' | 'awsQuery' | 'ec2Query';
  readonly load: () => Promise<Record<string, unknown>>;
}

export const fuzzServices: readonly FuzzService[] = [
  {
    id: 'ecs',
    signingName: 'ecs',
    target: 'AmazonEC2ContainerServiceV20141113',
    client: 'ECSClient',
    protocol: 'awsJson1_1',
    load: () => import('@aws-sdk/client-ecs'),
  },
  {
    id: 'ssm',
    signingName: 'ssm',
    target: 'AmazonSSM',
    client: 'SSMClient',
    protocol: 'awsJson1_1',
    load: () => import('@aws-sdk/client-ssm'),
  },
  {
    id: 'logs',
    signingName: 'logs',
    target: 'Logs_20140328',
    client: 'CloudWatchLogsClient',
    protocol: 'awsJson1_1',
    load: () => import('@aws-sdk/client-cloudwatch-logs'),
  },
  {
    id: 'secretsmanager',
    signingName: 'secretsmanager',
    target: 'secretsmanager',
    client: 'SecretsManagerClient',
    protocol: 'awsJson1_1',
    load: () => import('@aws-sdk/client-secrets-manager'),
  },
  {
    id: 'ecr',
    signingName: 'ecr',
    target: 'AmazonEC2ContainerRegistry_V20150921',
    client: 'ECRClient',
    protocol: 'awsJson1_1',
    load: () => import('@aws-sdk/client-ecr'),
  },
  {
    id: 'application-autoscaling',
    signingName: 'application-autoscaling',
    target: 'AnyScaleFrontendService',
    client: 'ApplicationAutoScalingClient',
    protocol: 'awsJson1_1',
    load: () => import('@aws-sdk/client-application-auto-scaling'),
  },
  {
    id: 'cloudwatch',
    signingName: 'monitoring',
    target: 'GraniteServiceVersion20100801',
    client: 'CloudWatchClient',
    protocol: 'awsJson1_1',
    load: () => import('@aws-sdk/client-cloudwatch'),
  },
  {
    id: 'sns',
    signingName: 'sns',
    client: 'SNSClient',
    protocol: 'awsQuery',
    load: () => import('@aws-sdk/client-sns'),
  },
  {
    id: 'elbv2',
    signingName: 'elasticloadbalancing',
    client: 'ElasticLoadBalancingV2Client',
    protocol: 'awsQuery',
    load: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  },
  {
    id: 'sts',
    signingName: 'sts',
    client: 'STSClient',
    protocol: 'awsQuery',
    load: () => import('@aws-sdk/client-sts'),
  },
  {
    id: 'iam',
    signingName: 'iam',
    client: 'IAMClient',
    protocol: 'awsQuery',
    load: () => import('@aws-sdk/client-iam'),
  },
  {
    id: 'ec2',
    signingName: 'ec2',
    client: 'EC2Client',
    protocol: 'ec2Query',
    load: () => import('@aws-sdk/client-ec2'),
  },
];

export type FuzzHandler = (operation: string, input: unknown) => unknown;

export interface LoadedFuzzService {
  readonly service: FuzzService;
  readonly exports: Record<string, unknown>;
  readonly schema: ServiceSchema;
  readonly module: ServiceModule;
}

export const loadFuzzService = async (service: FuzzService, handler: FuzzHandler): Promise<LoadedFuzzService> => {
  const exports = await service.load();
  const schema = readServiceSchema(exports);
  const operations = Object.fromEntries(
    [...schema.operations.keys()].map((name) => [name, (input: unknown) => handler(name, input)]),
  );
  const module: ServiceModule = {
    id: service.id,
    signingName: service.signingName,
    ...(service.target && { target: service.target }),
    loadSchema: async () => exports,
    initial: () => ({}),
    operations,
  };
  return { service, exports, schema, module };
};

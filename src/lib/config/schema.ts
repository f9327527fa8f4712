/**
 * platform.yaml, version 1: the zod schema, from which the JSON Schema (`platform config schema`) and the types come.
 * Loading, positions and substitution are load.ts's business; this file imports zod only.
 */
import { z } from 'zod';

/** Names that may become a path or an AWS name (security: checked before they do). */
export const namePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;

const name = z
  .string()
  .regex(namePattern, 'lower-case letters, digits and dashes, at most 63 characters')
  .describe('lower-case letters, digits and dashes');

const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h)$/, 'a duration like 30s, 15m or 2h')
  .describe('a duration like 30s, 15m or 2h');

const relativePath = z.string().min(1).describe('a path inside the project, relative to platform.yaml');

const aws = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, 'a 12-digit AWS account id, in quotes')
    .optional()
    .describe('the account that this environment lives in; checked before every plan'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region like eu-west-1')
    .optional(),
  profile: z.string().min(1).optional().describe('a profile of ~/.aws/config'),
  roleArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'the ARN of an IAM role')
    .optional(),
});

const network = z.strictObject({
  vpc: z.string().optional().describe('VPC id, or name tag; the default VPC when absent'),
  subnets: z.array(z.string().min(1)).min(1).optional(),
  securityGroups: z.array(z.string().min(1)).min(1).optional(),
  assignPublicIp: z.boolean().optional(),
});

const loadBalancer = z.strictObject({
  name: z.string().min(1).max(32).describe('name of the application load balancer'),
  listenerPort: z.int().min(1).max(65535).default(80),
  testListenerPort: z.int().min(1).max(65535).optional(),
});

const dataStore = z.strictObject({
  kind: z.enum(['postgres', 'mysql', 'redis', 'valkey', 'memcached']),
  identifier: z.string().min(1).describe('the DB instance, DB cluster or replication group id'),
  auth: z
    .string()
    .regex(/^(ssm|secretsmanager):.+$/, 'ssm:NAME or secretsmanager:NAME')
    .optional(),
  endpoint: z
    .string()
    .regex(
      /^(?:(?:ssm|secretsmanager):.+|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?:\d{1,5})$/,
      'HOST:PORT, ssm:NAME or secretsmanager:NAME',
    )
    .optional()
    .describe('where it answers, for `platform tunnel`: HOST:PORT, or ssm:NAME / secretsmanager:NAME holding its URL'),
});

/** How a run can end or stop, as notices name it. */
export const noticeEvents = [
  'failed',
  'rolled-back',
  'rollback-failed',
  'timed-out',
  'superseded',
  'paused',
  'undone',
  'succeeded',
] as const;

const on = z
  .array(z.enum(noticeEvents))
  .min(1)
  .optional()
  .describe('endings to send; default failed, rolled-back, rollback-failed, timed-out, superseded, paused');

// writeOnly: what stands there is never shown, because a literal address would be a secret.
const webhookUrl = z
  .string()
  .regex(/^(ssm|secretsmanager):.+$/, 'a webhook address is a secret: keep it in SSM and write ssm:NAME here')
  .meta({ writeOnly: true, description: 'ssm:NAME or secretsmanager:NAME that holds the address of the webhook' });

const notice = z
  .union([
    z.strictObject({ on, slack: z.strictObject({ url: webhookUrl }) }),
    z.strictObject({
      on,
      sns: z.strictObject({
        topicArn: z
          .string()
          .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, 'the ARN of an SNS topic (not FIFO)'),
      }),
    }),
  ])
  .describe('where the end of a run is sent: a Slack-style webhook or an SNS topic');

const environment = z.strictObject({
  aws: aws.optional(),
  protected: z.boolean().default(false).describe('every change needs the name typed, or --confirm NAME'),
  cluster: z.string().min(1).max(255).optional().describe('ECS cluster; default <project>-<environment>'),
  network: network.optional(),
  loadBalancer: loadBalancer.optional(),
  state: z
    .strictObject({ kind: z.enum(['local']).default('local') })
    .optional()
    .describe('where journal and lock are kept'),
  dataStores: z.record(name, dataStore).optional(),
  variables: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
    .optional()
    .describe('values for `${{ vars.NAME }}` in this environment'),
  notify: z.array(notice).max(20).optional(),
});

const smoke = z
  .union([
    z.strictObject({
      url: z.string().min(1).describe('http(s) URL, or a path on the load balancer'),
      expectStatus: z.int().min(100).max(599).default(200),
      timeout: duration.default('10s'),
      attempts: z.int().min(1).max(100).default(5),
    }),
    z.strictObject({
      command: z.array(z.string().min(1)).min(1).describe('argv; run on this machine, exit 0 is a pass'),
      timeout: duration.default('60s'),
      attempts: z.int().min(1).max(100).default(1),
    }),
  ])
  .describe('run after every deployment; a failure rolls back');

const rolling = z.strictObject({
  kind: z.literal('rolling'),
  deadline: duration.default('15m').describe('without a healthy task by then the deployment is rolled back (AWS time)'),
});

/** What ECS allows in the names of services, families and containers. */
export const ecsNamePattern = /^[A-Za-z0-9_-]{1,255}$/;

const ecsName = z.string().regex(ecsNamePattern, 'letters, digits, dashes and underscores, at most 255');

const service = z.strictObject({
  taskDefinition: relativePath.describe('task definition template, JSON or YAML'),
  serviceName: z.string().min(1).max(255).optional().describe('ECS service; default <project>-<environment>-<service>'),
  family: ecsName.optional().describe('task definition family; default the name of the ECS service'),
  container: ecsName.optional().describe('the container that gets the image; default the service name'),
  port: z.int().min(1).max(65535).optional().describe('container port behind the load balancer'),
  healthPath: z.string().startsWith('/').default('/health'),
  path: z.string().startsWith('/').default('/').describe('path pattern on the load balancer, without the trailing *'),
  image: z.strictObject({
    repository: z.string().min(1).describe('ECR repository name, or a registry path without tag'),
  }),
  build: z
    .strictObject({
      context: relativePath.default('.'),
      dockerfile: relativePath.optional(),
      command: z.array(z.string()).optional(),
    })
    .optional(),
  logGroup: z.string().min(1).max(512).optional().describe('default /ecs/<project>-<environment>-<service>'),
  logging: z
    .enum(['awslogs', 'none'])
    .optional()
    .describe(
      'none: a container without a log driver stays so; default awslogs, filled in where the template has none',
    ),
  smoke: smoke.optional(),
  secrets: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().min(1))
    .optional()
    .describe('environment name → SSM parameter name or Secrets Manager ARN/name'),
  strategy: rolling.optional(),
  alarms: z
    .array(z.string().min(1).max(255))
    .max(100)
    .optional()
    .describe('names of CloudWatch alarms that belong to the service: `platform status` shows them'),
  dependsOn: z.array(name).optional(),
  desiredCount: z
    .int()
    .min(0)
    .max(5000)
    .default(1)
    .describe('count that the sandbox starts with; a deploy never changes it'),
});

export const configSchema = z.strictObject({
  version: z.literal(1),
  project: name,
  runtime: z.enum(['ecs']).default('ecs'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region like eu-west-1')
    .optional(),
  variables: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/))
    .optional()
    .describe('names of environment variables that `${{ env.NAME }}` may read'),
  defaultEnvironment: name.optional(),
  environments: z
    .record(name, environment)
    .refine((value) => Object.keys(value).length > 0, 'at least one environment'),
  services: z.record(name, service).refine((value) => Object.keys(value).length > 0, 'at least one service'),
});

export type PlatformConfig = z.output<typeof configSchema>;
export type EnvironmentConfig = PlatformConfig['environments'][string];
export type NoticeConfig = NonNullable<EnvironmentConfig['notify']>[number];
export type NoticeEvent = (typeof noticeEvents)[number];
export type ServiceConfig = PlatformConfig['services'][string];
export type SmokeConfig = NonNullable<ServiceConfig['smoke']>;

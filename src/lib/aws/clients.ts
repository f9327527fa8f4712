/**
 * The one client factory. Clients are loaded lazily (each import costs start-up time), cached per service, and share one
 * HTTP handler with connection and request time-outs. Two flavours: `read` retries as the SDK does; `write` has
 * maxAttempts 1, because the SDK would send UpdateService again after a lost answer (engine rule 4).
 * Only lib/aws and lib/sandbox may import @aws-sdk/*.
 */
import type { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ECRClient } from '@aws-sdk/client-ecr';
import type { ECSClient } from '@aws-sdk/client-ecs';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { STSClient } from '@aws-sdk/client-sts';

export interface ServiceClients {
  readonly ecs: ECSClient;
  readonly elbv2: ElasticLoadBalancingV2Client;
  readonly logs: CloudWatchLogsClient;
  readonly ssm: SSMClient;
  readonly secretsManager: SecretsManagerClient;
  readonly sts: STSClient;
  readonly ecr: ECRClient;
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly autoscaling: ApplicationAutoScalingClient;
  readonly cloudwatch: CloudWatchClient;
  readonly sns: SNSClient;
}

export type ServiceName = keyof ServiceClients;

export interface AwsClients {
  readonly region: string;
  read<S extends ServiceName>(service: S): Promise<ServiceClients[S]>;
  write<S extends ServiceName>(service: S): Promise<ServiceClients[S]>;
  /** Forget cached credentials once (an expired token is reloaded before the run pauses). */
  reloadCredentials(): void;
  /** Answers so far by which AWS asked to slow down; whoever polls slows down when it grows. */
  throttled(): number;
  destroy(): void;
}

/**
 * Makes the AWS clients of clients.ts: one per service and flavour, on one HTTP handler with time-outs. In a sandbox every
 * client gets its endpoint and dummy keys, and nothing of the operator's credentials is read: it fails closed.
 */
import { StandardRetryStrategy } from '@smithy/core/retry';
import type { HttpResponse } from '@smithy/core/transport';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type {
  AwsCredentialIdentityProvider,
  HttpHandlerOptions,
  HttpRequest,
  RequestHandler,
  RetryErrorInfo,
  StandardRetryToken,
} from '@smithy/types';
import { PlatformError } from '../errors/platform-error.js';
import type { AwsClients, ServiceClients, ServiceName } from './clients.js';

export type AwsAccess =
  | { readonly kind: 'aws'; readonly profile?: string; readonly roleArn?: string; readonly sessionName: string }
  | {
      readonly kind: 'sandbox';
      readonly endpoint: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
    };

export interface AwsClientOptions {
  readonly region: string;
  readonly access: AwsAccess;
  /** Appended to the user agent, so that CloudTrail and the sandbox's timeline tell who called. */
  readonly userAgent: string;
  /** In-process tests speak to the sandbox without a socket. */
  readonly requestHandler?: HttpTransport;
}

/** What the SDK's clients accept as a transport. */
export type HttpTransport = RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions>;

type Flavour = 'read' | 'write';

/** Throttling slows a read, it does not break it: up to 12 attempts; anything else 3, as the SDK does. */
class ReadRetryStrategy extends StandardRetryStrategy {
  constructor(
    attempts: number,
    private readonly onThrottle: () => void,
  ) {
    super(attempts);
  }

  override async refreshRetryTokenForRetry(
    token: StandardRetryToken,
    info: RetryErrorInfo,
  ): Promise<StandardRetryToken> {
    if (info.errorType === 'THROTTLING') this.onThrottle();
    if (info.errorType !== 'THROTTLING' && token.getRetryCount() >= 2) throw new Error('no attempt left');
    return super.refreshRetryTokenForRetry(token, info);
  }
}

const assertLoopback = (endpoint: string): void => {
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : '';
  if (['127.0.0.1', 'localhost', '[::1]'].includes(host)) return;
  throw new PlatformError('E_USAGE', `the sandbox endpoint ${JSON.stringify(endpoint)} is not on this machine`);
};

const credentialsOf = async (options: AwsClientOptions): Promise<AwsCredentialIdentityProvider> => {
  const { access, region } = options;
  if (access.kind === 'sandbox') {
    const { accessKeyId, secretAccessKey } = access;
    return async () => ({ accessKeyId, secretAccessKey });
  }
  const providers = await import('@aws-sdk/credential-providers');
  const profile = access.profile === undefined ? {} : { profile: access.profile };
  const base = providers.fromNodeProviderChain({ ...profile, clientConfig: { region } });
  if (access.roleArn === undefined) return base;
  return providers.fromTemporaryCredentials({
    masterCredentials: base,
    params: { RoleArn: access.roleArn, RoleSessionName: access.sessionName },
    clientConfig: { region },
  });
};

const makeClient = async (service: ServiceName, config: object): Promise<ServiceClients[ServiceName]> => {
  switch (service) {
    case 'ecs':
      return new (await import('@aws-sdk/client-ecs')).ECSClient(config);
    case 'elbv2':
      return new (await import('@aws-sdk/client-elastic-load-balancing-v2')).ElasticLoadBalancingV2Client(config);
    case 'logs':
      return new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient(config);
    case 'ssm':
      return new (await import('@aws-sdk/client-ssm')).SSMClient(config);
    case 'secretsManager':
      return new (await import('@aws-sdk/client-secrets-manager')).SecretsManagerClient(config);
    case 'sts':
      return new (await import('@aws-sdk/client-sts')).STSClient(config);
    case 'ecr':
      return new (await import('@aws-sdk/client-ecr')).ECRClient(config);
    case 'ec2':
      return new (await import('@aws-sdk/client-ec2')).EC2Client(config);
    case 'iam':
      return new (await import('@aws-sdk/client-iam')).IAMClient(config);
    case 'autoscaling':
      return new (await import('@aws-sdk/client-application-auto-scaling')).ApplicationAutoScalingClient(config);
    case 'cloudwatch':
      return new (await import('@aws-sdk/client-cloudwatch')).CloudWatchClient(config);
    case 'sns':
      return new (await import('@aws-sdk/client-sns')).SNSClient(config);
  }
};

const accessConfig = (access: AwsAccess): object =>
  access.kind === 'aws'
    ? access.profile === undefined
      ? {}
      : { profile: access.profile }
    : // A host prefix (`stream-` of live tail) would turn a loopback endpoint into a name that nobody resolves.
      { endpoint: access.endpoint, disableHostPrefix: true, useFipsEndpoint: false, useDualstackEndpoint: false };

const flavourConfig = (flavour: Flavour, onThrottle: () => void): object =>
  flavour === 'write' ? { maxAttempts: 1 } : { retryStrategy: new ReadRetryStrategy(12, onThrottle) };

const defaultHandler = (): NodeHttpHandler =>
  new NodeHttpHandler({
    connectionTimeout: 3000,
    requestTimeout: 60_000,
    throwOnRequestTimeout: true,
    httpAgent: { keepAlive: true, maxSockets: 50 },
    httpsAgent: { keepAlive: true, maxSockets: 50 },
  });

interface Cache {
  readonly credentials: Promise<AwsCredentialIdentityProvider>;
  readonly clients: Map<string, Promise<ServiceClients[ServiceName]>>;
}

export const createAwsClients = (options: AwsClientOptions): AwsClients => {
  const { access } = options;
  if (access.kind === 'sandbox') assertLoopback(access.endpoint);
  const requestHandler = options.requestHandler ?? defaultHandler();
  const fresh = (): Cache => ({ credentials: credentialsOf(options), clients: new Map() });
  let cache: Cache | undefined;
  let throttled = 0;
  const onThrottle = (): void => {
    throttled += 1;
  };

  const client = async (service: ServiceName, flavour: Flavour): Promise<ServiceClients[ServiceName]> => {
    cache ??= fresh();
    const { credentials, clients } = cache;
    const key = `${service}/${flavour}`;
    const known = clients.get(key);
    if (known) return known;
    const made = credentials.then((provider) =>
      makeClient(service, {
        region: options.region,
        credentials: provider,
        requestHandler,
        customUserAgent: options.userAgent,
        ...accessConfig(access),
        ...flavourConfig(flavour, onThrottle),
      }),
    );
    clients.set(key, made);
    return made;
  };

  return {
    region: options.region,
    read: async <S extends ServiceName>(service: S) => (await client(service, 'read')) as ServiceClients[S],
    write: async <S extends ServiceName>(service: S) => (await client(service, 'write')) as ServiceClients[S],
    reloadCredentials: () => {
      cache = undefined;
    },
    throttled: () => throttled,
    destroy: () => {
      cache = undefined;
      if (requestHandler instanceof NodeHttpHandler) requestHandler.destroy();
    },
  };
};

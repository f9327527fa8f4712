/** What a shell needs so that every AWS tool in it speaks to the sandbox and to nothing else. Pure. */
import type { SandboxEntry } from '../sandbox/registry.js';

export interface ShellEnvironment {
  readonly set: Readonly<Record<string, string>>;
  /** Names that would lead a tool elsewhere. */
  readonly unset: readonly string[];
}

const services = [
  'ECS',
  'ECR',
  'EC2',
  'ELASTIC_LOAD_BALANCING_V2',
  'CLOUDWATCH_LOGS',
  'SSM',
  'SECRETS_MANAGER',
  'STS',
  'IAM',
];

export const shellEnvironment = (
  sandbox: Pick<SandboxEntry, 'endpoint' | 'accessKeyId' | 'secretAccessKey' | 'region'>,
): ShellEnvironment => ({
  set: {
    PLATFORM_SANDBOX: sandbox.endpoint,
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: sandbox.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.secretAccessKey,
    AWS_DEFAULT_REGION: sandbox.region,
    AWS_REGION: sandbox.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  },
  unset: [
    'AWS_PROFILE',
    'AWS_DEFAULT_PROFILE',
    'AWS_SESSION_TOKEN',
    'AWS_SECURITY_TOKEN',
    'AWS_ROLE_ARN',
    'AWS_ROLE_SESSION_NAME',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
    ...services.map((name) => `AWS_ENDPOINT_URL_${name}`),
  ],
});

const quoted = (value: string): string =>
  /^[A-Za-z0-9_./:@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;

/** For `eval "$(platform sandbox env)"`. */
export const shellLines = ({ set, unset }: ShellEnvironment): readonly string[] => [
  `unset ${unset.join(' ')}`,
  ...Object.entries(set).map(([name, value]) => `export ${name}=${quoted(value)}`),
];

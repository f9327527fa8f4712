/**
 * The AWS part of a child's environment. In a sandbox a tool gets the endpoint and dummy keys, and everything by which it
 * could find real credentials is taken away: it fails closed. Pure.
 */
import type { Place } from '../context/context.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Profiles, roles, tokens, metadata and container endpoints, endpoint overrides of single services. */
const isAwsAccess = (name: string): boolean =>
  /^AWS_(PROFILE|DEFAULT_PROFILE|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CREDENTIAL_EXPIRATION|ROLE_\w+|WEB_IDENTITY_TOKEN_FILE|CONTAINER_\w+|EC2_METADATA_\w+|CONFIG_FILE|SHARED_CREDENTIALS_FILE|ENDPOINT_URL\w*|IGNORE_CONFIGURED_ENDPOINT_URLS|USE_FIPS_ENDPOINT|USE_DUALSTACK_ENDPOINT|CA_BUNDLE|SSO_\w+|LOGIN_\w+)$/.test(
    name,
  );

export interface ChildEnvOptions {
  readonly env: Env;
  readonly place: Place;
  readonly region: string;
}

export const childEnv = ({ env, place, region }: ChildEnvOptions): Readonly<Record<string, string>> => {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && (place.kind === 'aws' || !isAwsAccess(entry[0])),
  );
  // The AWS CLI v1 reads the second name only.
  const common = { ...Object.fromEntries(kept), AWS_REGION: region, AWS_DEFAULT_REGION: region };
  if (place.kind === 'aws') return common;
  return {
    ...common,
    AWS_ENDPOINT_URL: place.endpoint,
    AWS_ACCESS_KEY_ID: place.credentials?.accessKeyId ?? 'sandbox',
    AWS_SECRET_ACCESS_KEY: place.credentials?.secretAccessKey ?? 'sandbox',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    PLATFORM_SANDBOX: place.endpoint,
  };
};

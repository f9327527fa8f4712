/** Secrets Manager's data. ECS reads container secrets through `readSecret`; the seed writes with `addSecret`. */
import type { World } from '../../world.js';

export interface SecretVersion {
  readonly id: string;
  readonly string?: string;
  /** Base64. */
  readonly binary?: string;
  readonly createdAt: number;
  stages: string[];
}

export interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  changedAt: number;
  description?: string;
  kmsKeyId?: string;
  /** When it will be gone; set while it is marked for deletion. */
  deletionAt?: number;
  deletedAt?: number;
  tags: Record<string, string>;
  versions: SecretVersion[];
}

export interface SecretsState {
  secrets: Record<string, Secret>;
}

export const secretsState = (world: World, region: string): SecretsState =>
  world.service<SecretsState>(region, 'secretsmanager');

const suffixAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A secret's ARN ends in six random characters, so that a new secret of an old name is another secret. */
export const newSecretArn = (world: World, region: string, name: string): string => {
  const suffix = Array.from({ length: 6 }, () => suffixAlphabet[world.random() % suffixAlphabet.length]).join('');
  return world.arn('secretsmanager', region, `secret:${name}-${suffix}`);
};

/** By name, full ARN, or ARN without the random ending. A secret whose deletion is due is gone. */
export const findSecret = (world: World, region: string, id: string): Secret | undefined => {
  const state = secretsState(world, region);
  const named = Object.hasOwn(state.secrets, id) ? state.secrets[id] : undefined;
  const found = named ?? Object.values(state.secrets).find(({ arn }) => arn === id || arn.slice(0, -7) === id);
  if (!found || found.deletionAt === undefined || found.deletionAt > world.now) return found;
  delete state.secrets[found.name];
  return undefined;
};

export const versionAt = (
  secret: Secret,
  wanted: { readonly id?: string | undefined; readonly stage?: string | undefined },
): SecretVersion | undefined => {
  const stage = wanted.stage ?? (wanted.id === undefined ? 'AWSCURRENT' : undefined);
  return secret.versions.find(
    (version) =>
      (wanted.id === undefined || version.id === wanted.id) && (stage === undefined || version.stages.includes(stage)),
  );
};

/**
 * What a container gets for `valueFrom`: a name, or `arn:…:secret:name-AbCdEf[:json-key[:stage[:version]]]`. Undefined
 * when the secret, the version or the key is not there, or the secret is marked for deletion.
 */
export const readSecret = (world: World, region: string, reference: string): string | undefined => {
  const arn = /^(arn:[^:]+:secretsmanager:([^:]+):\d+:secret:[^:]+)(?::([^:]*))?(?::([^:]*))?(?::([^:]*))?$/.exec(
    reference,
  );
  const secret = findSecret(world, arn?.[2] ?? region, arn?.[1] ?? reference);
  if (!secret || secret.deletedAt !== undefined) return undefined;
  const version = versionAt(secret, { id: arn?.[5] || undefined, stage: arn?.[4] || undefined });
  const key = arn?.[3];
  if (!key) return version?.string;
  return version?.string === undefined ? undefined : jsonKey(version.string, key);
};

const jsonKey = (text: string, key: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    const found = (value as Record<string, unknown>)[key];
    return typeof found === 'string' ? found : JSON.stringify(found);
  } catch {
    return undefined;
  }
};

/** Adds a secret unless there is one of that name. True when it was added. */
export const addSecret = (
  world: World,
  region: string,
  { name, value }: { readonly name: string; readonly value: string },
): boolean => {
  if (findSecret(world, region, name)) return false;
  const { now } = world;
  secretsState(world, region).secrets[name] = {
    name,
    arn: newSecretArn(world, region, name),
    createdAt: now,
    changedAt: now,
    tags: {},
    versions: [{ id: world.uuid(), string: value, createdAt: now, stages: ['AWSCURRENT'] }],
  };
  return true;
};

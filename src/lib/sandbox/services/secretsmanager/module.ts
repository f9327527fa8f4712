/** Secrets Manager, simulated. store.ts is the data, versions.ts the values; secrets themselves are here. */
import type {
  CreateSecretRequest,
  DeleteSecretRequest,
  DescribeSecretRequest,
  Filter,
  ListSecretsRequest,
  RestoreSecretRequest,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateSecretRequest,
} from '@aws-sdk/client-secrets-manager';
import { pageOf } from '../../paging.js';
import { AwsError, type Call, type Handler } from '../../service.js';
import type { NeighbourlyModule } from '../neighbours.js';
import { findSecret, newSecretArn, readSecret, type Secret, type SecretsState, secretsState } from './store.js';
import {
  addVersion,
  getSecretValue,
  listVersionIds,
  liveSecret,
  putSecretValue,
  requiredSecret,
  updateVersionStage,
} from './versions.js';

const day = 86_400_000;

const tagRecord = (tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = []) =>
  Object.fromEntries(tags.map((tag) => [tag.Key ?? '', tag.Value ?? '']));

const createSecret = (input: CreateSecretRequest, call: Call): object => {
  const { world, region } = call;
  const name = input.Name ?? '';
  if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name))
    throw new AwsError(
      'ValidationException',
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    );
  const existing = findSecret(world, region, name);
  const isSame = existing?.versions.some((version) => version.id === input.ClientRequestToken) === true;
  if (existing?.deletedAt !== undefined)
    throw new AwsError(
      'InvalidRequestException',
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  if (existing && !isSame)
    throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
  const secret: Secret = existing ?? {
    name,
    arn: newSecretArn(world, region, name),
    createdAt: world.now,
    changedAt: world.now,
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.KmsKeyId !== undefined && { kmsKeyId: input.KmsKeyId }),
    tags: tagRecord(input.Tags),
    versions: [],
  };
  const hasValue = input.SecretString !== undefined || input.SecretBinary !== undefined;
  const version = hasValue
    ? addVersion(call, secret, {
        id: input.ClientRequestToken,
        string: input.SecretString,
        binary: input.SecretBinary,
        stages: ['AWSCURRENT'],
      })
    : undefined;
  secretsState(world, region).secrets[name] = secret;
  return { ARN: secret.arn, Name: name, ...(version && { VersionId: version.id }) };
};

const shape = (secret: Secret): object => ({
  ARN: secret.arn,
  Name: secret.name,
  ...(secret.description !== undefined && { Description: secret.description }),
  ...(secret.kmsKeyId !== undefined && { KmsKeyId: secret.kmsKeyId }),
  CreatedDate: new Date(secret.createdAt),
  LastChangedDate: new Date(secret.changedAt),
  ...(secret.deletedAt !== undefined && { DeletedDate: new Date(secret.deletedAt) }),
  Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
});

const stagesOf = (secret: Secret): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    secret.versions.filter(({ stages }) => stages.length > 0).map((version) => [version.id, [...version.stages]]),
  );

const describeSecret = (input: DescribeSecretRequest, call: Call): object => {
  const secret = requiredSecret(call, input.SecretId);
  return { ...shape(secret), VersionIdsToStages: stagesOf(secret) };
};

const matches = (secret: Secret, filter: Filter): boolean => {
  const values = filter.Values ?? [];
  // A value with `!` in front excludes; matching is by prefix and ignores case, except for tags.
  const test = (texts: readonly string[]): boolean =>
    values.some((value) =>
      value.startsWith('!')
        ? !texts.some((text) => text.toLowerCase().startsWith(value.slice(1).toLowerCase()))
        : texts.some((text) => text.toLowerCase().startsWith(value.toLowerCase())),
    );
  switch (filter.Key) {
    case 'name':
      return test([secret.name, ...secret.name.split('/')]);
    case 'description':
      return test((secret.description ?? '').split(' '));
    case 'tag-key':
      return values.some((value) => Object.hasOwn(secret.tags, value));
    case 'tag-value':
      return values.some((value) => Object.values(secret.tags).includes(value));
    case 'all':
      return test([secret.name, secret.description ?? '', ...Object.entries(secret.tags).flat()]);
    default:
      return false;
  }
};

const listSecrets = (input: ListSecretsRequest, { world, region }: Call): object => {
  const secrets = Object.values(secretsState(world, region).secrets)
    .filter((secret) => input.IncludePlannedDeletion === true || secret.deletedAt === undefined)
    .filter((secret) => (input.Filters ?? []).every((filter) => matches(secret, filter)))
    .sort((a, b) => (input.SortOrder === 'asc' ? a.createdAt - b.createdAt : b.createdAt - a.createdAt));
  const page = pageOf(secrets, {
    limit: Math.min(100, input.MaxResults ?? 100),
    token: input.NextToken,
    key: ({ name }) => name,
    invalid: new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.'),
  });
  return {
    SecretList: page.items.map((secret) => ({ ...shape(secret), SecretVersionsToStages: stagesOf(secret) })),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
};

const updateSecret = (input: UpdateSecretRequest, call: Call): object => {
  const secret = liveSecret(call, input.SecretId);
  if (input.Description !== undefined) secret.description = input.Description;
  if (input.KmsKeyId !== undefined) secret.kmsKeyId = input.KmsKeyId;
  secret.changedAt = call.world.now;
  const hasValue = input.SecretString !== undefined || input.SecretBinary !== undefined;
  if (!hasValue) return { ARN: secret.arn, Name: secret.name };
  const version = addVersion(call, secret, {
    id: input.ClientRequestToken,
    string: input.SecretString,
    binary: input.SecretBinary,
    stages: ['AWSCURRENT'],
  });
  return { ARN: secret.arn, Name: secret.name, VersionId: version.id };
};

const deleteSecret = (input: DeleteSecretRequest, call: Call): object => {
  const { world, region } = call;
  if (input.ForceDeleteWithoutRecovery === true && input.RecoveryWindowInDays !== undefined)
    throw new AwsError(
      'InvalidParameterException',
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    );
  const days = input.RecoveryWindowInDays ?? 30;
  if (days < 7 || days > 30)
    throw new AwsError(
      'InvalidParameterException',
      'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
    );
  const secret = liveSecret(call, input.SecretId);
  const deletionAt = input.ForceDeleteWithoutRecovery === true ? world.now : world.now + days * day;
  secret.deletedAt = world.now;
  secret.deletionAt = deletionAt;
  if (deletionAt === world.now) delete secretsState(world, region).secrets[secret.name];
  return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(deletionAt) };
};

const restoreSecret = (input: RestoreSecretRequest, call: Call): object => {
  const secret = requiredSecret(call, input.SecretId);
  delete secret.deletedAt;
  delete secret.deletionAt;
  return { ARN: secret.arn, Name: secret.name };
};

const tag = (input: TagResourceRequest, call: Call): object => {
  Object.assign(liveSecret(call, input.SecretId).tags, tagRecord(input.Tags));
  return {};
};

const untag = (input: UntagResourceRequest, call: Call): object => {
  const { tags } = liveSecret(call, input.SecretId);
  for (const key of input.TagKeys ?? []) delete tags[key];
  return {};
};

const operations: Readonly<Record<string, Handler>> = {
  CreateSecret: createSecret,
  DescribeSecret: describeSecret,
  GetSecretValue: getSecretValue,
  PutSecretValue: putSecretValue,
  UpdateSecret: updateSecret,
  ListSecrets: listSecrets,
  UpdateSecretVersionStage: updateVersionStage,
  DeleteSecret: deleteSecret,
  RestoreSecret: restoreSecret,
  ListSecretVersionIds: listVersionIds,
  TagResource: tag,
  UntagResource: untag,
};

export const secretsManagerModule = (): NeighbourlyModule => ({
  id: 'secretsmanager',
  signingName: 'secretsmanager',
  target: 'secretsmanager',
  loadSchema: () => import('@aws-sdk/client-secrets-manager'),
  initial: (): SecretsState => ({ secrets: {} }),
  operations,
  neighbour: { secretValue: ({ world, region }, reference) => readSecret(world, region, reference) },
});

/** Values of secrets: reading them, putting new versions, moving staging labels. */
import type {
  GetSecretValueRequest,
  ListSecretVersionIdsRequest,
  PutSecretValueRequest,
  UpdateSecretVersionStageRequest,
} from '@aws-sdk/client-secrets-manager';
import { pageOf } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import { findSecret, type Secret, type SecretVersion, versionAt } from './store.js';

export const notFound = (what = ''): AwsError =>
  new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret${what || '.'}`);

const keptVersions = 100;

export const requiredSecret = (call: Call, id: string | undefined): Secret => {
  const secret = findSecret(call.world, call.region, id ?? '');
  if (!secret) throw notFound();
  return secret;
};

export const liveSecret = (call: Call, id: string | undefined): Secret => {
  const secret = requiredSecret(call, id);
  if (secret.deletedAt !== undefined)
    throw new AwsError(
      'InvalidRequestException',
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  return secret;
};

export interface NewVersion {
  readonly id: string | undefined;
  readonly string: string | undefined;
  readonly binary: Uint8Array | undefined;
  readonly stages: readonly string[];
}

/** Adds a version, or finds that the same one is there already (idempotent by ClientRequestToken). */
export const addVersion = (call: Call, secret: Secret, draft: NewVersion): SecretVersion => {
  if ((draft.string === undefined) === (draft.binary === undefined))
    throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
  const binary = draft.binary === undefined ? undefined : Buffer.from(draft.binary).toString('base64');
  const size = Buffer.byteLength(draft.string ?? binary ?? '');
  if (size > 65_536)
    throw new AwsError(
      'ValidationException',
      "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536",
    );
  const id = draft.id ?? call.world.uuid();
  const same = secret.versions.find((version) => version.id === id);
  if (same) {
    if (same.string === draft.string && same.binary === binary) return same;
    throw new AwsError(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  const version: SecretVersion = {
    id,
    ...(draft.string !== undefined && { string: draft.string }),
    ...(binary !== undefined && { binary }),
    createdAt: call.world.now,
    stages: [],
  };
  secret.versions.push(version);
  for (const stage of draft.stages) moveStage(secret, stage, version);
  secret.changedAt = call.world.now;
  forgetOld(call, secret);
  return version;
};

/** A label is on one version; AWSCURRENT leaves AWSPREVIOUS behind. */
const moveStage = (secret: Secret, stage: string, to: SecretVersion | undefined): void => {
  const from = secret.versions.find((version) => version.stages.includes(stage));
  if (from === to) return;
  if (from) from.stages = from.stages.filter((label) => label !== stage);
  if (to) to.stages = [...to.stages, stage];
  if (stage === 'AWSCURRENT' && from) {
    if (to) to.stages = to.stages.filter((label) => label !== 'AWSPREVIOUS');
    moveStage(secret, 'AWSPREVIOUS', from);
  }
};

/** The newest 100 and everything of the last day; never a version with a label. */
const forgetOld = ({ world }: Call, secret: Secret): void => {
  const dayAgo = world.now - 86_400_000;
  const oldest = Math.max(0, secret.versions.length - keptVersions);
  secret.versions = secret.versions.filter(
    (version, index) => index >= oldest || version.stages.length > 0 || version.createdAt > dayAgo,
  );
};

export const getSecretValue = (input: GetSecretValueRequest, call: Call): object => {
  const secret = liveSecret(call, input.SecretId);
  const version = versionAt(secret, { id: input.VersionId, stage: input.VersionStage });
  if (!version)
    throw notFound(
      input.VersionId === undefined
        ? ` value for staging label: ${input.VersionStage ?? 'AWSCURRENT'}`
        : ` value for VersionId: ${input.VersionId}`,
    );
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    ...(version.string !== undefined && { SecretString: version.string }),
    ...(version.binary !== undefined && { SecretBinary: new Uint8Array(Buffer.from(version.binary, 'base64')) }),
    VersionStages: [...version.stages],
    CreatedDate: new Date(version.createdAt),
  };
};

export const putSecretValue = (input: PutSecretValueRequest, call: Call): object => {
  const secret = liveSecret(call, input.SecretId);
  const version = addVersion(call, secret, {
    id: input.ClientRequestToken,
    string: input.SecretString,
    binary: input.SecretBinary,
    stages: input.VersionStages ?? ['AWSCURRENT'],
  });
  return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] };
};

export const updateVersionStage = (input: UpdateSecretVersionStageRequest, call: Call): object => {
  const secret = liveSecret(call, input.SecretId);
  const stage = input.VersionStage ?? '';
  const holder = secret.versions.find((version) => version.stages.includes(stage));
  const byId = (id: string | undefined): SecretVersion | undefined => {
    if (id === undefined) return undefined;
    const version = secret.versions.find((each) => each.id === id);
    if (!version) throw notFound(` version: ${id}`);
    return version;
  };
  const from = byId(input.RemoveFromVersionId);
  const to = byId(input.MoveToVersionId);
  if (from && !from.stages.includes(stage))
    throw new AwsError(
      'InvalidParameterException',
      `The parameter RemoveFromVersionId is not valid: staging label ${stage} is not attached to version ${from.id}.`,
    );
  if (holder && holder !== to && from === undefined)
    throw new AwsError(
      'InvalidParameterException',
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  if (stage === 'AWSCURRENT' && to === undefined)
    throw new AwsError(
      'InvalidParameterException',
      'You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.',
    );
  moveStage(secret, stage, to);
  secret.changedAt = call.world.now;
  return { ARN: secret.arn, Name: secret.name };
};

export const listVersionIds = (input: ListSecretVersionIdsRequest, call: Call): object => {
  const secret = requiredSecret(call, input.SecretId);
  const shown = secret.versions.filter((version) => input.IncludeDeprecated === true || version.stages.length > 0);
  const page = pageOf(shown, {
    limit: Math.min(100, input.MaxResults ?? 100),
    token: input.NextToken,
    key: ({ id }) => id,
    invalid: new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.'),
  });
  return {
    ARN: secret.arn,
    Name: secret.name,
    Versions: page.items.map((version) => ({
      VersionId: version.id,
      VersionStages: [...version.stages],
      CreatedDate: new Date(version.createdAt),
    })),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
};

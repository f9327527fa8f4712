/** PutParameter: every rule that AWS checks before it writes a version. */
import type { PutParameterRequest } from '@aws-sdk/client-ssm';
import { AwsError, type Call } from '../../service.js';
import { callerArn } from '../sts/identity.js';
import { type Parameter, parameterArn, ssmState } from './store.js';

const keptVersions = 100;
const invalid = (message: string): AwsError => new AwsError('ValidationException', message);

const checkName = (name: string): void => {
  if (/^\/?(aws|ssm)/i.test(name))
    throw invalid(
      'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
    );
  if (!/^[A-Za-z0-9_.\-/]{1,1011}$/.test(name))
    throw invalid(
      'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
    );
  if (name.includes('/') && !name.startsWith('/')) throw invalid('Parameter name must be a fully qualified name.');
  if (name.split('/').length > 16)
    throw new AwsError('HierarchyLevelLimitExceededException', 'A hierarchy can have a maximum of 15 levels.');
};

const checkValue = (input: PutParameterRequest, tier: string): void => {
  const value = input.Value ?? '';
  if (value === '')
    throw invalid(
      "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    );
  if (tier === 'Standard' && Buffer.byteLength(value) > 4_096)
    throw invalid(
      'Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html',
    );
  if (Buffer.byteLength(value) > 8_192)
    throw invalid('Advanced tier parameters support a maximum parameter value of 8192 characters.');
  if (input.AllowedPattern && !new RegExp(input.AllowedPattern).test(value))
    throw new AwsError(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${input.AllowedPattern}`,
    );
};

export const putParameter = (input: PutParameterRequest, call: Call): object => {
  const { world, region } = call;
  const name = input.Name ?? '';
  checkName(name);
  const state = ssmState(world, region);
  const existing = Object.hasOwn(state.parameters, name) ? state.parameters[name] : undefined;
  if (existing && input.Overwrite !== true)
    throw new AwsError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  if (input.Overwrite === true && input.Tags?.length)
    throw invalid(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  const previous = existing?.versions.at(-1);
  const type = input.Type ?? previous?.type;
  if (type === undefined) throw invalid('A parameter type is required when you create a parameter.');
  if (!['String', 'StringList', 'SecureString'].includes(type))
    throw new AwsError('UnsupportedParameterType', `The parameter type ${type} is not supported.`);
  const tier = tierOf(input, previous?.tier);
  checkValue(input, tier);
  const parameter = existing ?? created(input, call);
  makeRoom(parameter);
  parameter.lastVersion += 1;
  parameter.versions.push({
    version: parameter.lastVersion,
    value: input.Value ?? '',
    type,
    tier,
    dataType: input.DataType ?? previous?.dataType ?? 'text',
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.AllowedPattern !== undefined && { allowedPattern: input.AllowedPattern }),
    ...(type === 'SecureString' && { keyId: input.KeyId ?? previous?.keyId ?? 'alias/aws/ssm' }),
    modifiedAt: world.now,
    user: callerArn(call),
    labels: [],
  });
  state.parameters[name] = parameter;
  return { Version: parameter.lastVersion, Tier: tier };
};

const tierOf = (input: PutParameterRequest, previous: string | undefined): string => {
  const isLarge = Buffer.byteLength(input.Value ?? '') > 4_096;
  if (input.Tier === 'Intelligent-Tiering') return isLarge || previous === 'Advanced' ? 'Advanced' : 'Standard';
  if (previous === 'Advanced' && input.Tier === 'Standard')
    throw invalid(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
    );
  return input.Tier ?? previous ?? 'Standard';
};

const created = (input: PutParameterRequest, { world, region }: Call): Parameter => ({
  name: input.Name ?? '',
  arn: parameterArn(world, region, input.Name ?? ''),
  tags: Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
  lastVersion: 0,
  versions: [],
});

const makeRoom = (parameter: Parameter): void => {
  if (parameter.versions.length < keptVersions) return;
  const oldest = parameter.versions[0];
  if (oldest && oldest.labels.length > 0)
    throw new AwsError(
      'ParameterMaxVersionLimitExceeded',
      `You attempted to create a new version of ${parameter.name} by calling the PutParameter API with the overwrite flag. Version ${oldest.version}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`,
    );
  parameter.versions.shift();
};

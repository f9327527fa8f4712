/** SSM Parameter Store, simulated. store.ts is the data; put.ts writes, get.ts reads; labels, tags and deletion are here. */
import type {
  AddTagsToResourceRequest,
  DeleteParameterRequest,
  DeleteParametersRequest,
  LabelParameterVersionRequest,
  ListTagsForResourceRequest,
  RemoveTagsFromResourceRequest,
  UnlabelParameterVersionRequest,
} from '@aws-sdk/client-ssm';
import { AwsError, type Call, type Handler } from '../../service.js';
import type { NeighbourlyModule } from '../neighbours.js';
import {
  describeParameters,
  getParameter,
  getParameterHistory,
  getParameters,
  getParametersByPath,
  parameterNotFound,
} from './get.js';
import { putParameter } from './put.js';
import {
  describeSessions,
  endSessionsIn,
  openCommandSession,
  resumeSession,
  startSession,
  terminateSession,
} from './sessions.js';
import {
  findParameter,
  type Parameter,
  type ParameterVersion,
  readParameter,
  type SsmState,
  ssmState,
} from './store.js';

const required = (call: Call, name: string | undefined): Parameter => {
  const parameter = findParameter(call.world, call.region, name ?? '');
  if (!parameter) throw parameterNotFound();
  return parameter;
};

const deleteParameter = (input: DeleteParameterRequest, call: Call): object => {
  delete ssmState(call.world, call.region).parameters[required(call, input.Name).name];
  return {};
};

const deleteParameters = (input: DeleteParametersRequest, call: Call): object => {
  const names = input.Names ?? [];
  if (names.length < 1 || names.length > 10)
    throw new AwsError(
      'ValidationException',
      "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length less than or equal to 10",
    );
  const known = names.filter((name) => findParameter(call.world, call.region, name));
  for (const name of known) delete ssmState(call.world, call.region).parameters[name];
  return { DeletedParameters: known, InvalidParameters: names.filter((name) => !known.includes(name)) };
};

const versionOf = (parameter: Parameter, wanted: number | undefined): ParameterVersion => {
  const version = parameter.versions.find((each) => each.version === (wanted ?? parameter.lastVersion));
  if (version) return version;
  throw new AwsError(
    'ParameterVersionNotFound',
    `Systems Manager could not find version ${wanted} of ${parameter.name}. Verify the version and try again.`,
  );
};

const isValidLabel = (label: string): boolean => /^[A-Za-z0-9_.-]{1,100}$/.test(label) && !/^(\d|aws|ssm)/i.test(label);

const labelVersion = (input: LabelParameterVersionRequest, call: Call): object => {
  const parameter = required(call, input.Name);
  const version = versionOf(parameter, input.ParameterVersion);
  const labels = input.Labels ?? [];
  const valid = labels.filter(isValidLabel);
  if (new Set([...version.labels, ...valid]).size > 10)
    throw new AwsError(
      'ParameterVersionLabelLimitExceeded',
      'A parameter version can have maximum 10 labels. Move one or more labels to another version and try again.',
    );
  // A label is on one version at a time: it moves.
  for (const each of parameter.versions) each.labels = each.labels.filter((label) => !valid.includes(label));
  version.labels = [...version.labels, ...valid];
  return { InvalidLabels: labels.filter((label) => !valid.includes(label)), ParameterVersion: version.version };
};

const unlabelVersion = (input: UnlabelParameterVersionRequest, call: Call): object => {
  const version = versionOf(required(call, input.Name), input.ParameterVersion);
  const labels = input.Labels ?? [];
  const removed = labels.filter((label) => version.labels.includes(label));
  version.labels = version.labels.filter((label) => !removed.includes(label));
  return { RemovedLabels: removed, InvalidLabels: labels.filter((label) => !removed.includes(label)) };
};

const tagged = (
  call: Call,
  input: { readonly ResourceType?: string | undefined; readonly ResourceId?: string | undefined },
): Parameter => {
  const parameter =
    input.ResourceType === 'Parameter' ? findParameter(call.world, call.region, input.ResourceId ?? '') : undefined;
  if (!parameter)
    throw new AwsError(
      'InvalidResourceId',
      "The resource ID isn't valid. Verify that you entered the correct ID and try again.",
    );
  return parameter;
};

const addTags = (input: AddTagsToResourceRequest, call: Call): object => {
  const parameter = tagged(call, input);
  for (const tag of input.Tags ?? []) parameter.tags[tag.Key ?? ''] = tag.Value ?? '';
  return {};
};

const removeTags = (input: RemoveTagsFromResourceRequest, call: Call): object => {
  const parameter = tagged(call, input);
  for (const key of input.TagKeys ?? []) delete parameter.tags[key];
  return {};
};

const listTags = (input: ListTagsForResourceRequest, call: Call): object => ({
  TagList: Object.entries(tagged(call, input).tags).map(([Key, Value]) => ({ Key, Value })),
});

const operations: Readonly<Record<string, Handler>> = {
  PutParameter: putParameter,
  GetParameter: getParameter,
  GetParameters: getParameters,
  GetParametersByPath: getParametersByPath,
  GetParameterHistory: getParameterHistory,
  DescribeParameters: describeParameters,
  DeleteParameter: deleteParameter,
  DeleteParameters: deleteParameters,
  LabelParameterVersion: labelVersion,
  UnlabelParameterVersion: unlabelVersion,
  AddTagsToResource: addTags,
  RemoveTagsFromResource: removeTags,
  ListTagsForResource: listTags,
  StartSession: startSession,
  ResumeSession: resumeSession,
  TerminateSession: terminateSession,
  DescribeSessions: describeSessions,
};

export const ssmModule = (): NeighbourlyModule => ({
  id: 'ssm',
  signingName: 'ssm',
  target: 'AmazonSSM',
  loadSchema: () => import('@aws-sdk/client-ssm'),
  initial: (): SsmState => ({ parameters: {} }),
  operations,
  neighbour: {
    parameterValue: ({ world, region }, reference) => readParameter(world, region, reference),
    openCommandSession,
    containerStopped: endSessionsIn,
  },
  limits: [
    // One bucket for everything that reads values.
    {
      operations: ['GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory'],
      perSecond: 40,
      burst: 40,
      code: 'ThrottlingException',
    },
    { operations: ['PutParameter'], perSecond: 3, burst: 10, code: 'ThrottlingException' },
    { operations: ['DescribeParameters'], perSecond: 5, burst: 10, code: 'ThrottlingException' },
  ],
});

/** Which resource a request is about, refused as AWS refuses it; pages and the limits of lists. */
import { pageOf } from '../../paging.js';
import { AwsError } from '../../service.js';
import { dimension, namespace, validation } from './state.js';

const namespaces = [
  'appstream',
  'cassandra',
  'comprehend',
  'custom-resource',
  'dynamodb',
  'ec2',
  'ecs',
  'elasticache',
  'elasticmapreduce',
  'kafka',
  'lambda',
  'neptune',
  'rds',
  'sagemaker',
  'workspaces',
];

interface ResourceInput {
  readonly ServiceNamespace?: string | undefined;
  readonly ResourceId?: string | undefined;
  readonly ScalableDimension?: string | undefined;
}

export const checkNamespace = (input: ResourceInput): void => {
  const given = input.ServiceNamespace ?? '';
  if (given === namespace) return;
  if (namespaces.includes(given))
    throw new AwsError('NotImplemented', `scaling in the namespace ${given} is not part of the sandbox`, 501);
  throw validation(
    `1 validation error detected: Value '${given}' at 'serviceNamespace' failed to satisfy constraint: Member must satisfy enum value set: [${namespaces.join(', ')}]`,
  );
};

/** The resource id of an ECS service. */
export const checkResource = (input: ResourceInput): string => {
  checkNamespace(input);
  const id = input.ResourceId ?? '';
  if (input.ScalableDimension !== dimension || !/^service\/[\w-]+\/[\w-]+$/.test(id))
    throw validation('Unsupported service namespace, resource type or scalable dimension');
  return id;
};

/** Lists may leave the resource out, but a dimension alone says nothing. */
export const checkFilter = (input: ResourceInput & { readonly ResourceIds?: readonly string[] | undefined }): void => {
  checkNamespace(input);
  const ids = input.ResourceIds ?? (input.ResourceId === undefined ? [] : [input.ResourceId]);
  if (input.ScalableDimension !== undefined && ids.length === 0)
    throw validation('If you specify a scalable dimension, you must also specify a resource ID.');
  if (input.ScalableDimension !== undefined && input.ScalableDimension !== dimension)
    throw validation('Unsupported service namespace, resource type or scalable dimension');
  if (ids.length > 50) throw validation('At most 50 resource IDs can be specified.');
};

const largestPage = 50;

export const scalingPage = <T extends { readonly arn: string }>(
  items: readonly T[],
  input: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
) => {
  const limit = input.MaxResults ?? largestPage;
  if (!Number.isInteger(limit) || limit < 1 || limit > largestPage)
    throw validation(`MaxResults must be between 1 and ${largestPage}.`);
  return pageOf(items, {
    limit,
    token: input.NextToken,
    key: ({ arn }) => arn,
    invalid: new AwsError('InvalidNextTokenException', 'The next token supplied was invalid.'),
  });
};

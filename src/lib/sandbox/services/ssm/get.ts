/** Reading parameters: by name, version, label, ARN or path; history and descriptions. */
import type {
  DescribeParametersRequest,
  GetParameterHistoryRequest,
  GetParameterRequest,
  GetParametersByPathRequest,
  GetParametersRequest,
  ParameterStringFilter,
} from '@aws-sdk/client-ssm';
import { pageOf } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import { findParameter, type Parameter, type ParameterVersion, ssmState } from './store.js';

const invalid = (message: string): AwsError => new AwsError('ValidationException', message);
/** AWS sends this error without a text. */
export const parameterNotFound = (): AwsError => new AwsError('ParameterNotFound', '');

interface Selected {
  readonly parameter: Parameter;
  readonly version: ParameterVersion;
  readonly selector?: string;
}

/** `name`, `name:3`, `name:label`, or an ARN with the same endings. */
const select = (call: Call, reference: string): Selected | undefined => {
  const whole = findParameter(call.world, call.region, reference);
  const newest = whole?.versions.at(-1);
  if (whole && newest) return { parameter: whole, version: newest };
  const cut = reference.lastIndexOf(':');
  const parameter = cut > 0 ? findParameter(call.world, call.region, reference.slice(0, cut)) : undefined;
  if (!parameter) return undefined;
  const selector = reference.slice(cut + 1);
  const version = parameter.versions.find(
    (each) => String(each.version) === selector || each.labels.includes(selector),
  );
  if (version) return { parameter, version, selector: `:${selector}` };
  throw new AwsError(
    'ParameterVersionNotFound',
    /^\d+$/.test(selector)
      ? `Systems Manager could not find version ${selector} of ${parameter.name}. Verify the version and try again.`
      : `Systems Manager could not find label ${selector} of ${parameter.name}. Verify the label and try again.`,
  );
};

const shown = (version: ParameterVersion, isDecrypted: boolean | undefined): string =>
  version.type === 'SecureString' && isDecrypted !== true ? cipherText(version.value) : version.value;

/** Stands for the ciphertext of an undecrypted read; nothing of the value is in it. */
const cipherText = (value: string): string =>
  Buffer.from(`sandbox-ciphertext:${Buffer.byteLength(value)}`.padEnd(96, '.')).toString('base64');

const parameterShape = ({ parameter, version, selector }: Selected, isDecrypted: boolean | undefined): object => ({
  Name: parameter.name,
  Type: version.type,
  Value: shown(version, isDecrypted),
  Version: version.version,
  ...(selector !== undefined && { Selector: selector }),
  LastModifiedDate: new Date(version.modifiedAt),
  ARN: parameter.arn,
  DataType: version.dataType,
});

export const getParameter = (input: GetParameterRequest, call: Call): object => {
  const found = select(call, input.Name ?? '');
  if (!found) throw parameterNotFound();
  return { Parameter: parameterShape(found, input.WithDecryption) };
};

export const getParameters = (input: GetParametersRequest, call: Call): object => {
  const names = input.Names ?? [];
  if (names.length < 1 || names.length > 10)
    throw invalid(
      `1 validation error detected: Value '[${names.join(', ')}]' at 'names' failed to satisfy constraint: Member must have length ${names.length < 1 ? 'greater than or equal to 1' : 'less than or equal to 10'}`,
    );
  const lookups = [...new Set(names)].map((name) => ({ name, found: orUndefined(() => select(call, name)) }));
  return {
    Parameters: lookups.flatMap(({ found }) => (found ? [parameterShape(found, input.WithDecryption)] : [])),
    InvalidParameters: lookups.flatMap(({ name, found }) => (found ? [] : [name])),
  };
};

const orUndefined = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
};

const pageLimit = (given: number | undefined, maximum: number): number => {
  if (given !== undefined && (given < 1 || given > maximum))
    throw invalid(
      `1 validation error detected: Value '${given}' at 'maxResults' failed to satisfy constraint: Member must have value ${given < 1 ? 'greater than or equal to 1' : `less than or equal to ${maximum}`}`,
    );
  return given ?? maximum;
};

const invalidToken = new AwsError('InvalidNextToken', 'The specified token is not valid.');
const sorted = (call: Call): readonly Parameter[] =>
  Object.values(ssmState(call.world, call.region).parameters).sort((a, b) => (a.name < b.name ? -1 : 1));

export const getParametersByPath = (input: GetParametersByPathRequest, call: Call): object => {
  const path = input.Path ?? '';
  if (!path.startsWith('/'))
    throw invalid(
      'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.',
    );
  const limit = pageLimit(input.MaxResults, 10);
  const prefix = path.endsWith('/') ? path : `${path}/`;
  const found = sorted(call).flatMap((parameter): readonly Selected[] => {
    const isBelow =
      parameter.name.startsWith(prefix) &&
      (input.Recursive === true || !parameter.name.slice(prefix.length).includes('/'));
    const newest = parameter.versions.at(-1);
    const isWanted =
      isBelow && newest && (input.ParameterFilters ?? []).every((filter) => matchesFilter(parameter, filter));
    return isWanted ? [{ parameter, version: newest }] : [];
  });
  const page = pageOf(found, {
    limit,
    token: input.NextToken,
    key: ({ parameter }) => parameter.name,
    invalid: invalidToken,
  });
  return {
    Parameters: page.items.map((item) => parameterShape(item, input.WithDecryption)),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
};

const matchesFilter = (parameter: Parameter, filter: ParameterStringFilter): boolean => {
  const newest = parameter.versions.at(-1);
  const values = filter.Values ?? [];
  const key = filter.Key ?? '';
  if (key === 'Path') {
    const isDeep = filter.Option === 'Recursive';
    return values.some((value) => {
      const prefix = value.endsWith('/') ? value : `${value}/`;
      return parameter.name.startsWith(prefix) && (isDeep || !parameter.name.slice(prefix.length).includes('/'));
    });
  }
  if (key === 'Label')
    return parameter.versions.some((version) => values.some((value) => version.labels.includes(value)));
  const actual = filterValue(parameter, { key, newest });
  if (actual === undefined) return false;
  if (values.length === 0) return true;
  if (filter.Option === 'BeginsWith') return values.some((value) => actual.startsWith(value));
  if (filter.Option === 'Contains') return values.some((value) => actual.includes(value));
  return values.includes(actual);
};

const filterValue = (
  parameter: Parameter,
  { key, newest }: { readonly key: string; readonly newest: ParameterVersion | undefined },
): string | undefined => {
  if (key.startsWith('tag:')) return parameter.tags[key.slice(4)];
  switch (key) {
    case 'Name':
      return parameter.name;
    case 'Type':
      return newest?.type;
    case 'KeyId':
      return newest?.keyId;
    case 'Tier':
      return newest?.tier;
    case 'DataType':
      return newest?.dataType;
    default:
      throw new AwsError(
        'InvalidFilterKey',
        `The following filter key is not valid: ${key}. Valid filter keys include: [DataType, KeyId, Label, Name, Path, Tier, Type].`,
      );
  }
};

const metadata = (parameter: Parameter, version: ParameterVersion): object => ({
  Name: parameter.name,
  ARN: parameter.arn,
  Type: version.type,
  ...(version.keyId !== undefined && { KeyId: version.keyId }),
  LastModifiedDate: new Date(version.modifiedAt),
  LastModifiedUser: version.user,
  ...(version.description !== undefined && { Description: version.description }),
  ...(version.allowedPattern !== undefined && { AllowedPattern: version.allowedPattern }),
  Version: version.version,
  Tier: version.tier,
  Policies: [],
  DataType: version.dataType,
});

export const describeParameters = (input: DescribeParametersRequest, call: Call): object => {
  if (input.Filters?.length && input.ParameterFilters?.length)
    throw invalid('You can use either Filters or ParameterFilters in a single request.');
  const filters: readonly ParameterStringFilter[] = [
    ...(input.ParameterFilters ?? []),
    ...(input.Filters ?? []).map((filter) => ({
      Key: filter.Key,
      Values: filter.Values,
      Option: filter.Key === 'Name' ? 'BeginsWith' : 'Equals',
    })),
  ];
  const found = sorted(call).filter((parameter) => filters.every((filter) => matchesFilter(parameter, filter)));
  const page = pageOf(found, {
    limit: pageLimit(input.MaxResults, 50),
    token: input.NextToken,
    key: ({ name }) => name,
    invalid: invalidToken,
  });
  return {
    Parameters: page.items.flatMap((parameter) => {
      const newest = parameter.versions.at(-1);
      return newest ? [metadata(parameter, newest)] : [];
    }),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
};

export const getParameterHistory = (input: GetParameterHistoryRequest, call: Call): object => {
  const parameter = findParameter(call.world, call.region, input.Name ?? '');
  if (!parameter) throw parameterNotFound();
  const page = pageOf(parameter.versions, {
    limit: pageLimit(input.MaxResults, 50),
    token: input.NextToken,
    key: ({ version }) => String(version),
    invalid: invalidToken,
  });
  return {
    Parameters: page.items.map((version) => ({
      ...metadata(parameter, version),
      Value: shown(version, input.WithDecryption),
      Labels: [...version.labels],
    })),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
};

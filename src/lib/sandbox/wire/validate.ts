/** AWS refuses a request that lacks a required member; so does the sandbox, with the code that the service would use. */
import { AwsError } from '../service.js';
import type { ProtocolId } from './message.js';
import { isObject } from './scalars.js';
import type { Operation, ServiceSchema, Shape } from './schema.js';

export const refuseMissingMembers = (
  operation: Operation,
  input: unknown,
  { protocol, schema }: { readonly protocol: ProtocolId; readonly schema: ServiceSchema },
): void => {
  const missing = operation.input ? missingMembers(operation.input, input, '') : [];
  if (missing.length > 0) throw missingMembersError(missing, protocol, schema);
};

/** Paths of the required members that are absent, `containerDefinitions.1.member.name` style without the numbers. */
const missingMembers = (shape: Shape, value: unknown, path: string): string[] => {
  switch (shape.kind) {
    case 'structure':
    case 'union': {
      if (!isObject(value)) return [];
      const absent = shape.required.filter((name) => value[name] === undefined || value[name] === null);
      const found = absent.map((name) => (path ? `${path}.${name}` : name));
      for (const { name, shape: target } of shape.members) {
        if (value[name] !== undefined)
          found.push(...missingMembers(target, value[name], path ? `${path}.${name}` : name));
      }
      return found;
    }
    case 'list':
      return Array.isArray(value)
        ? value.flatMap((item, index) => missingMembers(shape.element.shape, item, `${path}.${index + 1}.member`))
        : [];
    case 'map':
      return isObject(value)
        ? Object.entries(value).flatMap(([key, item]) =>
            missingMembers(shape.value.shape, item, `${path}.${key}.member`),
          )
        : [];
    default:
      return [];
  }
};

const missingMembersError = (missing: readonly string[], protocol: ProtocolId, schema: ServiceSchema): AwsError => {
  if (protocol === 'ec2Query') {
    return new AwsError('MissingParameter', `The request must contain the parameter ${missing[0]}`);
  }
  const details = missing.map(
    (path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  );
  const count = `${missing.length} validation error${missing.length === 1 ? '' : 's'} detected`;
  return new AwsError(validationCode(protocol, schema), `${count}: ${details.join('; ')}`);
};

const validationCode = (protocol: ProtocolId, schema: ServiceSchema): string => {
  if (protocol === 'awsQuery') return 'ValidationError';
  if (protocol === 'restXml') return 'InvalidRequest';
  return schema.errors.has('InvalidParameterException') ? 'InvalidParameterException' : 'ValidationException';
};

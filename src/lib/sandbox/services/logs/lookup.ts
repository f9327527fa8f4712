/** Finding groups and streams by name or ARN, and AWS's refusals when they are not there. */
import { AwsError } from '../../service.js';
import type { World } from '../../world.js';
import { type LogGroup, type LogStream, logsState } from './store.js';

export const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterException', message);

export const groupMissing = (): AwsError =>
  new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');

const namePattern = /^[.\-_/#A-Za-z0-9]{1,512}$/;

export const checkGroupName = (name: string | undefined): string => {
  if (name === undefined)
    throw invalidParameter(
      "1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null",
    );
  if (!namePattern.test(name))
    throw invalidParameter(
      `1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
    );
  return name;
};

/** `identifier` is a name or an ARN, with or without the trailing `:*`. */
export const groupNameOf = (identifier: string): string =>
  /^arn:[^:]+:logs:[^:]*:\d+:log-group:([^:]+)/.exec(identifier)?.[1] ?? identifier;

export const findGroup = (
  world: World,
  region: string,
  input: { readonly logGroupName?: string | undefined; readonly logGroupIdentifier?: string | undefined },
): LogGroup => {
  const name = checkGroupName(input.logGroupIdentifier ? groupNameOf(input.logGroupIdentifier) : input.logGroupName);
  const groups = logsState(world, region).groups;
  const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (!group) throw groupMissing();
  return group;
};

export const findStream = (group: LogGroup, name: string | undefined): LogStream => {
  const stream = name !== undefined && Object.hasOwn(group.streams, name) ? group.streams[name] : undefined;
  if (!stream) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  return stream;
};

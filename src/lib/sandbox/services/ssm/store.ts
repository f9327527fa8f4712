/** Parameter Store's data. ECS reads secrets through `readParameter`; the seed writes with `putParameterValue`. */
import type { World } from '../../world.js';

export interface ParameterVersion {
  readonly version: number;
  readonly value: string;
  readonly type: 'String' | 'StringList' | 'SecureString';
  readonly tier: string;
  readonly dataType: string;
  readonly description?: string;
  readonly allowedPattern?: string;
  readonly keyId?: string;
  readonly modifiedAt: number;
  readonly user: string;
  labels: string[];
}

export interface Parameter {
  readonly name: string;
  readonly arn: string;
  tags: Record<string, string>;
  lastVersion: number;
  /** Oldest first; the newest 100. */
  versions: ParameterVersion[];
}

export interface SessionRecord {
  readonly id: string;
  readonly target: string;
  readonly document: string;
  readonly taskArn: string;
  readonly container: string;
  readonly owner: string;
  readonly startedAt: number;
  endedAt?: number;
}

export interface SsmState {
  parameters: Record<string, Parameter>;
  /** Absent in states of before there were sessions. */
  sessions?: Record<string, SessionRecord>;
}

export const ssmState = (world: World, region: string): SsmState => world.service<SsmState>(region, 'ssm');

export const parameterArn = (world: World, region: string, name: string): string =>
  world.arn('ssm', region, `parameter${name.startsWith('/') ? '' : '/'}${name}`);

/** A name or an ARN → the name as it was created. */
export const parameterNameOf = (reference: string, state: SsmState): string => {
  const path = /^arn:[^:]+:ssm:[^:]*:\d+:parameter(\/.+)$/.exec(reference)?.[1];
  if (path === undefined) return reference;
  return Object.hasOwn(state.parameters, path) ? path : path.slice(1);
};

export const findParameter = (world: World, region: string, reference: string): Parameter | undefined => {
  const state = ssmState(world, region);
  const name = parameterNameOf(reference, state);
  return Object.hasOwn(state.parameters, name) ? state.parameters[name] : undefined;
};

/** What a container gets for `valueFrom`: a name or ARN of this or another region; undefined when it is not there. */
export const readParameter = (world: World, region: string, reference: string): string | undefined => {
  const home = /^arn:[^:]+:ssm:([^:]+):/.exec(reference)?.[1] ?? region;
  return findParameter(world, home, reference)?.versions.at(-1)?.value;
};

/** Adds a SecureString unless there is a parameter of that name. True when it was added. */
export const addParameter = (
  world: World,
  region: string,
  parameter: { readonly name: string; readonly value: string },
): boolean => {
  const { name, value } = parameter;
  if (findParameter(world, region, name)) return false;
  ssmState(world, region).parameters[name] = {
    name,
    arn: parameterArn(world, region, name),
    tags: {},
    lastVersion: 1,
    versions: [
      {
        version: 1,
        value,
        type: 'SecureString',
        tier: 'Standard',
        dataType: 'text',
        keyId: 'alias/aws/ssm',
        modifiedAt: world.now,
        user: `arn:aws:iam::${world.state.account}:user/sandbox`,
        labels: [],
      },
    ],
  };
  return true;
};

/** IAM's roles: what exists, what was deleted, and which uses were taken from a role by a fault. */
import type { World } from '../../world.js';
import type { RoleUse } from '../neighbours.js';
import { globalRegion } from '../sts/identity.js';

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly path: string;
  readonly createdAt: number;
  readonly trust: string;
  readonly managedPolicies: readonly { readonly name: string; readonly arn: string }[];
  readonly inlinePolicies: Readonly<Record<string, string>>;
  /** Action prefixes that the role is not allowed any more: `ssm`, `logs:PutLogEvents`. */
  denied: string[];
}

export interface IamState {
  roles: Record<string, Role>;
  deleted: string[];
}

export const iamState = (world: World): IamState => world.service<IamState>(globalRegion, 'iam');

const executionPolicy = {
  name: 'AmazonECSTaskExecutionRolePolicy',
  arn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
};

const newRole = (options: { readonly name: string; readonly account: string; readonly at: number }): Role => ({
  name: options.name,
  arn: `arn:aws:iam::${options.account}:role/${options.name}`,
  id: `AROASANDBOX${options.name
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 10)}`,
  path: '/',
  createdAt: options.at,
  trust: JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  }),
  managedPolicies: [executionPolicy],
  inlinePolicies: {
    'read-secrets': JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['ssm:GetParameters', 'secretsmanager:GetSecretValue'], Resource: '*' }],
    }),
  },
  denied: [],
});

export const initialIam = (account: string): IamState => ({
  roles: { ecsTaskExecutionRole: newRole({ name: 'ecsTaskExecutionRole', account, at: Date.UTC(2024, 0, 1) }) },
  deleted: [],
});

/** A name or an ARN → the name. */
export const roleNameOf = (reference: string): string => reference.split('/').at(-1) ?? reference;

export const addRole = (world: World, reference: string): boolean => {
  const state = iamState(world);
  const name = roleNameOf(reference);
  if (Object.hasOwn(state.roles, name)) return false;
  state.roles[name] = newRole({ name, account: world.state.account, at: world.now });
  state.deleted = state.deleted.filter((each) => each !== name);
  return true;
};

export const deleteRole = (world: World, reference: string): boolean => {
  const state = iamState(world);
  const name = roleNameOf(reference);
  if (!Object.hasOwn(state.roles, name)) return false;
  delete state.roles[name];
  state.deleted.push(name);
  return true;
};

export const findRole = (world: World, name: string): Role | 'deleted' | undefined => {
  const state = iamState(world);
  if (Object.hasOwn(state.roles, name)) return state.roles[name];
  return state.deleted.includes(name) ? 'deleted' : undefined;
};

export const isDenied = (role: Role, action: string): boolean =>
  role.denied.some((prefix) => action === prefix || action.startsWith(`${prefix}:`));

const actionsOf: Readonly<Record<RoleUse, string>> = {
  assume: 'sts:AssumeRole',
  ecr: 'ecr:BatchGetImage',
  logs: 'logs:CreateLogStream',
  ssm: 'ssm:GetParameters',
  secretsmanager: 'secretsmanager:GetSecretValue',
  ssmmessages: 'ssmmessages:OpenControlChannel',
};

export const roleAllows = (world: World, ask: { readonly roleArn: string; readonly use: RoleUse }): boolean => {
  const role = findRole(world, roleNameOf(ask.roleArn));
  return role !== undefined && role !== 'deleted' && !isDenied(role, actionsOf[ask.use]);
};

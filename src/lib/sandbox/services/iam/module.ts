/** The IAM look-ups that tools make, simulated: roles, their policies, and whether a role may do something. */
import type {
  GetRolePolicyRequest,
  GetRoleRequest,
  ListAttachedRolePoliciesRequest,
  ListRolePoliciesRequest,
  ListRolesRequest,
  SimulatePrincipalPolicyRequest,
} from '@aws-sdk/client-iam';
import { pageOf } from '../../paging.js';
import { AwsError, type Call, type Handler } from '../../service.js';
import type { NeighbourlyModule } from '../neighbours.js';
import { findRole, iamState, initialIam, isDenied, type Role, roleAllows, roleNameOf } from './store.js';

const required = (call: Call, name: string | undefined): Role => {
  const role = findRole(call.world, name ?? '');
  if (role && role !== 'deleted') return role;
  throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
};

const shape = (role: Role): object => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: new Date(role.createdAt),
  AssumeRolePolicyDocument: encodeURIComponent(role.trust),
  MaxSessionDuration: 3_600,
});

interface Paging {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

const paged = <T>(items: readonly T[], input: Paging, key: (item: T) => string) => {
  const page = pageOf(items, {
    limit: Math.min(1_000, input.MaxItems ?? 100),
    token: input.Marker,
    key,
    invalid: new AwsError('ValidationError', 'Invalid Marker.'),
  });
  return {
    items: page.items,
    rest: { IsTruncated: page.nextToken !== undefined, ...(page.nextToken && { Marker: page.nextToken }) },
  };
};

const listRoles = (input: ListRolesRequest, { world }: Call): object => {
  const roles = Object.values(iamState(world).roles)
    .filter((role) => role.path.startsWith(input.PathPrefix ?? '/'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = paged(roles, input, ({ name }) => name);
  return { Roles: page.items.map(shape), ...page.rest };
};

const listAttached = (input: ListAttachedRolePoliciesRequest, call: Call): object => {
  const page = paged(required(call, input.RoleName).managedPolicies, input, ({ arn }) => arn);
  return {
    AttachedPolicies: page.items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })),
    ...page.rest,
  };
};

const listInline = (input: ListRolePoliciesRequest, call: Call): object => {
  const page = paged(Object.keys(required(call, input.RoleName).inlinePolicies), input, (name) => name);
  return { PolicyNames: page.items, ...page.rest };
};

const getPolicy = (input: GetRolePolicyRequest, call: Call): object => {
  const role = required(call, input.RoleName);
  const name = input.PolicyName ?? '';
  const document = Object.hasOwn(role.inlinePolicies, name) ? role.inlinePolicies[name] : undefined;
  if (document === undefined)
    throw new AwsError('NoSuchEntity', `The role policy with name ${name} cannot be found.`, 404);
  return { RoleName: role.name, PolicyName: name, PolicyDocument: encodeURIComponent(document) };
};

const simulate = (input: SimulatePrincipalPolicyRequest, call: Call): object => {
  const source = input.PolicySourceArn ?? '';
  const role = source.includes(':role/') ? required(call, roleNameOf(source)) : undefined;
  const resources = input.ResourceArns?.length ? input.ResourceArns : ['*'];
  const results = (input.ActionNames ?? []).flatMap((action) =>
    resources.map((resource) => ({
      EvalActionName: action,
      EvalResourceName: resource,
      EvalDecision: role && isDenied(role, action) ? 'implicitDeny' : 'allowed',
      MatchedStatements: [],
      MissingContextValues: [],
    })),
  );
  return { EvaluationResults: results, IsTruncated: false };
};

const operations: Readonly<Record<string, Handler>> = {
  GetRole: (input: GetRoleRequest, call) => ({ Role: shape(required(call, input.RoleName)) }),
  ListRoles: listRoles,
  ListAttachedRolePolicies: listAttached,
  ListRolePolicies: listInline,
  GetRolePolicy: getPolicy,
  SimulatePrincipalPolicy: simulate,
};

export const iamModule = (): NeighbourlyModule => ({
  id: 'iam',
  signingName: 'iam',
  loadSchema: () => import('@aws-sdk/client-iam'),
  initial: (_region, account) => initialIam(account),
  operations,
  neighbour: { roleAllows: ({ world }, ask) => roleAllows(world, ask) },
  mutating: () => false,
});

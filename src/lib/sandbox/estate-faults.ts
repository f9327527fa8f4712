/** Breaking the estate on purpose: what somebody else may have deleted or taken away behind a deployment's back. */

import type { EstateFault } from './fault-kinds.js';
import { findRepository, pushTag, removeTag } from './services/ecr/store.js';
import { deleteRole, findRole, roleNameOf } from './services/iam/store.js';
import { logsState } from './services/logs/store.js';
import { findSecret, secretsState } from './services/secretsmanager/store.js';
import { findParameter, ssmState } from './services/ssm/store.js';
import type { World } from './world.js';

/** What was done, for the timeline; undefined when the named thing is not there. */
export const breakEstate = (
  world: World,
  options: { readonly kind: EstateFault; readonly region: string; readonly target: string },
): string | undefined => {
  const done = apply(world, options);
  if (done !== undefined) world.record({ kind: 'fault', region: options.region, subject: options.kind, message: done });
  return done;
};

const apply = (
  world: World,
  { kind, region, target }: { readonly kind: EstateFault; readonly region: string; readonly target: string },
): string | undefined => {
  switch (kind) {
    case 'delete-log-group':
      return removeKey(logsState(world, region).groups, target) ? `log group ${target} deleted` : undefined;
    case 'delete-parameter': {
      const name = findParameter(world, region, target)?.name ?? '';
      return removeKey(ssmState(world, region).parameters, name) ? `parameter ${name} deleted` : undefined;
    }
    case 'delete-secret': {
      const name = findSecret(world, region, target)?.name ?? '';
      return removeKey(secretsState(world, region).secrets, name) ? `secret ${name} deleted` : undefined;
    }
    case 'delete-role':
      return deleteRole(world, target) ? `role ${target} deleted` : undefined;
    case 'deny-role':
      return denyRole(world, target);
    case 'delete-image':
    case 'move-tag':
      return changeTag(world, { kind, region, target });
  }
};

const removeKey = (record: Record<string, unknown>, key: string): boolean => {
  if (!Object.hasOwn(record, key)) return false;
  delete record[key];
  return true;
};

const denyRole = (world: World, target: string): string | undefined => {
  const [reference = '', ...action] = target.startsWith('arn:') ? splitArn(target) : target.split(':');
  const role = findRole(world, roleNameOf(reference));
  if (!role || role === 'deleted' || action.length === 0) return undefined;
  role.denied.push(action.join(':'));
  return `role ${role.name} may not ${action.join(':')}`;
};

const splitArn = (target: string): readonly string[] => {
  const parts = target.split(':');
  return [parts.slice(0, 6).join(':'), ...parts.slice(6)];
};

const changeTag = (
  world: World,
  {
    kind,
    region,
    target,
  }: { readonly kind: 'delete-image' | 'move-tag'; readonly region: string; readonly target: string },
): string | undefined => {
  const cut = target.lastIndexOf(':');
  const tag = target.slice(cut + 1);
  const repository = cut > 0 ? findRepository(world, region, target.slice(0, cut)) : undefined;
  if (!repository) return undefined;
  if (kind === 'move-tag') return `${target} names ${pushTag(world, region, { repository, tag })} now`;
  removeTag(repository, tag);
  return `image ${target} deleted`;
};

/** Task definitions in the API. */
import type {
  DeregisterTaskDefinitionRequest,
  DescribeTaskDefinitionRequest,
  ListTaskDefinitionFamiliesRequest,
  ListTaskDefinitionsRequest,
  RegisterTaskDefinitionRequest,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import { pageOf } from '../../paging.js';
import type { Call } from '../../service.js';
import { clientError, invalidParameter } from './errors.js';
import { lookUpTaskDefinition } from './find.js';
import { pageLimit } from './limits.js';
import { dateOf, ecsState, lastPart, placeOf, type StoredTaskDefinition } from './state.js';
import { checkTags, setTags, tagsOf } from './tags.js';
import { checkTaskDefinition, storedTaskDefinition } from './task-definition.js';

const view = (definition: StoredTaskDefinition): TaskDefinition => {
  const { registeredAt, deregisteredAt, ...rest } = definition;
  return {
    ...rest,
    registeredAt: dateOf(registeredAt),
    ...(deregisteredAt === undefined ? {} : { deregisteredAt: dateOf(deregisteredAt) }),
  };
};

export const registerTaskDefinition = (input: RegisterTaskDefinitionRequest, call: Call): object => {
  const place = placeOf(call);
  checkTaskDefinition(input);
  checkTags(input.tags);
  const state = ecsState(place);
  const name = input.family ?? '';
  const family = Object.hasOwn(state.families, name) ? state.families[name] : undefined;
  const target = family ?? { next: 1, revisions: {} };
  if (!family) state.families[name] = target;
  const revision = target.next++;
  const arn = call.world.arn('ecs', call.region, `task-definition/${name}:${revision}`);
  const stored = storedTaskDefinition({
    input,
    arn,
    revision,
    registeredBy: `arn:aws:iam::${call.world.state.account}:user/sandbox`,
    now: call.world.now,
  });
  target.revisions[String(revision)] = stored;
  setTags(place, { arn, tags: input.tags });
  return { taskDefinition: view(stored), tags: tagsOf(place, arn) };
};

export const describeTaskDefinition = (input: DescribeTaskDefinitionRequest, call: Call): object => {
  const place = placeOf(call);
  const found = input.taskDefinition ? lookUpTaskDefinition(place, input.taskDefinition) : undefined;
  if (!found) throw clientError('Unable to describe task definition.');
  return {
    taskDefinition: view(found),
    ...(input.include?.includes('TAGS') ? { tags: tagsOf(place, found.taskDefinitionArn) } : {}),
  };
};

export const deregisterTaskDefinition = (input: DeregisterTaskDefinitionRequest, call: Call): object => {
  const place = placeOf(call);
  if (!/:\d+$/.test(lastPart(input.taskDefinition ?? ''))) throw clientError('Revision is missing.');
  const found = lookUpTaskDefinition(place, input.taskDefinition ?? '');
  if (!found) throw clientError('The specified task definition does not exist.');
  found.status = 'INACTIVE';
  found.deregisteredAt = call.world.now;
  return { taskDefinition: view(found) };
};

export const listTaskDefinitions = (input: ListTaskDefinitionsRequest, call: Call): object => {
  const status = input.status ?? 'ACTIVE';
  const definitions = Object.values(ecsState(placeOf(call)).families)
    .flatMap((family) => Object.values(family.revisions))
    .filter((definition) => definition.status === status)
    // The prefix is the full family name here; families with a longer name need ListTaskDefinitionFamilies.
    .filter((definition) => input.familyPrefix === undefined || definition.family === input.familyPrefix)
    .sort((a, b) => a.family.localeCompare(b.family) || a.revision - b.revision);
  if (input.sort === 'DESC') definitions.reverse();
  const page = pageOf(
    definitions.map((definition) => definition.taskDefinitionArn),
    { limit: pageLimit(input.maxResults, 100), token: input.nextToken, key: (arn) => arn },
  );
  return { taskDefinitionArns: page.items, nextToken: page.nextToken };
};

export const listTaskDefinitionFamilies = (input: ListTaskDefinitionFamiliesRequest, call: Call): object => {
  const status = input.status ?? 'ACTIVE';
  if (!['ACTIVE', 'INACTIVE', 'ALL'].includes(status)) throw invalidParameter('Invalid status.');
  const families = Object.entries(ecsState(placeOf(call)).families)
    .filter(([name]) => name.startsWith(input.familyPrefix ?? ''))
    .filter(([, family]) => {
      const isActive = Object.values(family.revisions).some((definition) => definition.status === 'ACTIVE');
      return status === 'ALL' || isActive === (status === 'ACTIVE');
    })
    .map(([name]) => name)
    .sort();
  const page = pageOf(families, {
    limit: pageLimit(input.maxResults, 100),
    token: input.nextToken,
    key: (name) => name,
  });
  return { families: page.items, nextToken: page.nextToken };
};

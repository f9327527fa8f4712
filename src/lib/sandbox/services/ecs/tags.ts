/** Tags of every ECS resource, by ARN. */
import type { ListTagsForResourceRequest, Tag, TagResourceRequest, UntagResourceRequest } from '@aws-sdk/client-ecs';
import { AwsError, type Call } from '../../service.js';
import type { Place } from '../neighbours.js';
import { invalidParameter } from './errors.js';
import { ecsState, lastPart, own, placeOf, taskDefinitionOf } from './state.js';

const maximumTags = 50;

export const tagsOf = (place: Place, arn: string): Tag[] => own(ecsState(place).tags, arn) ?? [];

export const checkTags = (tags: readonly Tag[] | undefined): void => {
  if ((tags?.length ?? 0) > maximumTags)
    throw invalidParameter(`The number of tags exceeds the limit of ${maximumTags}.`);
  for (const tag of tags ?? []) {
    if (!tag.key) throw invalidParameter('Tag key must not be empty.');
    if (tag.key.toLowerCase().startsWith('aws:')) throw invalidParameter("Tag keys can't start with 'aws:'.");
  }
};

/** Adds tags or gives them new values. */
export const setTags = (
  place: Place,
  to: { readonly arn: string; readonly tags: readonly Tag[] | undefined },
): void => {
  checkTags(to.tags);
  if (!to.tags?.length) return;
  const merged = new Map(tagsOf(place, to.arn).map((tag) => [tag.key, tag]));
  for (const tag of to.tags) merged.set(tag.key, { key: tag.key, value: tag.value ?? '' });
  ecsState(place).tags[to.arn] = [...merged.values()];
};

export const dropTags = (place: Place, arn: string): void => {
  delete ecsState(place).tags[arn];
};

/** AWS's refusal when the ARN is of nothing. */
const checkResource = (place: Place, arn: string | undefined): string => {
  const kind = /^arn:[^:]+:ecs:[^:]+:\d+:([a-z-]+)\//.exec(arn ?? '')?.[1];
  if (arn === undefined || kind === undefined) throw invalidParameter('Invalid resource ARN.');
  const state = ecsState(place);
  const exists = ((): boolean => {
    switch (kind) {
      case 'cluster':
        return own(state.clusters, lastPart(arn)) !== undefined;
      case 'service':
        return own(state.services, arn.split('/').slice(-2).join('/')) !== undefined;
      case 'task':
        return own(state.tasks, lastPart(arn)) !== undefined;
      case 'task-definition':
        return taskDefinitionOf(place, arn) !== undefined;
      default:
        return false;
    }
  })();
  if (!exists) throw new AwsError('ResourceNotFoundException', 'The specified resource could not be found.');
  return arn;
};

export const tagResource = (input: TagResourceRequest, call: Call): object => {
  const place = placeOf(call);
  setTags(place, { arn: checkResource(place, input.resourceArn), tags: input.tags });
  return {};
};

export const untagResource = (input: UntagResourceRequest, call: Call): object => {
  const place = placeOf(call);
  const arn = checkResource(place, input.resourceArn);
  const gone = new Set(input.tagKeys ?? []);
  ecsState(place).tags[arn] = tagsOf(place, arn).filter((tag) => !gone.has(tag.key ?? ''));
  return {};
};

export const listTagsForResource = (input: ListTagsForResourceRequest, call: Call): object => {
  const place = placeOf(call);
  return { tags: tagsOf(place, checkResource(place, input.resourceArn)) };
};

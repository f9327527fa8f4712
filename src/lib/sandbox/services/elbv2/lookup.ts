/** Finding things in ELBv2: items by ARN or AWS's refusal, pages, tags. */
import type { AddTagsInput, DescribeTagsInput, RemoveTagsInput, Tag } from '@aws-sdk/client-elastic-load-balancing-v2';
import { pageOf } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import { type Elbv2State, elbv2State } from './state.js';

export const stateOf = (call: Call): Elbv2State => elbv2State(call.world, call.region);

export const validation = (message: string): AwsError => new AwsError('ValidationError', message);

const missingTexts = {
  LoadBalancerNotFoundException: 'One or more load balancers not found',
  ListenerNotFoundException: 'One or more listeners not found',
  RuleNotFoundException: 'One or more rules not found',
  TargetGroupNotFoundException: 'One or more target groups not found',
} as const;

export const missing = (code: keyof typeof missingTexts): AwsError => new AwsError(code, missingTexts[code]);

/** An item by ARN, or AWS's refusal. */
export const required = <T>(
  table: Readonly<Record<string, T>>,
  ask: { readonly arn: string | undefined; readonly code: keyof typeof missingTexts },
): T => {
  const found = ask.arn !== undefined && Object.hasOwn(table, ask.arn) ? table[ask.arn] : undefined;
  if (found === undefined) throw missing(ask.code);
  return found;
};

/** Pages with ELBv2's Marker and PageSize (at most 400). */
export const markerPage = <T extends { readonly arn: string }>(
  items: readonly T[],
  input: { readonly Marker?: string | undefined; readonly PageSize?: number | undefined },
): { readonly items: readonly T[]; readonly NextMarker?: string } => {
  const size = input.PageSize ?? 400;
  if (!Number.isInteger(size) || size < 1 || size > 400) throw validation('PageSize must be between 1 and 400');
  const page = pageOf(items, {
    limit: size,
    token: input.Marker,
    key: (item) => item.arn,
    invalid: validation('Invalid marker'),
  });
  return { items: page.items, ...(page.nextToken === undefined ? {} : { NextMarker: page.nextToken }) };
};

export const arnId = (call: Call): string => call.world.hex(16);

/** Resources whose ARNs or names were asked for; a missing one is an error, as on AWS. */
export const select = <T extends { readonly arn: string; readonly name?: string }>(
  table: Readonly<Record<string, T>>,
  ask: {
    readonly arns?: readonly string[] | undefined;
    readonly names?: readonly string[] | undefined;
    readonly code: keyof typeof missingTexts;
  },
): readonly T[] => {
  if (ask.arns?.length) return ask.arns.map((arn) => required(table, { arn, code: ask.code }));
  const all = Object.values(table);
  if (!ask.names?.length) return all;
  return ask.names.map((name) => {
    const found = all.find((item) => item.name === name);
    if (!found) throw missing(ask.code);
    return found;
  });
};

export const addTags = (
  state: Elbv2State,
  to: { readonly arn: string; readonly tags: readonly Tag[] | undefined },
): void => {
  if (!to.tags?.length) return;
  const merged = new Map((state.tags[to.arn] ?? []).map((tag) => [tag.Key, tag]));
  for (const tag of to.tags) merged.set(tag.Key, { Key: tag.Key, Value: tag.Value ?? '' });
  state.tags[to.arn] = [...merged.values()];
};

const checkResource = (state: Elbv2State, arn: string): void => {
  const kind = /:(targetgroup|listener-rule|listener|loadbalancer)\//.exec(arn)?.[1];
  switch (kind) {
    case 'targetgroup':
      required(state.targetGroups, { arn, code: 'TargetGroupNotFoundException' });
      return;
    case 'listener-rule':
      required(state.rules, { arn, code: 'RuleNotFoundException' });
      return;
    case 'listener':
      required(state.listeners, { arn, code: 'ListenerNotFoundException' });
      return;
    case 'loadbalancer':
      required(state.loadBalancers, { arn, code: 'LoadBalancerNotFoundException' });
      return;
    default:
      throw validation(`'${arn}' is not a valid ARN`);
  }
};

export const addTagsCall = (input: AddTagsInput, call: Call): object => {
  const state = stateOf(call);
  for (const arn of input.ResourceArns ?? []) checkResource(state, arn);
  for (const arn of input.ResourceArns ?? []) addTags(state, { arn, tags: input.Tags });
  return {};
};

export const removeTags = (input: RemoveTagsInput, call: Call): object => {
  const state = stateOf(call);
  const gone = new Set(input.TagKeys ?? []);
  for (const arn of input.ResourceArns ?? []) {
    checkResource(state, arn);
    state.tags[arn] = (state.tags[arn] ?? []).filter((tag) => !gone.has(tag.Key ?? ''));
  }
  return {};
};

export const describeTags = (input: DescribeTagsInput, call: Call): object => {
  const state = stateOf(call);
  const arns = input.ResourceArns ?? [];
  if (arns.length > 20) throw validation('A maximum of 20 resources can be described in one request');
  for (const arn of arns) checkResource(state, arn);
  return { TagDescriptions: arns.map((arn) => ({ ResourceArn: arn, Tags: state.tags[arn] ?? [] })) };
};

/** What a name in AWS says: `shop-prod-api` is project shop, environment prod, service api. Guesses, as data. Pure. */
import { namePattern } from '../config/schema.js';

/** One ECS service's or cluster's name, taken apart. */
export interface Reading {
  readonly project?: string;
  readonly environment?: string;
  readonly short: string;
}

const production = new Set(['prod', 'production', 'prd', 'live']);
const rehearsal = new Set(
  'staging stage stg dev develop development test tst qa uat sandbox demo preview preprod acc acceptance integration'.split(
    ' ',
  ),
);

const words = (name: string): readonly string[] =>
  name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');

const isEnvironment = (word: string): boolean => production.has(word) || rehearsal.has(word);

/** production: needs protection; rehearsal: known not to; unknown: nobody said. */
export const kindOfEnvironment = (name: string): 'production' | 'rehearsal' | 'unknown' => {
  const found = words(name);
  if (found.some((word) => production.has(word))) return 'production';
  return found.some((word) => rehearsal.has(word)) ? 'rehearsal' : 'unknown';
};

// Keys that a YAML file of ours may not have: they mean something to JavaScript.
const reserved = new Set(['constructor', 'prototype']);

/** Any text as a name of platform.yaml. */
export const toName = (text: string, fallback: string): string => {
  const name = words(text).join('-').slice(0, 63).replace(/-+$/, '');
  if (name === '') return fallback;
  return reserved.has(name) || !namePattern.test(name) ? `${fallback}-${name}`.slice(0, 63) : name;
};

const part = (parts: readonly string[]): string | undefined => (parts.length === 0 ? undefined : parts.join('-'));

const reading = (of: {
  readonly project: string | undefined;
  readonly environment: string;
  readonly short: string;
}): Reading => ({
  environment: of.environment,
  short: of.short,
  ...(of.project === undefined ? {} : { project: of.project }),
});

/** By the first word that names an environment: before it the project, behind it the service. */
const byEnvironmentWord = (name: string): Reading | undefined => {
  const all = words(name);
  const at = all.findIndex(isEnvironment);
  const environment = all[at];
  if (environment === undefined) return undefined;
  const [before, after] = [all.slice(0, at), all.slice(at + 1)];
  if (after.length > 0 && before.length > 0)
    return reading({ project: part(before), environment, short: after.join('-') });
  // prod-shop-api, prod-api, shop-api-prod, api-prod
  const rest = [...before, ...after];
  if (rest.length === 0) return undefined;
  const hasProject = rest.length > 1;
  return reading({
    project: hasProject ? rest[0] : undefined,
    environment,
    short: (hasProject ? rest.slice(1) : rest).join('-'),
  });
};

/** Copilot says it in tags. */
const byCopilotTags = (tags: Readonly<Record<string, string>>): Reading | undefined => {
  const [project, environment, short] = ['application', 'environment', 'service'].map((key) => tags[`copilot-${key}`]);
  return project && environment && short ? { project, environment, short } : undefined;
};

/** `ApiService` → `api-service`. */
const kebab = (text: string): string => text.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();

/** CDK and CloudFormation name a service after its stack and its logical id, with a hash behind each. */
const byStack = (service: Named): Reading | undefined => {
  const stack = service.tags['aws:cloudformation:stack-name'] ?? '';
  if (stack === '' || !service.name.startsWith(`${stack}-`)) return undefined;
  const logical = service.name
    .slice(stack.length + 1)
    .replace(/-[A-Za-z0-9]{10,13}$/, '')
    .replace(/[0-9A-F]{8}$/, '');
  const short = kebab(logical).replace(/-?service$/, '');
  return short === '' ? undefined : { ...readClusterName(kebab(stack).replace(/-?stack$/, '')), short };
};

interface Named {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

export const readServiceName = (
  service: Named,
  /** What is known already, by flags or from the cluster's name: `shop-prod`. */
  known: readonly { readonly project: string; readonly environment: string }[],
): Reading => {
  const copilot = byCopilotTags(service.tags);
  if (copilot !== undefined) return copilot;
  const stack = byStack(service);
  if (stack !== undefined) return stack;
  const all = words(service.name);
  for (const { project, environment } of known) {
    for (const prefix of [
      [...words(project), ...words(environment)],
      [...words(environment), ...words(project)],
    ]) {
      const isPrefix = prefix.every((word, index) => all[index] === word);
      if (isPrefix && all.length > prefix.length)
        return { project, environment, short: all.slice(prefix.length).join('-') };
    }
  }
  return byEnvironmentWord(service.name) ?? { short: service.name };
};

/** `shop-prod` and `prod-shop`; `prod` alone; Copilot's and CDK's `…-Cluster-a1B2c3` without its end. */
export const readClusterName = (name: string): Omit<Reading, 'short'> => {
  const all = words(name.replace(/-?cluster(-[A-Za-z0-9]{6,})?$/i, ''));
  const at = all.findIndex(isEnvironment);
  const environment = all[at];
  const project = part(all.filter((_, index) => index !== at));
  return {
    ...(environment === undefined ? {} : { environment }),
    ...(project === undefined ? {} : { project }),
  };
};

/** Words that all names begin with, leaving each at least one: `shop` of shop-api and shop-web. */
export const commonWords = (names: readonly string[]): readonly string[] => {
  const [first = [], ...others] = names.map(words);
  if (others.length === 0) return [];
  const shortest = Math.min(first.length, ...others.map(({ length }) => length)) - 1;
  const differs = first.findIndex((word, index) => others.some((other) => other[index] !== word));
  return first.slice(0, Math.max(0, differs < 0 ? shortest : Math.min(differs, shortest)));
};

/** The name behind words that it begins with. */
export const behind = (name: string, prefix: readonly string[]): string => {
  const all = words(name);
  return prefix.length > 0 && prefix.every((word, index) => all[index] === word) && all.length > prefix.length
    ? all.slice(prefix.length).join('-')
    : name;
};

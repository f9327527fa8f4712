/**
 * Project, environment and service names for what is in a cluster: flags first, then Copilot's tags, then the names
 * themselves. What stays ambiguous becomes a question, and the services of other projects are left out with the command
 * that adopts them. Pure.
 */
import { nearest } from '../config/diagnostics.js';
import { PlatformError } from '../errors/platform-error.js';
import type { Names, Question, ServiceFacts, Sourced } from './model.js';
import {
  behind,
  commonWords,
  kindOfEnvironment,
  type Reading,
  readClusterName,
  readServiceName,
  toName,
} from './read-names.js';

export interface NamesRequest {
  readonly cluster: string;
  readonly services: readonly ServiceFacts[];
  readonly project?: string | undefined;
  readonly environment?: string | undefined;
  /** ECS names or short names; all when empty. */
  readonly only: readonly string[];
}

interface Read extends Reading {
  readonly serviceName: string;
}

interface Group {
  readonly project: string;
  readonly environment: string;
  readonly count: number;
}

export const chooseNames = (request: NamesRequest): Names => {
  const own = readClusterName(request.cluster);
  const known = [
    { project: request.project, environment: request.environment },
    { project: request.project ?? own.project, environment: request.environment ?? own.environment },
  ].flatMap(({ project, environment }) => (project && environment ? [{ project, environment }] : []));
  const read = request.services.map(
    ({ settings }): Read => ({ ...readServiceName(settings, known), serviceName: settings.name }),
  );
  const groups = groupsOf(read);
  const group = chosenGroup(groups, { request, own });
  const isOwnCluster = own.project !== undefined && own.environment !== undefined;
  const project = projectOf(request, { own, group, read });
  const environment = environmentOf(request, { own, group });
  const chosen = chooseServices({ request, read, group, isOwnCluster });
  const short = shortNames(chosen.adopted);
  const kind = kindOfEnvironment(environment.value);
  return {
    project,
    environment,
    isProtected: {
      value: kind !== 'rehearsal',
      origin:
        kind === 'production'
          ? 'its name looks like production'
          : kind === 'rehearsal'
            ? 'its name does not look like production'
            : 'nothing says that it is not production',
    },
    services: short.names,
    leftOut: chosen.leftOut,
    questions: [
      ...groupQuestions(groups, { group, request }),
      ...projectQuestions(project),
      ...environmentQuestions(environment.value, kind),
      ...chosen.questions(short.names),
      ...short.questions,
    ],
  };
};

const groupsOf = (read: readonly Read[]): readonly Group[] => {
  const found = new Map<string, Group>();
  for (const { project, environment } of read) {
    if (project === undefined || environment === undefined) continue;
    const key = `${project}/${environment}`;
    found.set(key, { project, environment, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.values()].sort(
    (a, b) => b.count - a.count || (`${a.project}/${a.environment}` < `${b.project}/${b.environment}` ? -1 : 1),
  );
};

type Own = Omit<Reading, 'short'>;

/** Flags first (they may also rename what the services call themselves), then the cluster's name, then the largest. */
const chosenGroup = (
  groups: readonly Group[],
  { request, own }: { readonly request: NamesRequest; readonly own: Own },
): Group | undefined => {
  const score = ({ project, environment }: Group): number =>
    8 * Number(project === request.project) +
    4 * Number(environment === request.environment) +
    2 * Number(project === own.project) +
    Number(environment === own.environment);
  const [best] = [...groups].sort((a, b) => score(b) - score(a));
  return best;
};

const lastResort = 'the cluster’s name, for want of a better one';

const projectOf = (
  request: NamesRequest,
  { own, group, read }: { readonly own: Own; readonly group: Group | undefined; readonly read: readonly Read[] },
): Sourced<string> => {
  if (request.project !== undefined) return { value: request.project, origin: '--project' };
  if (group !== undefined) return { value: toName(group.project, 'app'), origin: 'guessed from the services’ names' };
  // A cluster that names its environment names its project too; `main` and `default` name neither.
  if (own.project !== undefined && own.environment !== undefined)
    return { value: toName(own.project, 'app'), origin: 'guessed from the cluster’s name' };
  const common = commonWords(read.map(({ serviceName }) => serviceName)).join('-');
  return common !== '' && kindOfEnvironment(common) === 'unknown'
    ? { value: toName(common, 'app'), origin: 'guessed: what all services’ names begin with' }
    : { value: toName(request.cluster, 'app'), origin: lastResort };
};

const environmentOf = (
  request: NamesRequest,
  { own, group }: { readonly own: Own; readonly group: Group | undefined },
): Sourced<string> => {
  if (request.environment !== undefined) return { value: request.environment, origin: '--env' };
  if (group !== undefined)
    return { value: toName(group.environment, 'env'), origin: 'guessed from the services’ names' };
  if (own.environment !== undefined)
    return { value: toName(own.environment, 'env'), origin: 'guessed from the cluster’s name' };
  const tagged = new Set(request.services.map(({ settings }) => environmentTag(settings.tags)));
  const [tag] = tagged;
  if (tagged.size === 1 && tag !== undefined) return { value: toName(tag, 'env'), origin: 'a tag of every service' };
  return { value: toName(request.cluster, 'env'), origin: lastResort };
};

const environmentTag = (tags: Readonly<Record<string, string>>): string | undefined =>
  Object.entries(tags).find(([key, value]) => /^(environment|env|stage)$/i.test(key) && value !== '')?.[1];

interface Chosen {
  readonly adopted: readonly Read[];
  readonly leftOut: ReadonlyMap<string, string>;
  questions(names: ReadonlyMap<string, string>): readonly Question[];
}

interface Choosing {
  readonly request: NamesRequest;
  readonly read: readonly Read[];
  readonly group: Group | undefined;
  readonly isOwnCluster: boolean;
}

const chooseServices = ({ request, read, group, isOwnCluster }: Choosing): Chosen => {
  const wanted = wantedNames(request.only, read);
  const leftOut = new Map<string, string>();
  const strangers: Read[] = [];
  const adopted = read.filter((service) => {
    const { serviceName } = service;
    if (wanted.size > 0) {
      if (!wanted.has(serviceName)) leftOut.set(serviceName, 'not chosen with --service');
      return wanted.has(serviceName);
    }
    if (group === undefined || isIn(service, group)) return true;
    if (service.project !== undefined && service.environment !== undefined) {
      leftOut.set(
        serviceName,
        `belongs to ${service.project}/${service.environment} by its name; adopt it by itself with --project ${toName(service.project, 'app')} --env ${toName(service.environment, 'env')}`,
      );
      return false;
    }
    if (!isOwnCluster) {
      leftOut.set(
        serviceName,
        `nothing says that it belongs to ${group.project}/${group.environment}; choose it with --service`,
      );
      return false;
    }
    strangers.push(service);
    return true;
  });
  return {
    adopted,
    leftOut,
    questions: (names) =>
      strangers.map(({ serviceName }) => ({
        code: 'project',
        service: names.get(serviceName),
        question: `does ${serviceName} belong to this project? its name does not say so`,
        fix: 'if not, remove it from platform.yaml',
      })),
  };
};

const isIn = ({ project, environment }: Reading, group: Group): boolean =>
  environment === group.environment && (project === undefined || project === group.project);

const wantedNames = (only: readonly string[], read: readonly Read[]): ReadonlySet<string> =>
  new Set(
    only.map((name) => {
      const found =
        read.find(({ serviceName }) => serviceName === name) ?? read.find(({ short }) => toName(short, '') === name);
      if (found !== undefined) return found.serviceName;
      const known = read.map(({ serviceName }) => serviceName);
      const near = nearest(name, [...known, ...read.map(({ short }) => short)]);
      throw new PlatformError('E_NOT_FOUND', `the cluster has no service ${JSON.stringify(name)}`, {
        hints: near === undefined ? [] : [`did you mean --service ${near}?`],
        details: { service: name, services: known.slice(0, 100) },
      });
    }),
  );

const shortNames = (
  adopted: readonly Read[],
): { readonly names: ReadonlyMap<string, string>; readonly questions: readonly Question[] } => {
  const common = commonWords(adopted.map(({ serviceName }) => serviceName));
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const questions: Question[] = [];
  for (const { serviceName, short, environment } of adopted) {
    const wish = toName(environment === undefined ? behind(serviceName, common) : short, 'service');
    let name = wish;
    for (let number = 2; taken.has(name); number++) name = `${wish.slice(0, 58)}-${number}`;
    taken.add(name);
    names.set(serviceName, name);
    if (name === wish) continue;
    questions.push({
      code: 'name',
      service: name,
      question: `what should ${serviceName} be called? ${wish} is taken by another service`,
      fix: `rename services.${name}; serviceName keeps it pointing at the right one`,
    });
  }
  return { names, questions };
};

const groupQuestions = (
  groups: readonly Group[],
  { group, request }: { readonly group: Group | undefined; readonly request: NamesRequest },
): readonly Question[] => {
  if (group === undefined || (request.project !== undefined && request.environment !== undefined)) return [];
  const others = groups.filter((other) => other !== group);
  if (others.length === 0) return [];
  const shown = others.slice(0, 5).map(({ project, environment }) => `${project}/${environment}`);
  return [
    {
      code: 'project',
      question: `is ${group.project}/${group.environment} the one? the cluster also has services of ${shown.join(', ')}${others.length > 5 ? ', …' : ''}`,
      fix: `adopt another with --project and --env, into another folder with --output-dir`,
    },
  ];
};

const environmentQuestions = (name: string, kind: ReturnType<typeof kindOfEnvironment>): readonly Question[] =>
  kind !== 'unknown'
    ? []
    : [
        {
          code: 'protected',
          question: `is ${name} production? nothing says so, and nothing says otherwise`,
          fix: `protected: true is the careful answer; set environments.${name}.protected to false if it is not`,
        },
      ];

const projectQuestions = ({ value, origin }: Sourced<string>): readonly Question[] =>
  origin !== lastResort
    ? []
    : [
        {
          code: 'project',
          question: `is ${value} the project’s name? no service says`,
          fix: 'adopt with --project NAME',
        },
      ];

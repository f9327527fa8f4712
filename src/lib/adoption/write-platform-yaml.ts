/** An adoption → the text of platform.yaml: every value with where it comes from, every question where it belongs. Pure. */
import { dollar, usesDollar } from './escape.js';
import { leftOutLines } from './left-out.js';
import type { Adoption } from './map-cluster.js';
import type { AdoptedService, ClusterFacts, Question, Sourced } from './model.js';
import { yamlComment, yamlText, yamlValue } from './yaml-text.js';

type Scalar = string | number | boolean;

const pad = (depth: number): string => '  '.repeat(depth);

/** `key: value  # from …` */
const sourced = (depth: number, key: string, { value, origin }: Sourced<Scalar>): string =>
  `${pad(depth)}${yamlText(key)}: ${yamlValue(value)}  ${yamlComment(origin)}`;

const maybe = (depth: number, key: string, value: Sourced<Scalar> | undefined): readonly string[] =>
  value === undefined ? [] : [sourced(depth, key, value)];

const heading = (depth: number, key: string): string => `${pad(depth)}${yamlText(key)}:`;

const questionLines = (depth: number, questions: readonly Question[]): readonly string[] =>
  questions.flatMap(({ question, fix }) => [
    `${pad(depth)}${yamlComment(`QUESTION: ${question}`)}`,
    `${pad(depth)}${yamlComment(fix)}`,
  ]);

export const templatePath = (service: Pick<AdoptedService, 'name'>): string => `task-definitions/${service.name}.json`;

export const platformYaml = (adoption: Adoption): string => {
  const { facts, names } = adoption;
  const environment = environmentLines(adoption);
  const services = adoption.services.flatMap((service) => [
    ...serviceLines(service, adoption.services.length > manyServices ? 'compact' : 'full'),
    '',
  ]);
  const templates = JSON.stringify(adoption.services.map(({ template }) => template));
  const isEscaped = [...environment, ...services, templates].some(usesDollar);
  const text = [
    '# yaml-language-server: $schema=./platform.schema.json',
    '#',
    yamlComment(
      `Adopted from cluster ${facts.cluster} in account ${facts.account}, ${facts.region}; nothing was changed there.`,
    ),
    '# Behind each value is where it comes from. What only a person can answer is marked QUESTION.',
    ...questionLines(0, adoption.questions),
    'version: 1',
    sourced(0, 'project', names.project),
    'runtime: ecs',
    sourced(0, 'region', { value: facts.region, origin: 'where the cluster is' }),
    `defaultEnvironment: ${yamlText(names.environment.value)}`,
    '',
    'environments:',
    `${heading(1, names.environment.value)}  ${yamlComment(names.environment.origin)}`,
    ...environment,
    ...(isEscaped ? dollarLines : []),
    '',
    'services:',
    ...services,
    ...leftOutComments(adoption),
  ].join('\n');
  return `${text.trimEnd()}\n`;
};

const dollarLines = [
  `${pad(2)}variables:`,
  `${pad(3)}${dollar.name}: ${yamlText(dollar.value)}  ${yamlComment('so that a dollar and two braces in live text are no reference')}`,
];

const environmentLines = ({ facts, names, entrance, services }: Adoption): readonly string[] => [
  heading(2, 'aws'),
  `${pad(3)}account: "${facts.account}"  # from STS: whose credentials adopted it; compared before every plan`,
  ...maybe(3, 'profile', facts.profile === undefined ? undefined : { value: facts.profile, origin: '--profile' }),
  sourced(2, 'protected', names.isProtected),
  sourced(2, 'cluster', { value: facts.cluster, origin: 'what was adopted' }),
  ...networkLines(facts, services),
  ...(entrance === undefined
    ? []
    : [
        heading(2, 'loadBalancer'),
        sourced(3, 'name', { value: entrance.balancer.name, origin: 'the balancer that most services are behind' }),
        sourced(3, 'listenerPort', {
          value: entrance.listenerPort,
          origin: `the listener of ${entrance.balancer.name} with most rules for them`,
        }),
      ]),
];

/** One network for the environment: written when all services agree, which is how the sandbox can play it. */
const networkLines = (facts: ClusterFacts, services: readonly AdoptedService[]): readonly string[] => {
  const names = new Set(services.map(({ serviceName }) => serviceName));
  const networks = facts.services.flatMap(({ settings }) =>
    names.has(settings.name) && settings.network !== undefined ? [settings.network] : [],
  );
  const [network] = networks;
  if (network === undefined || network.subnets.length === 0) return [];
  if (new Set(networks.map((each) => JSON.stringify(each))).size > 1)
    return [
      `${pad(2)}${yamlComment('network: left out, because the services differ in it; deploys leave it as it is')}`,
    ];
  const list = (values: readonly string[]): string => `[${values.map(yamlValue).join(', ')}]`;
  const [vpc] = [...facts.routing.groups.values()].flatMap((group) => group.vpc ?? []);
  return [
    `${heading(2, 'network')}  ${yamlComment('from networkConfiguration of every service; deploys leave it as it is')}`,
    ...maybe(3, 'vpc', vpc === undefined ? undefined : { value: vpc, origin: 'from the target groups' }),
    `${pad(3)}subnets: ${list(network.subnets)}`,
    ...(network.securityGroups.length === 0 ? [] : [`${pad(3)}securityGroups: ${list(network.securityGroups)}`]),
    `${pad(3)}assignPublicIp: ${network.assignPublicIp}`,
  ];
};

/** A file has a size that every command is willing to load: of many services only what differs from the defaults. */
const manyServices = 200;

/** Undefined where the default says the same and lines are dear. */
const unlessDefault = <T>(value: Sourced<T> | undefined, usual: T, style: Style): Sourced<T> | undefined =>
  style === 'compact' && value?.value === usual ? undefined : value;

type Style = 'full' | 'compact';

const serviceLines = (service: AdoptedService, style: Style): readonly string[] => [
  ...questionLines(1, service.questions),
  ...service.notes.map((note) => `${pad(1)}${yamlComment(`Note: ${note}`)}`),
  heading(1, service.name),
  `${pad(2)}taskDefinition: ${templatePath(service)}  ${yamlComment('rendered from the live one; yours to edit')}`,
  sourced(2, 'serviceName', { value: service.serviceName, origin: 'its name in the cluster' }),
  ...(service.family.value === service.serviceName ? [] : [sourced(2, 'family', service.family)]),
  ...maybe(2, 'container', unlessDefault(service.container, service.name, style)),
  ...maybe(2, 'port', service.port),
  ...maybe(2, 'healthPath', unlessDefault(service.healthPath, '/health', style)),
  ...maybe(2, 'path', unlessDefault(service.path, '/', style)),
  heading(2, 'image'),
  sourced(3, 'repository', service.repository),
  ...maybe(2, 'logGroup', service.logGroup),
  ...maybe(2, 'logging', service.logging),
  ...(service.secrets.size === 0 ? [] : [heading(2, 'secrets')]),
  ...[...service.secrets].map(([name, secret]) => sourced(3, name, secret)),
  sourced(2, 'desiredCount', service.desiredCount),
];

const leftOutComments = ({ leftOut }: Adoption): readonly string[] =>
  leftOut.length === 0
    ? []
    : ['# Left out:', ...leftOutLines(leftOut).map(({ who, why }) => yamlComment(`${who}: ${why}`))];

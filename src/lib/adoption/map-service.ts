/** One live service → what platform.yaml and its template will say. Pure; start reading at mapService. */

import { answeredMembers } from '../config/normalise-task-definition.js';
import { ecsNamePattern } from '../config/schema.js';
import { chooseContainer } from './choose-container.js';
import { escapedDeep } from './escape.js';
import { mapImage } from './map-image.js';
import { mapRouting } from './map-routing.js';
import { isMembers, type Members, membersOf, textOf } from './members.js';
import type { AdoptedService, ClusterFacts, Entrance, LeftOut, Names, ServiceFacts, Sourced } from './model.js';
import { serviceNotes, serviceQuestions, whyLeftOut } from './recognise.js';
import { splitSecrets } from './split-secrets.js';

export interface MapRequest {
  readonly facts: ClusterFacts;
  readonly names: Names;
  readonly entrance: Entrance | undefined;
}

export type Mapped =
  | { readonly kind: 'adopted'; readonly service: AdoptedService }
  | ({ readonly kind: 'left-out' } & LeftOut);

export const mapService = (service: ServiceFacts, request: MapRequest): Mapped => {
  const serviceName = service.settings.name;
  const leftOut = (why: string): Mapped => ({ kind: 'left-out', serviceName, why });
  const name = request.names.services.get(serviceName);
  if (name === undefined) return leftOut(request.names.leftOut.get(serviceName) ?? 'it was not chosen');
  const why = whyLeftOut(service);
  if (why !== undefined || service.record === undefined) return leftOut(why ?? 'its task definition cannot be read');
  const { definition, family } = service.record;
  const chosen = chooseContainer(service.settings, { name, definition });
  const container = chosen.container.value;
  const unfit = whyUnfit({ serviceName, family, container });
  if (unfit !== undefined) return leftOut(unfit);
  const { project, environment } = request.names;
  const split = splitSecrets({
    definition,
    container,
    service: name,
    project: project.value,
    environment: environment.value,
  });
  const [unwritable] = split.unwritable;
  if (unwritable !== undefined)
    return leftOut(`${unwritable} looks like it holds a secret, and only environment and log options can refer to one`);
  const live = membersOf(definition['containerDefinitions']).find((each) => each['name'] === container) ?? {};
  const image = textOf(live['image']);
  if (image === '') return leftOut(`its container ${container} has no image`);
  const mapped = mapImage({ image, container }, request.facts);
  const routing = mapRouting({
    settings: service.settings,
    container,
    routing: request.facts.routing,
    entrance: request.entrance,
  });
  const questions = [
    ...chosen.questions,
    ...split.questions,
    ...mapped.questions,
    ...routing.questions,
    ...serviceQuestions(service),
  ];
  return {
    kind: 'adopted',
    service: {
      name,
      serviceName,
      container: chosen.container,
      family: { value: family, origin: `from service ${serviceName}: taskDefinition` },
      repository: mapped.repository,
      image,
      ...logsOf(live),
      port: routing.port,
      healthPath: routing.healthPath,
      path: routing.path,
      secrets: split.declared,
      desiredCount: desiredCount(service),
      template: templateOf(split.definition, container),
      questions: [
        ...request.names.questions.filter((question) => question.service === name),
        ...questions.map((question) => ({ ...question, service: name })),
      ],
      notes: serviceNotes(service, container),
    },
  };
};

/** AWS allows no other names; were it to, platform.yaml could not say them. */
const whyUnfit = (names: {
  readonly serviceName: string;
  readonly family: string;
  readonly container: string;
}): string | undefined => {
  const unfit = Object.entries(names).find(([, name]) => !ecsNamePattern.test(name));
  return unfit === undefined ? undefined : `its ${unfit[0]} has letters that ECS does not allow`;
};

const maxCount = 5_000;

const desiredCount = ({ settings, scaling }: ServiceFacts): Sourced<number> => {
  const bounds = scaling === undefined ? '' : `; autoscaling ${scaling.min} to ${scaling.max}`;
  return {
    value: Math.min(maxCount, settings.desired),
    origin: `from service ${settings.name}: desiredCount${bounds}; only the sandbox uses it`,
  };
};

const logsOf = (container: Members): Pick<AdoptedService, 'logGroup' | 'logging'> => {
  const name = textOf(container['name']);
  const logs = container['logConfiguration'];
  if (!isMembers(logs))
    return {
      logging: { value: 'none', origin: `from its task definition: container ${name} has no logConfiguration` },
    };
  const group = isMembers(logs['options']) ? textOf(logs['options']['awslogs-group']) : '';
  if (logs['logDriver'] !== 'awslogs' || group === '') return {};
  return { logGroup: { value: group, origin: `from its task definition: awslogs-group of container ${name}` } };
};

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isMembers(value) && Object.keys(value).length === 0);

/** Without what AWS answers for absent members: it would only be noise in a file that people edit. */
const tidied = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(tidied);
  if (!isMembers(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, tidied(member)] as const);
  return Object.fromEntries(entries.filter(([, member]) => !isEmpty(member)));
};

const templateOf = (definition: Members, container: string): Members => {
  const own = Object.entries(definition).filter(([key]) => !answeredMembers.has(key));
  const { family: _family, containerDefinitions, ...rest } = escapedDeep(tidied(Object.fromEntries(own))) as Members;
  const live = membersOf(definition['containerDefinitions']);
  return {
    family: '${{ service.family }}',
    ...rest,
    containerDefinitions: membersOf(containerDefinitions).map((each, index) =>
      containerTemplate(each, live[index]?.['name'] === container ? 'chosen' : 'sidecar'),
    ),
  };
};

const containerTemplate = (container: Members, role: 'chosen' | 'sidecar'): Members => {
  const { cpu, ...rest } = container;
  const sized = cpu === 0 ? rest : container;
  if (role === 'sidecar') return sized;
  const logs = sized['logConfiguration'];
  const options = isMembers(logs) ? logs['options'] : undefined;
  const filled = { ...sized, image: '${{ image }}' };
  if (!isMembers(logs) || logs['logDriver'] !== 'awslogs' || !isMembers(options)) return filled;
  if (textOf(options['awslogs-group']) === '') return filled;
  const references = { ...options, 'awslogs-group': '${{ service.logGroup }}' };
  return { ...filled, logConfiguration: { ...logs, options: references } };
};

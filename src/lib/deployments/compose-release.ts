/** What would be registered for a service, and whether it differs from what is live. */
import type { EcsGateway } from '../aws/ecs.js';
import { normaliseTaskDefinition, sameTaskDefinition } from '../config/normalise-task-definition.js';
import { renderTaskDefinition } from '../config/template.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { PlatformError } from '../errors/platform-error.js';
import { digestOf, type Json } from '../plan/json.js';
import { registrable, withImage } from '../runtimes/ecs/registrable.js';
import type { LiveService } from '../services/observe-live.js';
import type { Source } from '../strategies/strategy.js';
import type { ChosenImage } from './deploy-images.js';
import type { DeployRequest } from './deploy-types.js';

export interface Composed {
  readonly live: LiveService;
  readonly image: ChosenImage;
  readonly source: Source;
  /** In full, for comparing and for the preflight; only a rendered one is also in the plan. */
  readonly definition: Readonly<Record<string, unknown>>;
  readonly isUnchanged: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ComposeRequest {
  readonly ecs: EcsGateway;
  readonly at: ResolvedTarget;
  readonly live: LiveService;
  readonly image: ChosenImage;
  readonly taskDefinition: DeployRequest['taskDefinition'];
}

export const compose = async (request: ComposeRequest): Promise<Composed> => {
  const { live, image } = request;
  const { definition, source } = await chooseSource(request);
  return {
    live,
    image,
    source,
    definition,
    isUnchanged: sameTaskDefinition(live.live.definition, definition),
    tags: tagsOf(request, definition),
  };
};

const chooseSource = async (request: ComposeRequest): Promise<Pick<Composed, 'source' | 'definition'>> => {
  const { at, live, image, taskDefinition } = request;
  switch (taskDefinition) {
    case 'file': {
      const options = {
        project: at.project,
        environment: at.environment,
        image: image.image,
        account: at.target.account,
      };
      const rendered = renderTaskDefinition(live.service, options).taskDefinition;
      const definition = JSON.parse(JSON.stringify(rendered)) as Readonly<Record<string, Json>>;
      return { definition, source: { kind: 'rendered', definition } };
    }
    case 'latest':
      return basedOn(request, live.latest?.arn ?? live.live.arn);
    case 'live':
      return basedOn(request, live.live.arn);
  }
};

const basedOn = async (request: ComposeRequest, arn: string): Promise<Pick<Composed, 'source' | 'definition'>> => {
  const { ecs, live, image } = request;
  const record = arn === live.live.arn ? live.live : await ecs.taskDefinition(arn);
  if (!record) throw new PlatformError('E_NOT_FOUND', `the task definition ${arn} is gone`);
  const change = { container: live.service.container, image: image.image };
  return {
    definition: withImage(registrable(record.definition), change),
    source: { kind: 'based-on', taskDefinition: arn, ...change },
  };
};

/** AWS allows letters, digits, spaces and + - = . _ : / @ in a tag's value. */
const tagValue = (text: string): string => text.replace(/[^\p{L}\p{N} +\-=._:/@]/gu, '_').slice(0, 256);

const tagsOf = (
  { at, live, image }: ComposeRequest,
  definition: Readonly<Record<string, unknown>>,
): Composed['tags'] => {
  const container = { container: live.service.container, image: '' };
  const config = digestOf(normaliseTaskDefinition(withImage(definition, container))).slice(0, 16);
  const tags = {
    'platform:project': at.target.project,
    'platform:environment': at.target.environment,
    'platform:service': live.service.name,
    'platform:config': config,
    ...(image.tag === undefined ? {} : { 'platform:tag': image.tag }),
    ...(image.commit === undefined ? {} : { 'platform:commit': image.commit }),
  };
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, tagValue(value)]));
};

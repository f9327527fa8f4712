/** Which image each service is to run: from flags, the checkout, another environment, or what is live. */
import { createEcrGateway } from '../aws/ecr.js';
import { createEcsGateway } from '../aws/ecs.js';
import type { Warning } from '../cli/report.js';
import type { ResolvedService } from '../config/project.js';
import { resolveEnvironment } from '../config/resolve.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { PlatformError } from '../errors/platform-error.js';
import { headTag } from '../images/head-tag.js';
import { assertTag, type ImageReference, parseReference } from '../images/image-reference.js';
import { referenceFrom, resolveImage } from '../images/resolve-image.js';
import { primaryOf } from '../runtimes/ecs/picture.js';
import { imageOf, type LiveService, observeLive } from '../services/observe-live.js';
import type { DeployRequest } from './deploy-types.js';

export interface ChosenImage {
  readonly image: string;
  readonly tag?: string;
  readonly commit?: string;
  readonly warnings: readonly Warning[];
}

/** What is asked for, before any registry is asked. */
export type ImageChoice =
  | { readonly kind: 'keep' }
  | { readonly kind: 'reference'; readonly reference: ImageReference; readonly commit?: string };

export interface ImageChoiceRequest {
  readonly ctx: Pick<Ctx, 'env' | 'place' | 'aws'>;
  readonly at: ResolvedTarget;
  readonly services: readonly ResolvedService[];
  readonly request: DeployRequest;
}

export const chooseImages = async (options: ImageChoiceRequest): Promise<ReadonlyMap<string, ImageChoice>> => {
  const { request, services } = options;
  assertOneSource(request);
  if (request.image === 'keep') return new Map(services.map((service) => [service.name, { kind: 'keep' }]));
  const named = namedImages(request.images, services);
  const others = services.filter((service) => !named.has(service.name));
  const rest = others.length === 0 ? new Map<string, ImageChoice>() : await unnamedImages(options, others);
  return new Map([...named, ...rest]);
};

const assertOneSource = (request: DeployRequest): void => {
  const given = [
    ...(request.tag === undefined ? [] : ['--tag']),
    ...(request.from === undefined ? [] : ['--from']),
    ...(request.image === 'keep' ? ['--config-only'] : []),
  ];
  const excess = request.image === 'keep' && request.images.length > 0 ? [...given, '--image'] : given;
  if (excess.length > 1) throw new PlatformError('E_USAGE', `${excess.join(' and ')} exclude each other`);
};

const namedImages = (
  images: readonly string[],
  services: readonly ResolvedService[],
): ReadonlyMap<string, ImageChoice> =>
  new Map(
    images.map((text) => {
      const at = text.indexOf('=');
      const name = at < 0 ? '' : text.slice(0, at);
      if (!services.some((service) => service.name === name)) {
        throw new PlatformError('E_USAGE', `--image ${text} names no service of this deploy`, {
          hints: ['--image api=repository:tag'],
        });
      }
      return [name, { kind: 'reference', reference: referenceFrom(text.slice(at + 1)) }] as const;
    }),
  );

const unnamedImages = async (
  options: ImageChoiceRequest,
  services: readonly ResolvedService[],
): Promise<ReadonlyMap<string, ImageChoice>> => {
  const { request, ctx, at } = options;
  if (request.from !== undefined) return provenImages({ ...options, services, from: request.from });
  const head = request.tag === undefined ? await headTag(ctx, at.project.root) : undefined;
  const tag = request.tag ?? head?.tag ?? '';
  assertTag(tag);
  const commit = head === undefined ? {} : { commit: head.commit };
  return new Map(
    services.map((service) => [
      service.name,
      { kind: 'reference', reference: { repository: service.repository, tag }, ...commit },
    ]),
  );
};

/** The digest that runs in another environment, and that worked there. */
const provenImages = async (
  options: ImageChoiceRequest & { readonly from: string },
): Promise<ReadonlyMap<string, ImageChoice>> => {
  const { ctx, at, services, from } = options;
  const environment = resolveEnvironment(at.project, from, { env: ctx.env });
  const { region, profile, roleArn } = environment;
  const aws = ctx.aws({
    region,
    ...(profile === undefined ? {} : { profile }),
    ...(roleArn === undefined ? {} : { roleArn }),
  });
  const ecs = createEcsGateway(aws);
  const there = environment.services.filter((service) => services.some((wanted) => wanted.name === service.name));
  const live = await observeLive({ ecs, cluster: environment.cluster, services: there });
  const choices = await Promise.all(
    services.map(async (service) => {
      const source = live.find((candidate) => candidate.service.name === service.name);
      const digest = source && isProven(source) ? await digestOf(ecs, source) : undefined;
      if (digest === undefined) {
        throw new PlatformError(
          'E_NOT_FOUND',
          `${from} has no proven release of ${service.name}; nothing was changed`,
          {
            hints: [`platform releases ${service.name} -e ${from}`],
          },
        );
      }
      return [service.name, { kind: 'reference', reference: { repository: service.repository, digest } }] as const;
    }),
  );
  return new Map(choices);
};

const isProven = ({ live, seen }: LiveService): boolean => {
  const verdict = live.tags['platform:outcome'];
  if (verdict !== undefined) return verdict === 'worked';
  return primaryOf(seen)?.rollout === 'COMPLETED' && seen.running > 0;
};

const digestOf = async (ecs: ReturnType<typeof createEcsGateway>, source: LiveService): Promise<string | undefined> => {
  const { live, service, cluster } = source;
  const written = parseReference(imageOf(live.definition, service.container)).digest;
  if (written !== undefined) return written;
  const tasks = await ecs.tasks({ cluster, service: service.serviceName }, 'RUNNING');
  const containers = tasks.filter((task) => task.taskDefinition === live.arn).flatMap((task) => task.containers);
  return containers.find((container) => container.name === service.container)?.digest;
};

/** Tags become digests here, before the plan; a missing image ends here with nothing changed. */
export const settleImage = async (at: ResolvedTarget, live: LiveService, choice: ImageChoice): Promise<ChosenImage> => {
  const { service } = live;
  switch (choice.kind) {
    case 'keep':
      return { image: imageOf(live.live.definition, service.container), warnings: [] };
    case 'reference': {
      const { account, region } = at.target;
      const { reference } = choice;
      const ecr = createEcrGateway(at.aws);
      const { image, tag, warnings } = await resolveImage({ service: service.name, reference, account, region, ecr });
      return {
        image,
        warnings,
        ...(tag === undefined ? {} : { tag }),
        ...(choice.commit === undefined ? {} : { commit: choice.commit }),
      };
    }
  }
};

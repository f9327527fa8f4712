/**
 * Container images of the sandbox: which exist, their digests, and the tag a digest came from (a deployment pins digests,
 * the faults hang on tags). Digests are deterministic; `moveTag` gives a tag a new one. The ECR module uses the same table.
 */
import { createHash } from 'node:crypto';
import { neighbour } from './services/neighbours.js';
import type { World } from './world.js';

interface ImageTable {
  /** `registry/repository:tag` → how often it was moved. */
  versions: Record<string, number>;
  /** digest → the tag that it was made for. */
  tags: Record<string, string>;
}

export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

export interface ResolvedImage {
  readonly exists: boolean;
  readonly digest: string;
  readonly tag?: string;
}

export const imageFaults = ['bad', 'oom', 'nopull', 'unhealthy', 'slow', 'errors'] as const;
export type ImageFault = (typeof imageFaults)[number];

/** The fault that a tag asks for: it is the fault's name, or ends in `-` and the name. */
export const faultOfTag = (tag: string): ImageFault | undefined =>
  imageFaults.find((fault) => tag === fault || tag.endsWith(`-${fault}`));

export const parseImage = (reference: string): ImageReference => {
  const [name = '', digest] = reference.split('@');
  const slash = name.indexOf('/');
  const first = slash > 0 ? name.slice(0, slash) : '';
  const isRegistry = first.includes('.') || first.includes(':') || first === 'localhost';
  const rest = isRegistry ? name.slice(slash + 1) : name;
  const colon = rest.lastIndexOf(':');
  const tag = colon > rest.lastIndexOf('/') ? rest.slice(colon + 1) : undefined;
  const repository = tag === undefined ? rest : rest.slice(0, colon);
  return {
    registry: isRegistry ? first : 'docker.io',
    repository,
    ...(tag === undefined && digest === undefined ? { tag: 'latest' } : {}),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
};

const table = (world: World): ImageTable => {
  const seeds = world.state.seeds as { images?: ImageTable };
  seeds.images ??= { versions: {}, tags: {} };
  return seeds.images;
};

const imageKey = (registry: string, repository: string, tag: string): string => `${registry}/${repository}:${tag}`;

/** The digest that a tag has now. Remembers it, so that the digest finds its tag again. */
export const tagDigest = (world: World, image: { registry: string; repository: string; tag: string }): string => {
  const images = table(world);
  const key = imageKey(image.registry, image.repository, image.tag);
  const version = images.versions[key] ?? 1;
  const digest = `sha256:${createHash('sha256').update(`${key}:${version}`).digest('hex')}`;
  images.tags[digest] = image.tag;
  return digest;
};

/** Lets a tag point to a new image, as a push of the same tag does. Returns the new digest. */
export const moveTag = (world: World, image: { registry: string; repository: string; tag: string }): string => {
  const images = table(world);
  const key = imageKey(image.registry, image.repository, image.tag);
  images.versions[key] = (images.versions[key] ?? 1) + 1;
  return tagDigest(world, image);
};

export const tagOfDigest = (world: World, digest: string): string | undefined => table(world).tags[digest];

/** The registry of this account in a region. */
export const accountRegistry = (world: World, region: string): string =>
  `${world.state.account}.dkr.ecr.${region}.amazonaws.com`;

/**
 * What a pull of the reference finds. An image of another registry exists; one of the account's registry exists when the
 * ECR module holds it. A digest that no tag was ever asked for does not exist there.
 */
export const resolveImage = (world: World, region: string, reference: string): ResolvedImage => {
  const image = parseImage(reference);
  const tag = image.digest === undefined ? (image.tag ?? 'latest') : (tagOfDigest(world, image.digest) ?? image.tag);
  const digest = image.digest ?? tagDigest(world, { ...image, tag: tag ?? 'latest' });
  return { exists: isPullable(world, region, image), digest, ...(tag === undefined ? {} : { tag }) };
};

const isPullable = (world: World, region: string, image: ImageReference): boolean => {
  if (!image.registry.startsWith(`${world.state.account}.dkr.ecr.`)) return true;
  const place = { world, region: image.registry.split('.')[3] ?? region };
  const ecr = neighbour(world, 'ecr');
  if (ecr.isPullable)
    return ecr.isPullable(place, {
      repository: image.repository,
      ...(image.digest === undefined ? { tag: image.tag ?? 'latest' } : { digest: image.digest }),
    });
  if (image.digest !== undefined && tagOfDigest(world, image.digest) === undefined) return false;
  return ecr.repositoryExists?.(place, image.repository) ?? true;
};

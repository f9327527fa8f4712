/**
 * ECR's data. A seeded repository holds every tag (its digest is images.ts's business), except those that were deleted;
 * a repository made by CreateRepository holds what PutImage and `move-tag` put there.
 */
import { accountRegistry, moveTag, tagDigest, tagOfDigest } from '../../images.js';
import type { World } from '../../world.js';

export interface EcrImage {
  readonly digest: string;
  readonly pushedAt: number;
  /** Base64-free JSON text, as it was put; a made-up manifest when absent. */
  readonly manifest?: string;
  readonly mediaType?: string;
}

export interface Repository {
  readonly name: string;
  readonly arn: string;
  readonly uri: string;
  readonly createdAt: number;
  readonly tagMutability: 'MUTABLE' | 'IMMUTABLE';
  /** Every tag is there until it is deleted. */
  readonly holdsEveryTag: boolean;
  /** Digest → image, for everything that was pushed, moved or asked for. */
  images: Record<string, EcrImage>;
  tags: Record<string, string>;
  deletedTags: string[];
  deletedDigests: string[];
}

export interface EcrState {
  repositories: Record<string, Repository>;
}

export const ecrState = (world: World, region: string): EcrState => world.service<EcrState>(region, 'ecr');

export const findRepository = (world: World, region: string, name: string): Repository | undefined => {
  const { repositories } = ecrState(world, region);
  return Object.hasOwn(repositories, name) ? repositories[name] : undefined;
};

export const addRepository = (
  world: World,
  region: string,
  options: { readonly name: string; readonly holdsEveryTag: boolean; readonly tagMutability?: 'MUTABLE' | 'IMMUTABLE' },
): Repository => {
  const existing = findRepository(world, region, options.name);
  if (existing) return existing;
  const repository: Repository = {
    name: options.name,
    arn: world.arn('ecr', region, `repository/${options.name}`),
    uri: `${accountRegistry(world, region)}/${options.name}`,
    createdAt: world.now,
    tagMutability: options.tagMutability ?? 'MUTABLE',
    holdsEveryTag: options.holdsEveryTag,
    images: {},
    tags: {},
    deletedTags: [],
    deletedDigests: [],
  };
  ecrState(world, region).repositories[options.name] = repository;
  return repository;
};

const remember = (
  world: World,
  repository: Repository,
  image: { readonly tag: string; readonly digest: string },
): EcrImage => {
  const { tag, digest } = image;
  const known = repository.images[digest] ?? { digest, pushedAt: world.now };
  repository.images[digest] = known;
  repository.tags[tag] = digest;
  return known;
};

/** The image that a tag names now. A seeded repository remembers what was asked for, so that lists show it. */
export const imageByTag = (
  world: World,
  region: string,
  { repository, tag }: { readonly repository: Repository; readonly tag: string },
): EcrImage | undefined => {
  const digest = Object.hasOwn(repository.tags, tag) ? repository.tags[tag] : undefined;
  if (digest !== undefined) return repository.images[digest];
  if (!repository.holdsEveryTag || repository.deletedTags.includes(tag)) return undefined;
  const made = tagDigest(world, { registry: accountRegistry(world, region), repository: repository.name, tag });
  return remember(world, repository, { tag, digest: made });
};

export const imageByDigest = (world: World, repository: Repository, digest: string): EcrImage | undefined => {
  if (repository.deletedDigests.includes(digest)) return undefined;
  if (Object.hasOwn(repository.images, digest)) return repository.images[digest];
  const tag = repository.holdsEveryTag ? tagOfDigest(world, digest) : undefined;
  return tag === undefined ? undefined : { digest, pushedAt: world.now };
};

/** Lets a tag name a new image, as a push of the same tag does. Returns the new digest. */
export const pushTag = (
  world: World,
  region: string,
  { repository, tag }: { readonly repository: Repository; readonly tag: string },
): string => {
  const digest = moveTag(world, { registry: accountRegistry(world, region), repository: repository.name, tag });
  repository.deletedTags = repository.deletedTags.filter((each) => each !== tag);
  remember(world, repository, { tag, digest });
  return digest;
};

export const removeTag = (repository: Repository, tag: string): void => {
  delete repository.tags[tag];
  if (!repository.deletedTags.includes(tag)) repository.deletedTags.push(tag);
};

export const removeDigest = (repository: Repository, digest: string): void => {
  for (const [tag, current] of Object.entries(repository.tags)) if (current === digest) removeTag(repository, tag);
  delete repository.images[digest];
  repository.deletedDigests.push(digest);
};

/** Whether a pull by tag or digest finds the image. */
export const isPullable = (
  world: World,
  region: string,
  image: { readonly repository: string; readonly tag?: string; readonly digest?: string },
): boolean => {
  const repository = findRepository(world, region, image.repository);
  if (!repository) return false;
  if (image.digest !== undefined) return imageByDigest(world, repository, image.digest) !== undefined;
  return imageByTag(world, region, { repository, tag: image.tag ?? 'latest' }) !== undefined;
};

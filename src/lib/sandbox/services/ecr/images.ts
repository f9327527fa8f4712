/** ECR's operations on images: describe, list, get by tag or digest, delete. */
import { createHash } from 'node:crypto';
import type {
  BatchDeleteImageRequest,
  BatchGetImageRequest,
  DescribeImagesRequest,
  ImageIdentifier,
  ListImagesRequest,
} from '@aws-sdk/client-ecr';
import { pageOf } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import {
  type EcrImage,
  findRepository,
  imageByDigest,
  imageByTag,
  type Repository,
  removeDigest,
  removeTag,
} from './store.js';

export const requiredRepository = (
  call: Call,
  input: { readonly repositoryName?: string | undefined; readonly registryId?: string | undefined },
): Repository => {
  const isOurs = input.registryId === undefined || input.registryId === call.account;
  const repository = isOurs ? findRepository(call.world, call.region, input.repositoryName ?? '') : undefined;
  if (repository) return repository;
  throw new AwsError(
    'RepositoryNotFoundException',
    `The repository with name '${input.repositoryName}' does not exist in the registry with id '${input.registryId ?? call.account}'`,
  );
};

const find = (call: Call, repository: Repository, id: ImageIdentifier): EcrImage | undefined => {
  const byTag =
    id.imageTag === undefined ? undefined : imageByTag(call.world, call.region, { repository, tag: id.imageTag });
  if (id.imageDigest === undefined) return byTag;
  const byDigest = imageByDigest(call.world, repository, id.imageDigest);
  return id.imageTag !== undefined && byTag?.digest !== byDigest?.digest ? undefined : byDigest;
};

const tagsOf = (repository: Repository, digest: string): readonly string[] =>
  Object.entries(repository.tags).flatMap(([tag, current]) => (current === digest ? [tag] : []));

const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';

/** Every image has a manifest of its own; the layers that it names do not exist. */
const manifestOf = (image: EcrImage): string =>
  image.manifest ??
  JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: 1_024,
      digest: layerDigest(image, 'config'),
    },
    layers: [
      {
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        size: 4_096,
        digest: layerDigest(image, 'layer'),
      },
    ],
  });

const layerDigest = (image: EcrImage, part: string): string =>
  `sha256:${createHash('sha256').update(`${image.digest}/${part}`).digest('hex')}`;

export const describeImages = (input: DescribeImagesRequest, call: Call): object => {
  const repository = requiredRepository(call, input);
  const wanted = input.imageIds?.map((id) => {
    const image = find(call, repository, id);
    if (image) return image;
    throw new AwsError(
      'ImageNotFoundException',
      `The image with imageId {imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'} does not exist within the repository with name '${repository.name}' in the registry with id '${call.account}'`,
    );
  });
  const status = input.filter?.tagStatus;
  const images = (wanted ?? Object.values(repository.images)).filter((image) => hasStatus(repository, image, status));
  const page = pageOf(images, {
    limit: Math.min(1_000, input.maxResults ?? 100),
    token: input.nextToken,
    key: ({ digest }) => digest,
  });
  return {
    imageDetails: page.items.map((image) => detail(repository, image, call.account)),
    ...(page.nextToken && { nextToken: page.nextToken }),
  };
};

const hasStatus = (repository: Repository, image: EcrImage, status: string | undefined): boolean => {
  const isTagged = tagsOf(repository, image.digest).length > 0;
  return status === undefined || status === 'ANY' || (status === 'TAGGED') === isTagged;
};

const detail = (repository: Repository, image: EcrImage, account: string): object => {
  const tags = tagsOf(repository, image.digest);
  return {
    registryId: account,
    repositoryName: repository.name,
    imageDigest: image.digest,
    ...(tags.length > 0 && { imageTags: tags }),
    imageSizeInBytes: 41_943_040,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType ?? mediaType,
    artifactMediaType: 'application/vnd.docker.container.image.v1+json',
  };
};

export const listImages = (input: ListImagesRequest, call: Call): object => {
  const repository = requiredRepository(call, input);
  const ids = Object.values(repository.images)
    .filter((image) => hasStatus(repository, image, input.filter?.tagStatus))
    .flatMap((image): readonly ImageIdentifier[] => {
      const tags = tagsOf(repository, image.digest);
      if (tags.length === 0) return [{ imageDigest: image.digest }];
      return tags.map((imageTag) => ({ imageDigest: image.digest, imageTag }));
    });
  const page = pageOf(ids, {
    limit: Math.min(1_000, input.maxResults ?? 100),
    token: input.nextToken,
    key: (id) => `${id.imageDigest}:${id.imageTag ?? ''}`,
  });
  return { imageIds: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};

const failure = (imageId: ImageIdentifier): object => ({
  imageId,
  failureCode: 'ImageNotFound',
  failureReason: 'Requested image not found',
});

export const batchGetImage = (input: BatchGetImageRequest, call: Call): object => {
  const repository = requiredRepository(call, input);
  const lookups = (input.imageIds ?? []).map((id) => ({ id, image: find(call, repository, id) }));
  return {
    images: lookups.flatMap(({ id, image }) =>
      image
        ? [
            {
              registryId: call.account,
              repositoryName: repository.name,
              imageId: { ...id, imageDigest: image.digest },
              imageManifest: manifestOf(image),
              imageManifestMediaType: image.mediaType ?? mediaType,
            },
          ]
        : [],
    ),
    failures: lookups.flatMap(({ id, image }) => (image ? [] : [failure(id)])),
  };
};

export const batchDeleteImage = (input: BatchDeleteImageRequest, call: Call): object => {
  const repository = requiredRepository(call, input);
  const lookups = (input.imageIds ?? []).map((id) => ({ id, image: find(call, repository, id) }));
  for (const { id, image } of lookups) {
    if (!image) continue;
    if (id.imageTag === undefined || id.imageDigest !== undefined) removeDigest(repository, image.digest);
    else removeTag(repository, id.imageTag);
  }
  return {
    imageIds: lookups.flatMap(({ id, image }) => (image ? [{ ...id, imageDigest: image.digest }] : [])),
    failures: lookups.flatMap(({ id, image }) => (image ? [] : [failure(id)])),
  };
};

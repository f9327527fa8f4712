/** ECR, simulated: repositories, and images by tag or digest. Layers do not exist here; a push is PutImage or move-tag. */
import { createHash } from 'node:crypto';
import type {
  CreateRepositoryRequest,
  DeleteRepositoryRequest,
  DescribeRepositoriesRequest,
  PutImageRequest,
} from '@aws-sdk/client-ecr';
import { pageOf } from '../../paging.js';
import { AwsError, type Call, type Handler } from '../../service.js';
import type { NeighbourlyModule } from '../neighbours.js';
import { batchDeleteImage, batchGetImage, describeImages, listImages, requiredRepository } from './images.js';
import {
  addRepository,
  type EcrState,
  ecrState,
  findRepository,
  imageByTag,
  isPullable,
  type Repository,
} from './store.js';

const shape = (repository: Repository, account: string): object => ({
  repositoryArn: repository.arn,
  registryId: account,
  repositoryName: repository.name,
  repositoryUri: repository.uri,
  createdAt: new Date(repository.createdAt),
  imageTagMutability: repository.tagMutability,
  imageScanningConfiguration: { scanOnPush: false },
  encryptionConfiguration: { encryptionType: 'AES256' },
});

const createRepository = (input: CreateRepositoryRequest, call: Call): object => {
  const { world, region } = call;
  const name = input.repositoryName ?? '';
  if (!/^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name) || name.length < 2)
    throw new AwsError(
      'InvalidParameterException',
      `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''`,
    );
  if (findRepository(world, region, name))
    throw new AwsError(
      'RepositoryAlreadyExistsException',
      `The repository with name '${name}' already exists in the registry with id '${call.account}'`,
    );
  const tagMutability = input.imageTagMutability === 'IMMUTABLE' ? 'IMMUTABLE' : 'MUTABLE';
  return {
    repository: shape(addRepository(world, region, { name, holdsEveryTag: false, tagMutability }), call.account),
  };
};

const deleteRepository = (input: DeleteRepositoryRequest, call: Call): object => {
  const repository = requiredRepository(call, input);
  if (Object.keys(repository.images).length > 0 && input.force !== true)
    throw new AwsError(
      'RepositoryNotEmptyException',
      `The repository with name '${repository.name}' in registry with id '${call.account}' cannot be deleted because it still contains images`,
    );
  delete ecrState(call.world, call.region).repositories[repository.name];
  return { repository: shape(repository, call.account) };
};

const describeRepositories = (input: DescribeRepositoriesRequest, call: Call): object => {
  const named = input.repositoryNames?.map((repositoryName) => requiredRepository(call, { repositoryName }));
  const all = Object.values(ecrState(call.world, call.region).repositories).sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = pageOf(named ?? all, {
    limit: Math.min(1_000, input.maxResults ?? 100),
    token: input.nextToken,
    key: ({ name }) => name,
  });
  return {
    repositories: page.items.map((repository) => shape(repository, call.account)),
    ...(page.nextToken && { nextToken: page.nextToken }),
  };
};

const authorizationToken: Handler = (_input: object, { world, account, region }) => ({
  authorizationData: [
    {
      authorizationToken: Buffer.from(`AWS:sandbox-${world.hex(24)}`).toString('base64'),
      expiresAt: new Date(world.now + 12 * 3_600_000),
      proxyEndpoint: `https://${account}.dkr.ecr.${region}.amazonaws.com`,
    },
  ],
});

const putImage = (input: PutImageRequest, call: Call): object => {
  const { world, region } = call;
  const repository = requiredRepository(call, input);
  const manifest = input.imageManifest ?? '';
  const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
  if (input.imageDigest !== undefined && input.imageDigest !== digest)
    throw new AwsError(
      'ImageDigestDoesNotMatchException',
      'The specified image digest does not match the digest that was calculated for the image.',
    );
  const tag = input.imageTag;
  const current = tag === undefined ? undefined : imageByTag(world, region, { repository, tag });
  if (current?.digest === digest)
    throw new AwsError(
      'ImageAlreadyExistsException',
      `Image with digest '${digest}' and tag '${tag}' already exists in the repository with name '${repository.name}' in registry with id '${call.account}'`,
    );
  if (current && repository.tagMutability === 'IMMUTABLE')
    throw new AwsError(
      'ImageTagAlreadyExistsException',
      `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the repository is immutable.`,
    );
  const mediaType = input.imageManifestMediaType ?? 'application/vnd.docker.distribution.manifest.v2+json';
  repository.images[digest] = { digest, pushedAt: world.now, manifest, mediaType };
  repository.deletedDigests = repository.deletedDigests.filter((each) => each !== digest);
  if (tag !== undefined) repository.tags[tag] = digest;
  return {
    image: {
      registryId: call.account,
      repositoryName: repository.name,
      imageId: { imageDigest: digest, ...(tag !== undefined && { imageTag: tag }) },
      imageManifest: manifest,
      imageManifestMediaType: mediaType,
    },
  };
};

const operations: Readonly<Record<string, Handler>> = {
  CreateRepository: createRepository,
  DeleteRepository: deleteRepository,
  DescribeRepositories: describeRepositories,
  DescribeImages: describeImages,
  BatchGetImage: batchGetImage,
  ListImages: listImages,
  BatchDeleteImage: batchDeleteImage,
  GetAuthorizationToken: authorizationToken,
  PutImage: putImage,
};

export const ecrModule = (): NeighbourlyModule => ({
  id: 'ecr',
  signingName: 'ecr',
  target: 'AmazonEC2ContainerRegistry_V20150921',
  loadSchema: () => import('@aws-sdk/client-ecr'),
  initial: (): EcrState => ({ repositories: {} }),
  operations,
  neighbour: {
    repositoryExists: ({ world, region }, repository) => findRepository(world, region, repository) !== undefined,
    isPullable: ({ world, region }, image) => isPullable(world, region, image),
  },
});

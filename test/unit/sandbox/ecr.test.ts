import { describe, expect, it } from 'vitest';
import { resolveImage, tagOfDigest } from '../../../src/lib/sandbox/images.js';
import { ecrModule } from '../../../src/lib/sandbox/services/ecr/module.js';
import { addRepository, findRepository, pushTag } from '../../../src/lib/sandbox/services/ecr/store.js';
import { type Answer, callIn, refusal, worldOf } from '../../helpers/service-world.js';

const region = 'eu-west-1';

const start = () => {
  const world = worldOf(ecrModule());
  addRepository(world, region, { name: 'shop-api', holdsEveryTag: true });
  const call = callIn(world, 'ecr');
  const digest = async (imageTag: string): Promise<string> =>
    (await call('DescribeImages', { repositoryName: 'shop-api', imageIds: [{ imageTag }] })).imageDetails[0]
      .imageDigest;
  return { world, call, digest };
};

describe('the simulated ECR', () => {
  it('holds every tag of a seeded repository, each with a digest of its own that stays', async () => {
    const { digest } = start();
    const first = await digest('v1');
    expect([await digest('v1'), (await digest('v2')) === first]).toEqual([first, false]);
  });

  it('finds the tag of a digest again', async () => {
    const { world, digest } = start();
    expect(tagOfDigest(world, await digest('v2-bad'))).toBe('v2-bad');
  });

  it('gives a moved tag a new digest and keeps the old image', async () => {
    const { world, call, digest } = start();
    const before = await digest('v1');
    const repository = findRepository(world, region, 'shop-api');
    if (!repository) throw new Error('no repository');
    const after = pushTag(world, region, { repository, tag: 'v1' });
    expect([after === before, await digest('v1')]).toEqual([false, after]);
    const { images } = await call('BatchGetImage', { repositoryName: 'shop-api', imageIds: [{ imageDigest: before }] });
    expect(images).toHaveLength(1);
  });

  it('has no image that was deleted, by tag or by digest', async () => {
    const { world, call, digest } = start();
    const sha = await digest('v1');
    await call('BatchDeleteImage', { repositoryName: 'shop-api', imageIds: [{ imageDigest: sha }] });
    expect(await refusal(digest('v1'))).toBe(
      "ImageNotFoundException: The image with imageId {imageDigest:'null', imageTag:'v1'} does not exist within the repository with name 'shop-api' in the registry with id '123456789012'",
    );
    const { images, failures } = await call('BatchGetImage', {
      repositoryName: 'shop-api',
      imageIds: [{ imageDigest: sha }],
    });
    expect([images, failures[0].failureCode]).toEqual([[], 'ImageNotFound']);
    expect(resolveImage(world, region, `123456789012.dkr.ecr.${region}.amazonaws.com/shop-api@${sha}`).exists).toBe(
      false,
    );
    expect(resolveImage(world, region, `123456789012.dkr.ecr.${region}.amazonaws.com/shop-api:v2`).exists).toBe(true);
  });

  it('holds in a created repository only what was put there', async () => {
    const { call } = start();
    await call('CreateRepository', { repositoryName: 'empty', imageTagMutability: 'IMMUTABLE' });
    const ask = { repositoryName: 'empty', imageIds: [{ imageTag: 'v1' }] };
    expect(await refusal(call('DescribeImages', ask))).toContain('ImageNotFoundException');
    await call('PutImage', { repositoryName: 'empty', imageManifest: '{"a":1}', imageTag: 'v1' });
    expect((await call('DescribeImages', ask)).imageDetails).toHaveLength(1);
    expect(
      await refusal(call('PutImage', { repositoryName: 'empty', imageManifest: '{"a":2}', imageTag: 'v1' })),
    ).toContain('ImageTagAlreadyExistsException');
    expect(
      await refusal(call('PutImage', { repositoryName: 'empty', imageManifest: '{"a":1}', imageTag: 'v1' })),
    ).toContain('ImageAlreadyExistsException');
  });

  it('refuses a missing repository and one that exists, with the texts of AWS', async () => {
    const { call } = start();
    expect(await refusal(call('DescribeImages', { repositoryName: 'nope' }))).toBe(
      "RepositoryNotFoundException: The repository with name 'nope' does not exist in the registry with id '123456789012'",
    );
    expect(await refusal(call('CreateRepository', { repositoryName: 'shop-api' }))).toContain(
      'RepositoryAlreadyExistsException',
    );
  });

  it('pages its lists', async () => {
    const { call, digest } = start();
    for (const tag of ['a', 'b', 'c']) await digest(tag);
    const first = await call('ListImages', { repositoryName: 'shop-api', maxResults: 2 });
    const second = await call('ListImages', { repositoryName: 'shop-api', maxResults: 2, nextToken: first.nextToken });
    expect([...first.imageIds, ...second.imageIds].map((id: Answer) => id.imageTag)).toEqual(['a', 'b', 'c']);
  });

  it('gives a login token for the registry of the region', async () => {
    const { authorizationData } = await start().call('GetAuthorizationToken');
    expect(Buffer.from(authorizationData[0].authorizationToken, 'base64').toString()).toMatch(/^AWS:sandbox-/);
    expect(authorizationData[0].proxyEndpoint).toBe('https://123456789012.dkr.ecr.eu-west-1.amazonaws.com');
  });
});

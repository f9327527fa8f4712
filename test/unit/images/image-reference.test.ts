import { describe, expect, it } from 'vitest';
import {
  assertTag,
  fullRepository,
  parseReference,
  registryOf,
  shortImage,
} from '../../../src/lib/images/image-reference.js';
import { referenceFrom, resolveImage } from '../../../src/lib/images/resolve-image.js';

const digest = `sha256:${'a'.repeat(64)}`;
const account = '123456789012';
const region = 'eu-west-1';

describe('an image reference', () => {
  it.each([
    ['shop/api:v1', { repository: 'shop/api', tag: 'v1' }],
    ['localhost:5000/api', { repository: 'localhost:5000/api' }],
    ['localhost:5000/api:v1', { repository: 'localhost:5000/api', tag: 'v1' }],
    [`ghcr.io/shop/api@${digest}`, { repository: 'ghcr.io/shop/api', digest }],
    [`shop/api:v1@${digest}`, { repository: 'shop/api', tag: 'v1', digest }],
  ])('%s', (text, parts) => {
    expect(parseReference(text)).toEqual(parts);
  });

  it.each([
    ['shop/api', { kind: 'ecr', repository: 'shop/api' }],
    ['ghcr.io/shop/api', { kind: 'other', repository: 'ghcr.io/shop/api' }],
    [
      '111122223333.dkr.ecr.us-east-1.amazonaws.com/shop/api',
      { kind: 'ecr', registryId: '111122223333', region: 'us-east-1', repository: 'shop/api' },
    ],
  ])('%s belongs to a registry', (repository, registry) => {
    expect(registryOf(repository)).toEqual(registry);
  });

  it('of a bare repository is the account’s own ECR', () => {
    expect(fullRepository('shop/api', { account, region })).toBe(
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api',
    );
    expect(fullRepository('ghcr.io/shop/api', { account, region })).toBe('ghcr.io/shop/api');
  });

  it.each(['latest', '-x', 'a b', ''])('has no tag %j', (tag) => {
    expect(() => assertTag(tag)).toThrow();
  });

  it.each(['shop/api', 'shop/api:latest', 'shop/api@sha256:12'])('%s is refused as --image', (text) => {
    expect(() => referenceFrom(text)).toThrow();
  });
});

describe('resolving an image', () => {
  const base = { service: 'api', account, region };

  it('turns a tag into the digest that will run', async () => {
    const ecr = { image: async () => ({ kind: 'found', digest, tags: ['v1'] }) as const };
    const resolved = await resolveImage({ ...base, reference: { repository: 'api', tag: 'v1' }, ecr });
    expect(resolved).toMatchObject({
      image: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/api@${digest}`,
      tag: 'v1',
      warnings: [],
    });
  });

  it('is exit 5 for a tag that ECR lacks', async () => {
    const ecr = { image: async () => ({ kind: 'no-image' }) as const };
    await expect(resolveImage({ ...base, reference: { repository: 'api', tag: 'v1' }, ecr })).rejects.toMatchObject({
      exitCode: 5,
    });
  });

  it('only warns about a registry that cannot be asked', async () => {
    const ecr = {
      image: async () =>
        Promise.reject(
          Object.assign(new Error('no'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } }),
        ),
    };
    const resolved = await resolveImage({ ...base, reference: { repository: 'api', tag: 'v1' }, ecr });
    expect(resolved.image).toBe('123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:v1');
    expect(resolved.warnings).toHaveLength(1);
  });
});

describe('an image for people', () => {
  const digest = `sha256:${'ab'.repeat(32)}`;
  it.each([
    [`123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/api@${digest}`, 'v2', 'shop/api:v2@sha256:abababababab'],
    [`registry.example:5000/shop/api:v1@${digest}`, undefined, 'shop/api:v1@sha256:abababababab'],
    ['shop/api:seed', undefined, 'shop/api:seed'],
    ['api', 'v1', 'api:v1'],
  ] as const)('shows %s with tag %s as %s', (image, tag, shown) => {
    expect(shortImage(image, tag)).toBe(shown);
  });
});

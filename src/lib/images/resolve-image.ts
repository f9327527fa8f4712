/**
 * From what was asked for (a tag, a reference, a digest) to what will run: `repository@sha256:…`. A tag moves, a digest
 * does not, so this happens before the plan. May use the ECR gateway. Start reading at resolveImage.
 */
import type { EcrGateway, ImageLookup } from '../aws/ecr.js';
import { toPlatformError } from '../aws/errors.js';
import type { Warning } from '../cli/report.js';
import { PlatformError } from '../errors/platform-error.js';
import { assertTag, fullRepository, type ImageReference, parseReference, registryOf } from './image-reference.js';

export interface ResolvedImage {
  /** Goes into the task definition. */
  readonly image: string;
  readonly digest?: string;
  readonly tag?: string;
  readonly warnings: readonly Warning[];
}

export interface ImageRequest {
  readonly service: string;
  readonly reference: ImageReference;
  readonly account: string;
  readonly region: string;
  readonly ecr: EcrGateway;
}

/** `--image api=REF` */
export const referenceFrom = (text: string): ImageReference => {
  const reference = parseReference(text);
  if (reference.digest === undefined) {
    if (reference.tag === undefined) {
      throw new PlatformError('E_USAGE', `${text} names neither a tag nor a digest`, {
        hints: ['repository:tag', 'repository@sha256:…'],
      });
    }
    assertTag(reference.tag);
  } else if (!/^sha256:[0-9a-f]{64}$/.test(reference.digest)) {
    throw new PlatformError('E_USAGE', `${text} has no digest of the form sha256: and 64 hex digits`);
  }
  return reference;
};

export const resolveImage = async (request: ImageRequest): Promise<ResolvedImage> => {
  const { reference } = request;
  const repository = fullRepository(reference.repository, request);
  const tag = reference.tag === undefined ? {} : { tag: reference.tag };
  const lookup = await askRegistry(request);
  switch (lookup.kind) {
    case 'found':
      return { image: `${repository}@${lookup.digest}`, digest: lookup.digest, ...tag, warnings: [] };
    case 'unasked':
      return {
        image: spelled(repository, reference),
        ...(reference.digest ? { digest: reference.digest } : {}),
        ...tag,
        warnings: [lookup.warning],
      };
    case 'no-image':
    case 'no-repository':
      throw missing(request, repository, lookup.kind);
  }
};

const spelled = (repository: string, { tag, digest }: ImageReference): string =>
  digest === undefined ? `${repository}:${tag ?? ''}` : `${repository}@${digest}`;

type Answer = ImageLookup | { readonly kind: 'unasked'; readonly warning: Warning };

const askRegistry = async ({ reference, region, ecr, service }: ImageRequest): Promise<Answer> => {
  const registry = registryOf(reference.repository);
  if (registry.kind === 'other') return unasked(service, `${registry.repository} is no ECR repository`);
  if (registry.region !== undefined && registry.region !== region) {
    return unasked(service, `${reference.repository} is in another region`);
  }
  const by = reference.digest === undefined ? { tag: reference.tag ?? '' } : { digest: reference.digest };
  try {
    return await ecr.image({ repository: registry.repository, registryId: registry.registryId, by });
  } catch (error) {
    const known = toPlatformError(error, 'ecr:DescribeImages');
    if (known.code === 'E_BUG' || known.code === 'E_CREDENTIALS') throw known;
    return unasked(service, known.message);
  }
};

const unasked = (service: string, why: string): Answer => ({
  kind: 'unasked',
  warning: {
    code: 'image-unchecked',
    message: `${service}: the registry could not be asked whether the image exists: ${why}`,
  },
});

const missing = (request: ImageRequest, repository: string, kind: 'no-image' | 'no-repository'): PlatformError => {
  const what = spelled(repository, request.reference);
  return kind === 'no-repository'
    ? new PlatformError(
        'E_NOT_FOUND',
        `${request.service}: there is no ECR repository for ${what}; nothing was changed`,
        { details: { image: what } },
      )
    : new PlatformError('E_NOT_FOUND', `${request.service}: there is no image ${what}; nothing was changed`, {
        hints: ['build and push it first', '--tag with a tag that exists'],
        details: { image: what },
      });
};

/** Image references as text: parts, and which registry is meant. Pure. */
import { PlatformError } from '../errors/platform-error.js';

export interface ImageReference {
  /** Without tag and digest. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** `host:5000/team/app:1.2@sha256:…` → its parts. A colon before the last slash belongs to the host. */
export const parseReference = (text: string): ImageReference => {
  const [named = '', digest] = text.split('@');
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  return {
    repository: hasTag ? named.slice(0, colon) : named,
    ...(hasTag ? { tag: named.slice(colon + 1) } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
};

/** For people: no registry host, the tag if it is known, and the first twelve digits of the digest. */
export const shortImage = (image: string, tag?: string): string => {
  const { repository, tag: written, digest } = parseReference(image);
  const [host = '', ...rest] = repository.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(host) || host === 'localhost');
  const shown = tag ?? written;
  return `${isHost ? rest.join('/') : repository}${shown === undefined ? '' : `:${shown}`}${digest === undefined ? '' : `@${shortDigest(digest)}`}`;
};

/** `sha256:aa7d2a4c3fd6…` → `sha256:aa7d2a4c3fd6`. */
export const shortDigest = (digest: string): string => digest.slice(0, digest.indexOf(':') + 13);

export type Registry =
  | { readonly kind: 'ecr'; readonly registryId?: string; readonly region?: string; readonly repository: string }
  | { readonly kind: 'other'; readonly repository: string };

const ecrHost = /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\//;

/** A first part with a dot or a colon, or `localhost`, is a host; without one it is the account's own ECR. */
export const registryOf = (repository: string): Registry => {
  const ecr = ecrHost.exec(repository);
  if (ecr) {
    const [host, registryId = '', region = ''] = ecr;
    return { kind: 'ecr', registryId, region, repository: repository.slice(host.length) };
  }
  const [first = ''] = repository.split('/');
  const hasHost = repository.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return hasHost ? { kind: 'other', repository } : { kind: 'ecr', repository };
};

/** What ECS pulls: a bare ECR repository name gets the account's registry in front. */
export const fullRepository = (
  repository: string,
  at: { readonly account: string; readonly region: string },
): string => {
  const registry = registryOf(repository);
  if (registry.kind === 'other' || registry.registryId !== undefined) return repository;
  return `${at.account}.dkr.ecr.${at.region}.amazonaws.com/${repository}`;
};

const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** `latest` names whatever was pushed last: not a release. */
export const assertTag = (tag: string): void => {
  if (!tagPattern.test(tag)) throw new PlatformError('E_USAGE', `${JSON.stringify(tag)} is not an image tag`);
  if (tag === 'latest') {
    throw new PlatformError('E_USAGE', 'the tag latest names no release: it moves', {
      hints: ['--tag with a commit or a version'],
    });
  }
};

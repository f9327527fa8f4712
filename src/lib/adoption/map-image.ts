/** The live image → `image.repository`: as short as it can be and still the same image. Pure. */
import { fullRepository, parseReference, registryOf } from '../images/image-reference.js';
import type { AskAbout, ClusterFacts, Sourced } from './model.js';

export interface MappedImage {
  readonly repository: Sourced<string>;
  readonly questions: readonly AskAbout[];
}

type Needs = Pick<ClusterFacts, 'account' | 'region' | 'repositories'>;

export const mapImage = (of: { readonly image: string; readonly container: string }, facts: Needs): MappedImage => {
  const { repository } = parseReference(of.image);
  const origin = `from its task definition: image of container ${of.container}`;
  const registry = registryOf(repository);
  const hasOwnHost = registry.kind === 'ecr' && registry.registryId !== undefined;
  if (hasOwnHost) return ecrImage({ full: repository, short: registry.repository, origin, host: registry }, facts);
  // A name without a host is Docker Hub's to ECS, and the account's own ECR to platform.yaml.
  const full =
    registry.kind === 'other' ? repository : `docker.io/${repository.includes('/') ? '' : 'library/'}${repository}`;
  return {
    repository: { value: full, origin },
    questions: [
      {
        code: 'registry',
        question: `its image comes from ${full}, which is no ECR: nobody can ask there whether a tag exists, or for its digest`,
        fix: 'deploy with --image and a digest, or copy the images to ECR',
      },
    ],
  };
};

const ecrImage = (
  of: {
    readonly full: string;
    readonly short: string;
    readonly origin: string;
    readonly host: { readonly registryId?: string; readonly region?: string };
  },
  facts: Needs,
): MappedImage => {
  const { full, short, origin, host } = of;
  const isOwn = host.registryId === facts.account && host.region === facts.region;
  const isMissing = isOwn && facts.repositories !== undefined && !facts.repositories.has(short);
  return {
    repository: { value: fullRepository(short, facts) === full ? short : full, origin },
    questions: isMissing
      ? [
          {
            code: 'registry',
            question: `there is no ECR repository ${short} any more, and its image is from there`,
            fix: 'create it, or change image.repository',
          },
        ]
      : [],
  };
};

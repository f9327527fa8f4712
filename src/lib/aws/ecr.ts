/** The ECR gateway: from a tag to the digest that will run, and back to the tags of a digest. */
import { readPages } from './batches.js';
import type { AwsClients } from './clients.js';

export type ImageLookup =
  | {
      readonly kind: 'found';
      readonly digest: string;
      readonly tags: readonly string[];
      readonly pushedAtMs?: number | undefined;
    }
  | { readonly kind: 'no-image' }
  | { readonly kind: 'no-repository' };

export interface EcrGateway {
  image(options: {
    readonly repository: string;
    readonly registryId?: string | undefined;
    readonly by: { readonly tag: string } | { readonly digest: string };
  }): Promise<ImageLookup>;
}

export const createEcrGateway = (clients: AwsClients): EcrGateway => ({
  image: async ({ repository, registryId, by }) => {
    const { DescribeImagesCommand } = await import('@aws-sdk/client-ecr');
    const client = await clients.read('ecr');
    try {
      const answer = await client.send(
        new DescribeImagesCommand({
          repositoryName: repository,
          ...(registryId === undefined ? {} : { registryId }),
          imageIds: ['tag' in by ? { imageTag: by.tag } : { imageDigest: by.digest }],
        }),
      );
      const detail = answer.imageDetails?.[0];
      if (!detail?.imageDigest) return { kind: 'no-image' };
      return {
        kind: 'found',
        digest: detail.imageDigest,
        tags: detail.imageTags ?? [],
        pushedAtMs: detail.imagePushedAt?.getTime(),
      };
    } catch (error) {
      if (error instanceof Error && error.name === 'ImageNotFoundException') return { kind: 'no-image' };
      if (error instanceof Error && error.name === 'RepositoryNotFoundException') return { kind: 'no-repository' };
      throw error;
    }
  },
});

/** Names of all repositories of the account's own registry. */
export const repositoryNames = async (clients: AwsClients): Promise<ReadonlySet<string>> => {
  const { DescribeRepositoriesCommand } = await import('@aws-sdk/client-ecr');
  const client = await clients.read('ecr');
  const names = await readPages(async (nextToken) => {
    const answer = await client.send(
      new DescribeRepositoriesCommand({ maxResults: 1000, ...(nextToken ? { nextToken } : {}) }),
    );
    return {
      items: (answer.repositories ?? []).flatMap(({ repositoryName }) => repositoryName ?? []),
      next: answer.nextToken,
    };
  });
  return new Set(names);
};

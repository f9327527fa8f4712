/** Which cluster is meant: the flag, the only one, or what a person picks; elsewhere exit 2 with the list. */
import { createEcsInventory } from '../aws/ecs-inventory.js';
import { lastPart } from '../aws/ecs-model.js';
import { toPlatformError } from '../aws/errors.js';
import type { ResolvedAccount } from '../context/resolve-account.js';
import { PlatformError } from '../errors/platform-error.js';

export interface ClusterRequest {
  readonly cluster?: string | undefined;
  readonly choose?: ((clusters: readonly string[]) => Promise<string>) | undefined;
}

export const chooseCluster = async (
  { aws, where }: Pick<ResolvedAccount, 'aws' | 'where'>,
  { cluster, choose }: ClusterRequest,
): Promise<string> => {
  if (cluster !== undefined) return lastPart(cluster);
  const clusters = await createEcsInventory(aws)
    .clusters()
    .catch((error: unknown) => {
      throw toPlatformError(error, 'ecs:ListClusters');
    });
  const [only, ...others] = clusters;
  if (only === undefined)
    throw new PlatformError('E_NOT_FOUND', `account ${where.account} has no ECS cluster in ${where.region}`, {
      hints: ['--region REGION, if they are in another one', '--profile NAME, if they are in another account'],
    });
  if (others.length === 0) return only;
  if (choose !== undefined) return choose(clusters);
  throw new PlatformError('E_USAGE', `several clusters and none was chosen: ${clusters.slice(0, 50).join(', ')}`, {
    hints: [`--cluster ${only}`],
    details: { clusters: clusters.slice(0, 500) },
  });
};

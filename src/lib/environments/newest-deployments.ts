/**
 * The newest service deployment of each service, as far as calls allow. One under way is named by the service itself
 * (twenty per call); a finished one must be listed, one call per service, so only a few services are asked: all of a small
 * environment, of a large one those in trouble and those that changed last. Reads only.
 */
import { atMost } from '../aws/batches.js';
import type { EcsGateway } from '../aws/ecs.js';
import type { EcsService, EcsServiceDeployment } from '../aws/ecs-model.js';
import type { ResolvedService } from '../config/project.js';

/** ListServiceDeployments calls per status. */
export const listLimit = 20;
/** Deployments under way that are described; of the others the rollout state is shown. */
const describeLimit = 40;
const listsAtOnce = 5;

/** By service name. `live` has the ones that matter most first. */
export const newestDeployments = async (
  ecs: EcsGateway,
  cluster: string,
  live: readonly { readonly service: ResolvedService; readonly seen: EcsService }[],
): Promise<ReadonlyMap<string, EcsServiceDeployment>> => {
  const current = live.flatMap(({ service, seen }) =>
    seen.currentServiceDeployment === undefined ? [] : [[service.name, seen.currentServiceDeployment] as const],
  );
  const settled = live.filter(({ seen }) => seen.currentServiceDeployment === undefined).slice(0, listLimit);
  const listed = await atMost(listsAtOnce, settled, async ({ service, seen }) => {
    const [arn] = await ecs.listServiceDeployments({ cluster, service: seen.name }, { limit: 1 });
    return arn === undefined ? [] : [[service.name, arn] as const];
  });
  const wanted = [...current.slice(0, describeLimit), ...listed.flat()];
  const found = await ecs.describeServiceDeployments(wanted.map(([, arn]) => arn));
  const byArn = new Map(found.map((deployment) => [deployment.arn, deployment]));
  return new Map(
    wanted.flatMap(([name, arn]) => {
      const deployment = byArn.get(arn);
      return deployment ? [[name, deployment] as const] : [];
    }),
  );
};

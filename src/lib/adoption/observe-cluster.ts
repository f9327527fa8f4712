/**
 * Everything that adoption reads from AWS. Reads only, batched and bounded; ECS must answer, whoever else may not is a
 * gap. May use the gateways.
 */
import { createAutoscalingGateway, resourceIdOf } from '../aws/autoscaling.js';
import { atMost } from '../aws/batches.js';
import type { AwsClients } from '../aws/clients.js';
import { repositoryNames } from '../aws/ecr.js';
import { createEcsGateway } from '../aws/ecs.js';
import { createEcsInventory, type ServiceSettings } from '../aws/ecs-inventory.js';
import { createElbRouting } from '../aws/elbv2-routing.js';
import { classify, toPlatformError } from '../aws/errors.js';
import { nearest } from '../config/diagnostics.js';
import type { ResolvedAccount } from '../context/resolve-account.js';
import { PlatformError } from '../errors/platform-error.js';
import type { ClusterFacts, Gap, Routing } from './model.js';

const definitionsAtOnce = 10;

export const observeCluster = async (
  account: Pick<ResolvedAccount, 'aws' | 'where' | 'profile'>,
  cluster: string,
): Promise<ClusterFacts> => {
  const { aws } = account;
  const settings = await servicesOf(aws, cluster);
  const refs = settings.map(({ name }) => ({ cluster, service: name }));
  const [records, routing, scaling, repositories] = await Promise.all([
    definitionsOf(aws, settings),
    orGap('load-balancers', () => routingOf(aws, settings)),
    orGap('autoscaling', () => createAutoscalingGateway(aws).targets(refs)),
    orGap('registry', () => repositoryNames(aws)),
  ]);
  return {
    account: account.where.account,
    region: account.where.region,
    profile: account.profile,
    cluster,
    services: settings.map((each) => ({
      settings: each,
      record: records.get(each.taskDefinition),
      scaling: scaling.value?.get(resourceIdOf({ cluster, service: each.name })),
    })),
    routing: routing.value ?? { groups: new Map(), balancers: new Map(), rules: [] },
    repositories: repositories.value,
    gaps: [routing, scaling, repositories].flatMap(({ gap }) => (gap === undefined ? [] : [gap])),
  };
};

const servicesOf = async (aws: AwsClients, cluster: string): Promise<readonly ServiceSettings[]> => {
  try {
    return await createEcsInventory(aws).services(cluster);
  } catch (error) {
    const known = toPlatformError(error, 'ecs:ListServices and ecs:DescribeServices');
    throw known.code === 'E_NOT_FOUND' ? await missingCluster(aws, { cluster, cause: error }) : known;
  }
};

const missingCluster = async (
  aws: AwsClients,
  { cluster, cause }: { readonly cluster: string; readonly cause: unknown },
): Promise<PlatformError> => {
  const clusters = await createEcsInventory(aws)
    .clusters()
    .catch(() => []);
  const near = nearest(cluster, clusters);
  return new PlatformError('E_NOT_FOUND', `there is no ECS cluster ${JSON.stringify(cluster)} in ${aws.region}`, {
    hints: [
      ...(near === undefined ? [] : [`did you mean --cluster ${near}?`]),
      ...(near === undefined && clusters.length > 0 ? [`clusters here: ${clusters.slice(0, 20).join(', ')}`] : []),
      '--region REGION, if it is in another one',
    ],
    details: { cluster, clusters: clusters.slice(0, 100) },
    cause,
  });
};

/** One call per distinct task definition: AWS has no batch for it. */
const definitionsOf = async (aws: AwsClients, settings: readonly ServiceSettings[]) => {
  const ecs = createEcsGateway(aws);
  const arns = [...new Set(settings.map(({ taskDefinition }) => taskDefinition))].filter((arn) => arn !== '');
  const records = await atMost(definitionsAtOnce, arns, async (arn) => {
    try {
      return [arn, await ecs.taskDefinition(arn)] as const;
    } catch (error) {
      throw toPlatformError(error, 'ecs:DescribeTaskDefinition');
    }
  });
  return new Map(records.flatMap(([arn, record]) => (record === undefined ? [] : [[arn, record]])));
};

const routingOf = async (aws: AwsClients, settings: readonly ServiceSettings[]): Promise<Routing> => {
  const elb = createElbRouting(aws);
  const arns = settings
    .flatMap(({ balancers }) => balancers)
    .flatMap(({ targetGroup, alternate }) => [targetGroup, alternate].flatMap((arn) => arn ?? []));
  if (arns.length === 0) return { groups: new Map(), balancers: new Map(), rules: [] };
  const groups = await elb.targetGroups(arns);
  const balancers = await elb.balancers(groups.flatMap((group) => group.balancers));
  const applications = balancers.filter(({ type }) => type === 'application').map(({ arn }) => arn);
  return {
    groups: new Map(groups.map((group) => [group.arn, group])),
    balancers: new Map(balancers.map((balancer) => [balancer.arn, balancer])),
    rules: await elb.rules(applications),
  };
};

interface Asked<T> {
  readonly value?: T;
  readonly gap?: Gap;
}

/** Refusals and outages alike: what can be adopted without it is adopted. Expired credentials end everything. */
const orGap = async <T>(what: Gap['what'], ask: () => Promise<T>): Promise<Asked<T>> => {
  try {
    return { value: await ask() };
  } catch (error) {
    const known = toPlatformError(error);
    if (known.code === 'E_CREDENTIALS' || classify(error) === 'bug') throw known;
    return { gap: { what, why: known.message } };
  }
};

/** CreateCluster, DescribeClusters, ListClusters, DeleteCluster, DescribeCapacityProviders. */
import type {
  Cluster,
  CreateClusterRequest,
  DeleteClusterRequest,
  DescribeCapacityProvidersRequest,
  DescribeClustersRequest,
  ListClustersRequest,
} from '@aws-sdk/client-ecs';
import { pageOf } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import type { Place } from '../neighbours.js';
import { invalidParameter } from './errors.js';
import { clusterName, findCluster } from './find.js';
import { pageLimit } from './limits.js';
import { type ClusterState, ecsState, isStarting, own, placeOf } from './state.js';
import { setTags, tagsOf } from './tags.js';

const namePattern = /^[a-zA-Z0-9_-]{1,255}$/;

const view = (place: Place, cluster: ClusterState, include: readonly string[]): Cluster => {
  const state = ecsState(place);
  const tasks = Object.values(state.tasks).filter((task) => task.cluster === cluster.name);
  const services = Object.values(state.services).filter((service) => service.cluster === cluster.name);
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: tasks.filter((task) => task.stage === 'RUNNING').length,
    pendingTasksCount: tasks.filter(isStarting).length,
    activeServicesCount: services.filter((service) => service.status === 'ACTIVE').length,
    statistics: [],
    tags: include.includes('TAGS') ? tagsOf(place, cluster.arn) : [],
    settings: include.includes('SETTINGS') ? cluster.settings : [],
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: [],
  };
};

export const createCluster = (input: CreateClusterRequest, call: Call): object => {
  const place = placeOf(call);
  const name = input.clusterName ?? 'default';
  if (!namePattern.test(name))
    throw invalidParameter(
      'Cluster names can have up to 255 letters (uppercase and lowercase), numbers, hyphens, and underscores.',
    );
  const state = ecsState(place);
  const existing = own(state.clusters, name);
  // Creating what exists answers with it, as on AWS.
  if (existing?.status === 'ACTIVE') return { cluster: view(place, existing, ['TAGS', 'SETTINGS']) };
  const cluster: ClusterState = {
    name,
    arn: call.world.arn('ecs', call.region, `cluster/${name}`),
    status: 'ACTIVE',
    settings: input.settings ?? [{ name: 'containerInsights', value: 'disabled' }],
    capacityProviders: input.capacityProviders ?? [],
  };
  state.clusters[name] = cluster;
  setTags(place, { arn: cluster.arn, tags: input.tags });
  return { cluster: view(place, cluster, ['TAGS', 'SETTINGS']) };
};

export const describeClusters = (input: DescribeClustersRequest, call: Call): object => {
  const place = placeOf(call);
  const names = input.clusters?.length ? input.clusters : ['default'];
  if (names.length > 100) throw invalidParameter('Clusters cannot have more than 100 elements.');
  const { clusters } = ecsState(place);
  const missing = names.filter((name) => !own(clusters, clusterName(name)));
  return {
    clusters: names.flatMap((name) => {
      const found = own(clusters, clusterName(name));
      return found ? [view(place, found, input.include ?? [])] : [];
    }),
    failures: missing.map((name) => ({
      arn: name.startsWith('arn:') ? name : call.world.arn('ecs', call.region, `cluster/${name}`),
      reason: 'MISSING',
    })),
  };
};

export const listClusters = (input: ListClustersRequest, call: Call): object => {
  const active = Object.values(ecsState(placeOf(call)).clusters).filter((cluster) => cluster.status === 'ACTIVE');
  const page = pageOf(
    active.map((cluster) => cluster.arn),
    { limit: pageLimit(input.maxResults, 100), token: input.nextToken, key: (arn) => arn },
  );
  return { clusterArns: page.items, nextToken: page.nextToken };
};

export const deleteCluster = (input: DeleteClusterRequest, call: Call): object => {
  const place = placeOf(call);
  const cluster = findCluster(place, input.cluster);
  const state = ecsState(place);
  if (
    Object.values(state.services).some((service) => service.cluster === cluster.name && service.status !== 'INACTIVE')
  )
    throw new AwsError('ClusterContainsServicesException', 'The Cluster cannot be deleted while Services are active.');
  if (Object.values(state.tasks).some((task) => task.cluster === cluster.name && task.stage !== 'STOPPED'))
    throw new AwsError('ClusterContainsTasksException', 'The Cluster cannot be deleted while Tasks are active.');
  cluster.status = 'INACTIVE';
  return { cluster: view(place, cluster, []) };
};

const fargate = ['FARGATE', 'FARGATE_SPOT'];

export const describeCapacityProviders = (input: DescribeCapacityProvidersRequest, call: Call): object => {
  const wanted = input.capacityProviders ?? fargate;
  const arn = (name: string): string => call.world.arn('ecs', call.region, `capacity-provider/${name}`);
  return {
    capacityProviders: fargate
      .filter((name) => wanted.includes(name) || wanted.includes(arn(name)))
      .map((name) => ({ name, capacityProviderArn: arn(name), status: 'ACTIVE', tags: [] })),
    failures: wanted
      .filter((name) => !fargate.some((known) => known === name || arn(known) === name))
      .map((name) => ({ arn: name.startsWith('arn:') ? name : arn(name), reason: 'MISSING' })),
  };
};

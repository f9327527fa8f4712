/** CreateService, UpdateService, DeleteService, ListServices, DescribeServices. */
import type {
  CreateServiceRequest,
  DeleteServiceRequest,
  DescribeServicesRequest,
  ListServicesRequest,
  UpdateServiceRequest,
} from '@aws-sdk/client-ecs';
import { pageOf } from '../../paging.js';
import type { Call } from '../../service.js';
import type { Place } from '../neighbours.js';
import { beginDeployment, endDeploymentOfDeleted } from './deployment.js';
import { invalidParameter, serviceNotActive } from './errors.js';
import { refuseExecWithoutRole } from './exec-agent.js';
import { findCluster, findService, serviceKey, usableTaskDefinition } from './find.js';
import { pageLimit } from './limits.js';
import { checkNewService, checkService, deployedSettings, fullConfiguration } from './service-settings.js';
import { serviceView } from './service-view.js';
import { activeServiceDeployment, ecsState, lastPart, own, placeOf, type ServiceState } from './state.js';
import { dropTags, setTags } from './tags.js';
import { wakeService } from './wake.js';

export const createService = (input: CreateServiceRequest, call: Call): object => {
  const place = placeOf(call);
  const cluster = findCluster(place, input.cluster);
  const definition = usableTaskDefinition(place, input.taskDefinition);
  const name = checkNewService(input, definition);
  const key = serviceKey(cluster.name, name);
  const existing = own(ecsState(place).services, key);
  if (existing && input.clientToken !== undefined && existing.clientToken === input.clientToken)
    return { service: serviceView(place, { service: existing, include: ['TAGS'] }) };
  if (existing?.status === 'ACTIVE') throw invalidParameter('Creation of service was not idempotent.');
  if (existing?.status === 'DRAINING') throw invalidParameter('Unable to Start a service that is still Draining.');
  const configuration = fullConfiguration(input.deploymentConfiguration);
  checkService(place, { input, definition, configuration, loadBalancers: input.loadBalancers ?? [] });
  if (input.enableExecuteCommand) refuseExecWithoutRole(definition, "The service couldn't be created");
  const service: ServiceState = {
    key,
    name,
    arn: call.world.arn('ecs', call.region, `service/${key}`),
    cluster: cluster.name,
    createdAt: call.world.now,
    ...(input.clientToken === undefined ? {} : { clientToken: input.clientToken }),
    schedulingStrategy: 'REPLICA',
    status: 'ACTIVE',
    taskDefinition: definition.taskDefinitionArn,
    desiredCount: input.desiredCount ?? 0,
    loadBalancers: input.loadBalancers ?? [],
    serviceRegistries: input.serviceRegistries ?? [],
    ...networkOf(input),
    platformVersion: input.platformVersion ?? 'LATEST',
    configuration,
    ...(input.healthCheckGracePeriodSeconds === undefined
      ? {}
      : { healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds }),
    propagateTags: input.propagateTags ?? 'NONE',
    enableECSManagedTags: input.enableECSManagedTags ?? false,
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? 'ENABLED',
    deployments: [],
    serviceDeployments: [],
    events: [],
    revisions: {},
    tasks: [],
    isSteady: false,
  };
  setTags(place, { arn: service.arn, tags: input.tags });
  ecsState(place).services[key] = service;
  call.world.record({ kind: 'state', region: call.region, subject: `service ${key}`, to: 'ACTIVE' });
  beginDeployment(place, service);
  return { service: serviceView(place, { service, include: ['TAGS'] }) };
};

/** AWS answers an absent assignPublicIp with DISABLED. */
const networkOf = (input: CreateServiceRequest | UpdateServiceRequest): Pick<ServiceState, 'network'> => {
  const network = input.networkConfiguration?.awsvpcConfiguration;
  return network
    ? {
        network: {
          subnets: network.subnets,
          securityGroups: network.securityGroups ?? [],
          assignPublicIp: network.assignPublicIp ?? 'DISABLED',
        },
      }
    : {};
};

export const updateService = (input: UpdateServiceRequest, call: Call): object => {
  const place = placeOf(call);
  const service = findService(place, { cluster: input.cluster, service: input.service });
  if (service.status !== 'ACTIVE') throw serviceNotActive();
  const definition = usableTaskDefinition(place, input.taskDefinition ?? service.taskDefinition);
  const configuration = fullConfiguration(input.deploymentConfiguration, service.configuration);
  const loadBalancers = input.loadBalancers ?? service.loadBalancers;
  checkService(place, { input, definition, configuration, loadBalancers });
  if (input.enableExecuteCommand ?? service.enableExecuteCommand)
    refuseExecWithoutRole(definition, "The service couldn't be updated");
  const before = deployedSettings(service);
  if (input.taskDefinition !== undefined) service.taskDefinition = definition.taskDefinitionArn;
  applySettings(service, { input, configuration });
  if (deployedSettings(service) !== before || input.forceNewDeployment) beginDeployment(place, service);
  wakeService(place, service);
  return { service: serviceView(place, { service, include: ['TAGS'] }) };
};

const applySettings = (
  service: ServiceState,
  of: { readonly input: UpdateServiceRequest; readonly configuration: ServiceState['configuration'] },
): void => {
  const { input } = of;
  service.configuration = of.configuration;
  if (input.desiredCount !== undefined && input.desiredCount !== service.desiredCount) {
    service.desiredCount = input.desiredCount;
    service.isSteady = false;
  }
  if (input.loadBalancers !== undefined) service.loadBalancers = input.loadBalancers;
  if (input.serviceRegistries !== undefined) service.serviceRegistries = input.serviceRegistries;
  if (input.platformVersion !== undefined) service.platformVersion = input.platformVersion;
  if (input.healthCheckGracePeriodSeconds !== undefined)
    service.healthCheckGracePeriodSeconds = input.healthCheckGracePeriodSeconds;
  if (input.propagateTags !== undefined) service.propagateTags = input.propagateTags;
  if (input.enableECSManagedTags !== undefined) service.enableECSManagedTags = input.enableECSManagedTags;
  if (input.enableExecuteCommand !== undefined) service.enableExecuteCommand = input.enableExecuteCommand;
  if (input.availabilityZoneRebalancing !== undefined)
    service.availabilityZoneRebalancing = input.availabilityZoneRebalancing;
  Object.assign(service, networkOf(input));
};

export const deleteService = (input: DeleteServiceRequest, call: Call): object => {
  const place = placeOf(call);
  const service = findService(place, { cluster: input.cluster, service: input.service });
  if (service.status === 'INACTIVE') throw serviceNotActive();
  if (service.desiredCount > 0 && !input.force)
    throw invalidParameter('The service cannot be stopped while it is scaled above 0.');
  if (service.status === 'ACTIVE') {
    service.status = 'DRAINING';
    service.desiredCount = 0;
    if (activeServiceDeployment(service)) endDeploymentOfDeleted(place, service);
    call.world.record({
      kind: 'state',
      region: call.region,
      subject: `service ${service.key}`,
      from: 'ACTIVE',
      to: 'DRAINING',
    });
    dropTags(place, service.arn);
    wakeService(place, service);
  }
  return { service: serviceView(place, { service }) };
};

export const listServices = (input: ListServicesRequest, call: Call): object => {
  const place = placeOf(call);
  const cluster = findCluster(place, input.cluster);
  const arns = Object.values(ecsState(place).services)
    .filter((service) => service.cluster === cluster.name && service.status !== 'INACTIVE')
    .filter(() => input.launchType === undefined || input.launchType === 'FARGATE')
    .filter(() => input.schedulingStrategy === undefined || input.schedulingStrategy === 'REPLICA')
    .map((service) => service.arn);
  const page = pageOf(arns, {
    limit: pageLimit(input.maxResults ?? 10, 100),
    token: input.nextToken,
    key: (arn) => arn,
  });
  return { serviceArns: page.items, nextToken: page.nextToken };
};

const maximumServices = 10;

export const describeServices = (input: DescribeServicesRequest, call: Call): object => {
  const place = placeOf(call);
  const cluster = findCluster(place, input.cluster);
  const names = input.services ?? [];
  if (names.length === 0) throw invalidParameter('Services cannot be empty.');
  if (names.length > maximumServices)
    throw invalidParameter(`Services cannot have more than ${maximumServices} elements.`);
  const find = (name: string): ServiceState | undefined =>
    own(ecsState(place).services, serviceKey(cluster.name, name));
  return {
    services: names.flatMap((name) => {
      const service = find(name);
      return service ? [serviceView(place, { service, include: input.include })] : [];
    }),
    failures: names
      .filter((name) => find(name) === undefined)
      .map((name) => ({
        arn: serviceArn(place, { cluster: cluster.name, name }),
        reason: 'MISSING',
      })),
  };
};

const serviceArn = (place: Place, of: { readonly cluster: string; readonly name: string }): string =>
  of.name.startsWith('arn:')
    ? of.name
    : place.world.arn('ecs', place.region, `service/${of.cluster}/${lastPart(of.name)}`);

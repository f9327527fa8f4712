/** What CreateService and UpdateService accept: checks, defaults, and which changes need a new deployment. */
import type {
  CreateServiceRequest,
  DeploymentConfiguration,
  LoadBalancer,
  UpdateServiceRequest,
} from '@aws-sdk/client-ecs';
import { AwsError } from '../../service.js';
import { elbv2State, loadBalancersOf } from '../elbv2/state.js';
import type { Place } from '../neighbours.js';
import { invalidParameter } from './errors.js';
import type { ServiceState, StoredTaskDefinition } from './state.js';

type ServiceInput = CreateServiceRequest | UpdateServiceRequest;

/** What AWS answers for what was not given. */
export const fullConfiguration = (
  given: DeploymentConfiguration | undefined,
  base?: DeploymentConfiguration,
): DeploymentConfiguration => {
  const merged: DeploymentConfiguration = {
    maximumPercent: 200,
    minimumHealthyPercent: 100,
    strategy: 'ROLLING',
    bakeTimeInMinutes: 0,
    ...base,
    ...given,
  };
  const breaker = merged.deploymentCircuitBreaker;
  merged.deploymentCircuitBreaker = {
    ...breaker,
    enable: breaker?.enable ?? false,
    rollback: breaker?.rollback ?? false,
  };
  return merged;
};

const checkConfiguration = (configuration: DeploymentConfiguration): void => {
  const { minimumHealthyPercent: low = 100, maximumPercent: high = 200, strategy = 'ROLLING' } = configuration;
  if (low < 0 || high < 0) throw invalidParameter('The deployment configuration percentages must not be negative.');
  if (low >= high && !(low === 0 && high === 0))
    throw invalidParameter('The maximumPercent must be greater than the minimumHealthyPercent.');
  if (strategy !== 'ROLLING')
    throw new AwsError(
      'UnsupportedFeatureException',
      `The sandbox does not simulate the deployment strategy ${strategy} yet; it knows ROLLING.`,
    );
  if (configuration.alarms?.enable)
    throw new AwsError('UnsupportedFeatureException', 'The sandbox does not simulate deployment alarms yet.');
};

const checkBalancer = (place: Place, balancer: LoadBalancer, definition: StoredTaskDefinition): void => {
  const container = definition.containerDefinitions?.find((each) => each.name === balancer.containerName);
  if (!container)
    throw invalidParameter(`The container ${balancer.containerName} does not exist in the task definition.`);
  if (!container.portMappings?.some((port) => port.containerPort === balancer.containerPort))
    throw invalidParameter(
      `The container ${balancer.containerName} did not have a container port ${balancer.containerPort} defined.`,
    );
  const { targetGroupArn } = balancer;
  if (!targetGroupArn || !place.world.modules.has('elbv2')) return;
  const state = elbv2State(place.world, place.region);
  if (!Object.hasOwn(state.targetGroups, targetGroupArn))
    throw invalidParameter(
      'Unable to assume role and validate the specified targetGroupArn. Please verify that the ECS service role being passed has the proper permissions.',
    );
  if (loadBalancersOf(state, targetGroupArn).length === 0)
    throw invalidParameter(
      `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
    );
};

/** Checks that hold for a new service and for an updated one. */
export const checkService = (
  place: Place,
  of: {
    readonly input: ServiceInput;
    readonly definition: StoredTaskDefinition;
    readonly configuration: DeploymentConfiguration;
    readonly loadBalancers: readonly LoadBalancer[];
  },
): void => {
  const { input, definition } = of;
  const desired = input.desiredCount;
  if (desired !== undefined && (!Number.isInteger(desired) || desired < 0))
    throw invalidParameter('Desired count must not be negative.');
  if (definition.networkMode === 'awsvpc') {
    const network = input.networkConfiguration?.awsvpcConfiguration;
    if (input.networkConfiguration !== undefined && !network?.subnets?.length)
      throw invalidParameter('subnets can not be empty.');
  }
  checkConfiguration(of.configuration);
  for (const balancer of of.loadBalancers) checkBalancer(place, balancer, definition);
  const grace = input.healthCheckGracePeriodSeconds;
  if (grace !== undefined && grace > 0 && of.loadBalancers.length === 0)
    throw invalidParameter('Health check grace period is only valid for services configured to use load balancers');
};

const namePattern = /^[a-zA-Z0-9_-]{1,255}$/;

export const checkNewService = (input: CreateServiceRequest, definition: StoredTaskDefinition): string => {
  const name = input.serviceName;
  if (!name) throw invalidParameter('Service name can not be null or empty.');
  if (!namePattern.test(name))
    throw invalidParameter(
      'Service names can have up to 255 letters (uppercase and lowercase), numbers, hyphens, and underscores.',
    );
  if (input.launchType === 'EC2' || input.launchType === 'EXTERNAL')
    throw new AwsError(
      'UnsupportedFeatureException',
      `The sandbox does not simulate the launch type ${input.launchType}.`,
    );
  if (input.schedulingStrategy === 'DAEMON')
    throw invalidParameter('The daemon scheduling strategy is not supported on Fargate.');
  if (input.deploymentController && input.deploymentController.type !== 'ECS')
    throw new AwsError(
      'UnsupportedFeatureException',
      `The sandbox does not simulate the deployment controller ${input.deploymentController.type}.`,
    );
  if (definition.networkMode === 'awsvpc' && !input.networkConfiguration?.awsvpcConfiguration?.subnets?.length)
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  if (input.desiredCount === undefined)
    throw invalidParameter('Desired count must be specified for a service with scheduling strategy REPLICA.');
  return name;
};

/** The members of a service that a new revision fixes: a change of one of them is rolled out. */
export const deployedSettings = (service: ServiceState): string =>
  JSON.stringify([
    service.taskDefinition,
    service.loadBalancers,
    service.serviceRegistries,
    service.network ?? null,
    service.platformVersion,
  ]);

/** From RegisterTaskDefinition's input to what AWS stores and returns: checks, defaults, required attributes. */
import type { Attribute, ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { clientError, invalidParameter } from './errors.js';
import { checkFargate, cpuUnits, memoryMib } from './fargate.js';
import type { StoredTaskDefinition } from './state.js';

const familyPattern = /^[a-zA-Z0-9_-]{1,255}$/;
const containerPattern = /^[a-zA-Z0-9_-]{1,255}$/;

const isFargate = (input: RegisterTaskDefinitionRequest): boolean =>
  input.requiresCompatibilities?.includes('FARGATE') ?? false;

const checkContainer = (container: ContainerDefinition, input: RegisterTaskDefinitionRequest): void => {
  if (!container.name || !containerPattern.test(container.name)) throw clientError('Invalid container name.');
  if (!container.image) throw clientError('Container.image should not be null or empty.');
  if (!isFargate(input) && !input.memory && !container.memory && !container.memoryReservation)
    throw clientError(
      `Invalid setting for container '${container.name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  for (const port of container.portMappings ?? []) {
    const number = port.containerPort;
    if (number !== undefined && (number < 1 || number > 65_535))
      throw clientError(`Invalid setting for container '${container.name}'. Port is out of range: ${number}.`);
  }
  const names = new Set<string>();
  for (const { name = '' } of [...(container.environment ?? []), ...(container.secrets ?? [])]) {
    if (names.has(name) && container.secrets?.some((secret) => secret.name === name))
      throw clientError(
        `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${name}'.`,
      );
    names.add(name);
  }
};

export const checkTaskDefinition = (input: RegisterTaskDefinitionRequest): void => {
  if (!input.family) throw clientError('Family should not be null or empty.');
  if (!familyPattern.test(input.family))
    throw clientError(
      'Family contains invalid characters. Only letters, numbers, hyphens, and underscores are allowed.',
    );
  const containers = input.containerDefinitions ?? [];
  if (containers.length === 0) throw clientError('Container list cannot be empty.');
  if (new Set(containers.map((container) => container.name)).size < containers.length)
    throw clientError('Container names must be unique.');
  if (containers.every((container) => container.essential === false))
    throw clientError('At least one container must be marked as essential.');
  for (const container of containers) checkContainer(container, input);
  if (isFargate(input)) checkFargate(input);
  for (const role of [input.executionRoleArn, input.taskRoleArn])
    if (role !== undefined && role !== '' && !/^(arn:[^:]+:iam::\d{12}:role\/.+|[\w+=,.@/-]+)$/.test(role))
      throw clientError('Role is not valid');
};

const withDefaults = (container: ContainerDefinition, networkMode: string | undefined): ContainerDefinition => ({
  ...container,
  cpu: container.cpu ?? 0,
  portMappings: (container.portMappings ?? []).map((port) => ({
    ...port,
    ...(networkMode === 'awsvpc' && port.containerPort !== undefined ? { hostPort: port.containerPort } : {}),
    protocol: port.protocol ?? 'tcp',
  })),
  essential: container.essential ?? true,
  environment: container.environment ?? [],
  mountPoints: container.mountPoints ?? [],
  volumesFrom: container.volumesFrom ?? [],
  systemControls: container.systemControls ?? [],
  ...(container.healthCheck
    ? {
        healthCheck: {
          ...container.healthCheck,
          interval: container.healthCheck.interval ?? 30,
          timeout: container.healthCheck.timeout ?? 5,
          retries: container.healthCheck.retries ?? 3,
        },
      }
    : {}),
});

const capability = (name: string): Attribute => ({ name: `com.amazonaws.ecs.capability.${name}` });
const agentCapability = (name: string): Attribute => ({ name: `ecs.capability.${name}` });

const requiredAttributes = (input: RegisterTaskDefinitionRequest): Attribute[] => {
  const containers = input.containerDefinitions ?? [];
  const secrets = containers.flatMap((container) => container.secrets ?? []);
  const isSecretOfManager = (valueFrom: string | undefined): boolean =>
    valueFrom?.includes(':secretsmanager:') ?? false;
  const hasEcr = containers.some((container) => container.image?.includes('.dkr.ecr.'));
  const hasLogs = containers.some((container) => container.logConfiguration?.logDriver === 'awslogs');
  return [
    ...(hasLogs ? [capability('logging-driver.awslogs'), agentCapability('execution-role-awslogs')] : []),
    ...(hasEcr ? [capability('ecr-auth'), agentCapability('execution-role-ecr-pull')] : []),
    ...(hasLogs || hasEcr ? [capability('docker-remote-api.1.19')] : []),
    ...(secrets.some((secret) => !isSecretOfManager(secret.valueFrom))
      ? [agentCapability('secrets.ssm.environment-variables')]
      : []),
    ...(secrets.some((secret) => isSecretOfManager(secret.valueFrom))
      ? [agentCapability('secrets.asm.environment-variables')]
      : []),
    ...(containers.some((container) => container.healthCheck) ? [agentCapability('container-health-check')] : []),
    ...(input.taskRoleArn ? [capability('task-iam-role')] : []),
    ...(input.networkMode === 'awsvpc' ? [agentCapability('task-eni')] : []),
    capability('docker-remote-api.1.18'),
  ];
};

export interface Registration {
  readonly input: RegisterTaskDefinitionRequest;
  readonly arn: string;
  readonly revision: number;
  readonly registeredBy: string;
  readonly now: number;
}

/** Members that were not given stay away, as in AWS's answers. */
export const storedTaskDefinition = (registration: Registration): StoredTaskDefinition => {
  const { input, arn, revision } = registration;
  const { tags: _tags, cpu, memory, ...rest } = input;
  if (input.family === undefined) throw invalidParameter('Family should not be null or empty.');
  const runsOnFargate = input.networkMode === 'awsvpc' && cpu !== undefined && memory !== undefined;
  return {
    ...rest,
    taskDefinitionArn: arn,
    family: input.family,
    revision,
    containerDefinitions: (input.containerDefinitions ?? []).map((container) =>
      withDefaults(container, input.networkMode),
    ),
    volumes: input.volumes ?? [],
    status: 'ACTIVE',
    requiresAttributes: requiredAttributes(input),
    placementConstraints: input.placementConstraints ?? [],
    compatibilities: runsOnFargate ? ['EC2', 'FARGATE'] : ['EXTERNAL', 'EC2'],
    ...(cpu === undefined ? {} : { cpu: cpuUnits(cpu) }),
    ...(memory === undefined ? {} : { memory: memoryMib(memory) }),
    registeredAt: registration.now,
    registeredBy: registration.registeredBy,
  };
};

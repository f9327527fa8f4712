/**
 * The shape of RegisterTaskDefinition's input, as data: which keys AWS knows and which type each has, so that a mistake
 * in a template is said with its line before anything is sent. test/unit/config compares it with the AWS client's schema.
 */
export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly members: { readonly [key: string]: Shape } };

const list = (item: Shape): Shape => ({ list: item });
const members = (value: { readonly [key: string]: Shape }): Shape => ({ members: value });
const strings = list('string');
const texts: Shape = { map: 'string' };

const nameAndValue = members({ name: 'string', value: 'string' });
const secret = members({ name: 'string', valueFrom: 'string' });

const linuxParameters = members({
  capabilities: members({ add: strings, drop: strings }),
  devices: list(members({ hostPath: 'string', containerPath: 'string', permissions: strings })),
  initProcessEnabled: 'boolean',
  sharedMemorySize: 'number',
  tmpfs: list(members({ containerPath: 'string', size: 'number', mountOptions: strings })),
  maxSwap: 'number',
  swappiness: 'number',
});

const containerDefinition = members({
  name: 'string',
  image: 'string',
  repositoryCredentials: members({ credentialsParameter: 'string' }),
  cpu: 'number',
  memory: 'number',
  memoryReservation: 'number',
  links: strings,
  portMappings: list(
    members({
      containerPort: 'number',
      hostPort: 'number',
      protocol: 'string',
      name: 'string',
      appProtocol: 'string',
      containerPortRange: 'string',
    }),
  ),
  essential: 'boolean',
  restartPolicy: members({ enabled: 'boolean', ignoredExitCodes: list('number'), restartAttemptPeriod: 'number' }),
  entryPoint: strings,
  command: strings,
  environment: list(nameAndValue),
  environmentFiles: list(members({ value: 'string', type: 'string' })),
  mountPoints: list(members({ sourceVolume: 'string', containerPath: 'string', readOnly: 'boolean' })),
  volumesFrom: list(members({ sourceContainer: 'string', readOnly: 'boolean' })),
  linuxParameters,
  secrets: list(secret),
  dependsOn: list(members({ containerName: 'string', condition: 'string' })),
  startTimeout: 'number',
  stopTimeout: 'number',
  versionConsistency: 'string',
  hostname: 'string',
  user: 'string',
  workingDirectory: 'string',
  disableNetworking: 'boolean',
  privileged: 'boolean',
  readonlyRootFilesystem: 'boolean',
  dnsServers: strings,
  dnsSearchDomains: strings,
  extraHosts: list(members({ hostname: 'string', ipAddress: 'string' })),
  dockerSecurityOptions: strings,
  interactive: 'boolean',
  pseudoTerminal: 'boolean',
  dockerLabels: texts,
  ulimits: list(members({ name: 'string', softLimit: 'number', hardLimit: 'number' })),
  logConfiguration: members({ logDriver: 'string', options: texts, secretOptions: list(secret) }),
  healthCheck: members({
    command: strings,
    interval: 'number',
    timeout: 'number',
    retries: 'number',
    startPeriod: 'number',
  }),
  systemControls: list(members({ namespace: 'string', value: 'string' })),
  resourceRequirements: list(
    members({
      type: 'string',
      value: 'string',
      sharingStrategy: members({ nvidiaMps: members({ memory: 'number', maxComputePercent: 'number' }) }),
    }),
  ),
  firelensConfiguration: members({ type: 'string', options: texts }),
  credentialSpecs: strings,
});

const volume = members({
  name: 'string',
  host: members({ sourcePath: 'string' }),
  dockerVolumeConfiguration: members({
    scope: 'string',
    autoprovision: 'boolean',
    driver: 'string',
    driverOpts: texts,
    labels: texts,
  }),
  efsVolumeConfiguration: members({
    fileSystemId: 'string',
    rootDirectory: 'string',
    transitEncryption: 'string',
    transitEncryptionPort: 'number',
    authorizationConfig: members({ accessPointId: 'string', iam: 'string' }),
  }),
  s3filesVolumeConfiguration: members({
    fileSystemArn: 'string',
    rootDirectory: 'string',
    transitEncryptionPort: 'number',
    accessPointArn: 'string',
  }),
  fsxWindowsFileServerVolumeConfiguration: members({
    fileSystemId: 'string',
    rootDirectory: 'string',
    authorizationConfig: members({ credentialsParameter: 'string', domain: 'string' }),
  }),
  configuredAtLaunch: 'boolean',
});

export const taskDefinitionShape: Shape = members({
  family: 'string',
  containerDefinitions: list(containerDefinition),
  taskRoleArn: 'string',
  executionRoleArn: 'string',
  networkMode: 'string',
  volumes: list(volume),
  placementConstraints: list(members({ type: 'string', expression: 'string' })),
  requiresCompatibilities: strings,
  cpu: 'string',
  memory: 'string',
  tags: list(members({ key: 'string', value: 'string' })),
  pidMode: 'string',
  ipcMode: 'string',
  proxyConfiguration: members({ containerName: 'string', type: 'string', properties: list(nameAndValue) }),
  inferenceAccelerators: list(members({ deviceName: 'string', deviceType: 'string' })),
  ephemeralStorage: members({ sizeInGiB: 'number' }),
  runtimePlatform: members({ cpuArchitecture: 'string', operatingSystemFamily: 'string' }),
  enableFaultInjection: 'boolean',
});

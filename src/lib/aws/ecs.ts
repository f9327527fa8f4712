/**
 * The ECS gateway: thin, typed, batched within AWS's limits and paged to the end. Reads use the client that retries;
 * writes use the one that does not (engine rule 4), and each write method is exactly one call.
 * Returns our records (ecs-model.ts). May import the client factory's types and the SDK; nothing of the nouns.
 */
import type {
  KeyValuePair,
  ListTasksCommandInput,
  RegisterTaskDefinitionCommandInput,
  RunTaskCommandInput,
  UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { atMost, inBatches, readPages } from './batches.js';
import type { AwsClients } from './clients.js';
import { coalesce } from './coalesce.js';
import {
  type EcsService,
  type EcsServiceDeployment,
  type EcsServiceRevision,
  type EcsTask,
  type Placement,
  revisionOf,
  type ServiceDeploymentStatus,
  spoken,
  type TaskDefinitionRecord,
  toPlacement,
  toService,
  toServiceDeployment,
  toServiceRevision,
  toTask,
} from './ecs-model.js';

export interface ServiceRef {
  readonly cluster: string;
  readonly service: string;
}

export type Tags = Readonly<Record<string, string>>;

/** Only what changes; a field that is absent is not sent. */
export interface ServiceChange extends ServiceRef {
  readonly taskDefinition?: string;
  readonly desiredCount?: number;
  readonly forceNewDeployment?: true;
}

/** One task of its own. The token makes a second call with the same request answer with the first one's task. */
export interface TaskRequest {
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly placement: Placement;
  readonly container: string;
  readonly command: readonly string[];
  readonly environment: Tags;
  /** CPU units and MiB of the whole task, where they are to differ from the definition's. */
  readonly cpu?: number;
  readonly memory?: number;
  readonly startedBy: string;
  readonly clientToken: string;
}

export interface StartedTask {
  readonly task?: EcsTask;
  /** Why there is none: ECS answers 200 all the same. */
  readonly failures: readonly string[];
}

export interface EcsGateway {
  /** Active services by name; a missing one is left out. Throws the SDK's ClusterNotFoundException for a missing cluster. */
  services(cluster: string, names: readonly string[]): Promise<ReadonlyMap<string, EcsService>>;
  service(ref: ServiceRef): Promise<EcsService | undefined>;
  placement(ref: ServiceRef): Promise<Placement | undefined>;
  /** A revision ARN, `family:revision` or a family (its newest active revision); undefined when there is none. */
  taskDefinition(reference: string): Promise<TaskDefinitionRecord | undefined>;
  /** ARNs of the active revisions, newest first. */
  revisions(family: string, limit?: number): Promise<readonly string[]>;
  /** Newest first. */
  listServiceDeployments(
    ref: ServiceRef,
    options?: { readonly statuses?: readonly ServiceDeploymentStatus[]; readonly limit?: number },
  ): Promise<readonly string[]>;
  describeServiceDeployments(arns: readonly string[]): Promise<readonly EcsServiceDeployment[]>;
  serviceRevisions(arns: readonly string[]): Promise<readonly EcsServiceRevision[]>;
  tasks(ref: ServiceRef, state: 'RUNNING' | 'STOPPED'): Promise<readonly EcsTask[]>;
  /** By id or ARN; undefined when ECS does not know it: not yet, or not any more. */
  task(cluster: string, task: string): Promise<EcsTask | undefined>;
  runningStartedBy(cluster: string, startedBy: string): Promise<readonly EcsTask[]>;
  /** As long as ECS remembers them: about an hour. */
  stoppedOfFamily(cluster: string, family: string): Promise<readonly EcsTask[]>;
  runTask(request: TaskRequest): Promise<StartedTask>;
  stopTask(cluster: string, stop: { readonly task: string; readonly reason: string }): Promise<void>;
  registerTaskDefinition(definition: Readonly<Record<string, unknown>>, tags: Tags): Promise<TaskDefinitionRecord>;
  updateService(change: ServiceChange): Promise<EcsService>;
  stopServiceDeployment(arn: string): Promise<void>;
  tagResource(arn: string, tags: Tags): Promise<void>;
}

const servicesPerCall = 10;
const tasksPerCall = 100;
const deploymentsPerCall = 20;
const revisionsPerCall = 20;
/** Calls of one kind under way: enough to be quick, few enough not to empty an account's bucket at once. */
const callsAtOnce = 8;

const named = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name);

const toTagList = (tags: Tags): { key: string; value: string }[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

const fromTagList = (tags: readonly { key?: string | undefined; value?: string | undefined }[] = []): Tags =>
  Object.fromEntries(tags.flatMap((tag) => (tag.key === undefined ? [] : [[tag.key, spoken(tag.value ?? '')]])));

export const createEcsGateway = (clients: AwsClients): EcsGateway => ({
  ...serviceReads(clients),
  ...deploymentReads(clients),
  ...taskReads(clients),
  ...writes(clients),
});

const serviceReads = (
  clients: AwsClients,
): Pick<EcsGateway, 'services' | 'service' | 'placement' | 'taskDefinition' | 'revisions'> => {
  const describe = perCluster(servicesPerCall, async (cluster, names) => {
    const { DescribeServicesCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const answer = await client.send(new DescribeServicesCommand({ cluster, services: [...names] }));
    return (answer.services ?? []).map(toService).map((service) => [service.name, service]);
  });
  const services: EcsGateway['services'] = async (cluster, names) => {
    const found = await describe(cluster, names);
    const active = found.filter((service) => service !== undefined && service.status !== 'INACTIVE');
    return new Map(active.flatMap((service) => (service ? [[service.name, service] as const] : [])));
  };
  return {
    services,
    service: async (ref) => (await services(ref.cluster, [ref.service])).get(ref.service),
    placement: async ({ cluster, service }) => {
      const { DescribeServicesCommand } = await import('@aws-sdk/client-ecs');
      const client = await clients.read('ecs');
      const answer = await client.send(new DescribeServicesCommand({ cluster, services: [service] }));
      const [found] = answer.services ?? [];
      return found && toPlacement(found);
    },
    taskDefinition: async (reference) => {
      const { DescribeTaskDefinitionCommand } = await import('@aws-sdk/client-ecs');
      const client = await clients.read('ecs');
      try {
        const answer = await client.send(
          new DescribeTaskDefinitionCommand({ taskDefinition: reference, include: ['TAGS'] }),
        );
        return toRecord(answer.taskDefinition ?? {}, fromTagList(answer.tags));
      } catch (error) {
        // AWS answers "Unable to describe task definition." as a client error for a family or revision that is not there.
        if (named(error, 'ClientException') && /unable to describe/i.test((error as Error).message)) return undefined;
        throw error;
      }
    },
    revisions: async (family, limit = 100) => {
      const { ListTaskDefinitionsCommand } = await import('@aws-sdk/client-ecs');
      const client = await clients.read('ecs');
      const all = await readPages(
        async (nextToken) => {
          const answer = await client.send(
            new ListTaskDefinitionsCommand({
              familyPrefix: family,
              sort: 'DESC',
              status: 'ACTIVE',
              maxResults: Math.min(100, limit),
              ...(nextToken ? { nextToken } : {}),
            }),
          );
          return { items: answer.taskDefinitionArns ?? [], next: answer.nextToken };
        },
        (items) => items.length >= limit,
      );
      // AWS says "family prefix" but matches whole families; a simulator or a later API may not.
      return all.filter((arn) => arn.includes(`/${family}:`)).slice(0, limit);
    },
  };
};

const deploymentReads = (
  clients: AwsClients,
): Pick<EcsGateway, 'listServiceDeployments' | 'describeServiceDeployments' | 'serviceRevisions'> => ({
  listServiceDeployments: async (ref, options = {}) => {
    const { ListServiceDeploymentsCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const briefs = await readPages(
      async (nextToken) => {
        const answer = await client.send(
          new ListServiceDeploymentsCommand({
            cluster: ref.cluster,
            service: ref.service,
            maxResults: Math.min(100, limit),
            ...(options.statuses ? { status: [...options.statuses] } : {}),
            ...(nextToken ? { nextToken } : {}),
          }),
        );
        return { items: answer.serviceDeployments ?? [], next: answer.nextToken };
      },
      (items) => items.length >= limit,
    );
    const newestFirst = [...briefs].sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0));
    return newestFirst
      .flatMap((brief) => (brief.serviceDeploymentArn ? [brief.serviceDeploymentArn] : []))
      .slice(0, limit);
  },
  describeServiceDeployments: describeDeployments(clients),
  serviceRevisions: async (arns) => {
    const unique = [...new Set(arns)];
    if (unique.length === 0) return [];
    const { DescribeServiceRevisionsCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const answers = await atMost(callsAtOnce, inBatches(unique, revisionsPerCall), (batch) =>
      client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: [...batch] })),
    );
    return answers.flatMap((answer) => answer.serviceRevisions ?? []).map(toServiceRevision);
  },
});

const describeDeployments = (clients: AwsClients): EcsGateway['describeServiceDeployments'] => {
  const describe = coalesce({
    size: deploymentsPerCall,
    send: async (arns) => {
      const { DescribeServiceDeploymentsCommand } = await import('@aws-sdk/client-ecs');
      const client = await clients.read('ecs');
      const answer = await client.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [...arns] }));
      return new Map((answer.serviceDeployments ?? []).map(toServiceDeployment).map((found) => [found.arn, found]));
    },
  });
  return async (arns) => (arns.length === 0 ? [] : (await describe(arns)).flatMap((found) => found ?? []));
};

type TaskFilter = Pick<ListTasksCommandInput, 'serviceName' | 'desiredStatus' | 'startedBy' | 'family'>;

const taskReads = (
  clients: AwsClients,
): Pick<EcsGateway, 'tasks' | 'task' | 'runningStartedBy' | 'stoppedOfFamily'> => {
  const describe = perCluster(tasksPerCall, async (cluster, arns) => {
    const { DescribeTasksCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const answer = await client.send(new DescribeTasksCommand({ cluster, tasks: [...arns] }));
    return (answer.tasks ?? []).map(toTask).map((task) => [task.arn, task]);
  });
  const listed = async (cluster: string, filter: TaskFilter): Promise<readonly EcsTask[]> => {
    const { ListTasksCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const arns = await readPages(async (nextToken) => {
      const answer = await client.send(
        new ListTasksCommand({ cluster, ...filter, ...(nextToken ? { nextToken } : {}) }),
      );
      return { items: answer.taskArns ?? [], next: answer.nextToken };
    });
    return arns.length === 0 ? [] : (await describe(cluster, arns)).flatMap((task) => task ?? []);
  };
  return {
    tasks: (ref, state) => listed(ref.cluster, { serviceName: ref.service, desiredStatus: state }),
    task: async (cluster, task) => {
      const { DescribeTasksCommand } = await import('@aws-sdk/client-ecs');
      const client = await clients.read('ecs');
      const answer = await client.send(new DescribeTasksCommand({ cluster, tasks: [task] }));
      return answer.tasks?.map(toTask)[0];
    },
    // AWS: "when you specify startedBy as the filter, it must be the only filter"; stopped tasks need another one.
    runningStartedBy: (cluster, startedBy) => listed(cluster, { startedBy }),
    stoppedOfFamily: (cluster, family) => listed(cluster, { family, desiredStatus: 'STOPPED' }),
  };
};

/** One batch of callers per cluster, because a call names one cluster. */
const perCluster = <A>(
  size: number,
  send: (cluster: string, keys: readonly string[]) => Promise<readonly (readonly [string, A])[]>,
) => {
  const clusters = new Map<string, ReturnType<typeof coalesce<A>>>();
  return (cluster: string, keys: readonly string[]): Promise<readonly (A | undefined)[]> => {
    const known =
      clusters.get(cluster) ?? coalesce<A>({ size, send: async (batch) => new Map(await send(cluster, batch)) });
    clusters.set(cluster, known);
    return known(keys);
  };
};

const writes = (
  clients: AwsClients,
): Pick<
  EcsGateway,
  'registerTaskDefinition' | 'updateService' | 'stopServiceDeployment' | 'tagResource' | 'runTask' | 'stopTask'
> => ({
  runTask: async (request) => {
    const { RunTaskCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.write('ecs');
    const answer = await client.send(new RunTaskCommand(runTaskInput(request)));
    const [task] = answer.tasks ?? [];
    const failures = (answer.failures ?? []).map(({ reason, detail }) =>
      [reason, detail].filter((part) => part !== undefined).join(': '),
    );
    return { ...(task ? { task: toTask(task) } : {}), failures };
  },
  stopTask: async (cluster, { task, reason }) => {
    const { StopTaskCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.write('ecs');
    await client.send(new StopTaskCommand({ cluster, task, reason }));
  },
  registerTaskDefinition: async (definition, tags) => {
    const { RegisterTaskDefinitionCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.write('ecs');
    const input = { ...definition, tags: toTagList(tags) } as unknown as RegisterTaskDefinitionCommandInput;
    const answer = await client.send(new RegisterTaskDefinitionCommand(input));
    return toRecord(answer.taskDefinition ?? {}, fromTagList(answer.tags));
  },
  updateService: async (change) => {
    const { UpdateServiceCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.write('ecs');
    const input: UpdateServiceCommandInput = {
      cluster: change.cluster,
      service: change.service,
      ...(change.taskDefinition === undefined ? {} : { taskDefinition: change.taskDefinition }),
      ...(change.desiredCount === undefined ? {} : { desiredCount: change.desiredCount }),
      ...(change.forceNewDeployment === undefined ? {} : { forceNewDeployment: true }),
    };
    const answer = await client.send(new UpdateServiceCommand(input));
    return toService(answer.service ?? {});
  },
  stopServiceDeployment: async (arn) => {
    const { StopServiceDeploymentCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.write('ecs');
    await client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: arn, stopType: 'ROLLBACK' }));
  },
  tagResource: async (arn, tags) => {
    const { TagResourceCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.write('ecs');
    await client.send(new TagResourceCommand({ resourceArn: arn, tags: toTagList(tags) }));
  },
});

const runTaskInput = (request: TaskRequest): RunTaskCommandInput => {
  const { placement, cpu, memory } = request;
  const { network, capacityProviders, launchType, platformVersion } = placement;
  return {
    cluster: request.cluster,
    taskDefinition: request.taskDefinition,
    count: 1,
    startedBy: request.startedBy,
    clientToken: request.clientToken,
    ...(network !== null
      ? {
          networkConfiguration: {
            awsvpcConfiguration: {
              subnets: [...network.subnets],
              securityGroups: [...network.securityGroups],
              assignPublicIp: network.assignPublicIp,
            },
          },
        }
      : {}),
    // Both at once are refused; with neither the cluster's own strategy decides.
    ...(capacityProviders.length > 0
      ? {
          capacityProviderStrategy: capacityProviders.map(({ name, weight, base }) => ({
            capacityProvider: name,
            weight,
            base,
          })),
        }
      : launchType === null
        ? {}
        : { launchType: launchType as NonNullable<RunTaskCommandInput['launchType']> }),
    ...(platformVersion === null ? {} : { platformVersion }),
    overrides: {
      containerOverrides: [
        {
          name: request.container,
          command: [...request.command],
          environment: Object.entries(request.environment).map(([name, value]) => ({ name, value })),
        },
      ],
      ...(cpu === undefined ? {} : { cpu: String(cpu) }),
      ...(memory === undefined ? {} : { memory: String(memory) }),
    },
  };
};

const toRecord = (definition: object, tags: Tags): TaskDefinitionRecord => {
  const fields = definition as {
    taskDefinitionArn?: string;
    family?: string;
    revision?: number;
    status?: string;
    registeredAt?: Date;
    containerDefinitions?: readonly { environment?: readonly KeyValuePair[] }[];
  };
  const arn = fields.taskDefinitionArn ?? '';
  return {
    arn,
    family: fields.family ?? '',
    revision: fields.revision ?? revisionOf(arn),
    status: fields.status ?? 'ACTIVE',
    registeredAtMs: fields.registeredAt?.getTime() ?? 0,
    tags,
    definition: definition as Readonly<Record<string, unknown>>,
  };
};

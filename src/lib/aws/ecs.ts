/**
 * The ECS gateway: thin, typed, batched within AWS's limits and paged to the end. Reads use the client that retries;
 * writes use the one that does not (engine rule 4), and each write method is exactly one call.
 * Returns our records (ecs-model.ts). May import the client factory's types and the SDK; nothing of the nouns.
 */
import type { KeyValuePair, RegisterTaskDefinitionCommandInput, UpdateServiceCommandInput } from '@aws-sdk/client-ecs';
import { inBatches, readPages } from './batches.js';
import type { AwsClients } from './clients.js';
import {
  type EcsService,
  type EcsServiceDeployment,
  type EcsServiceRevision,
  type EcsTask,
  revisionOf,
  type ServiceDeploymentStatus,
  spoken,
  type TaskDefinitionRecord,
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

export interface EcsGateway {
  /** Active services by name; a missing one is left out. Throws the SDK's ClusterNotFoundException for a missing cluster. */
  services(cluster: string, names: readonly string[]): Promise<ReadonlyMap<string, EcsService>>;
  service(ref: ServiceRef): Promise<EcsService | undefined>;
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
  registerTaskDefinition(definition: Readonly<Record<string, unknown>>, tags: Tags): Promise<TaskDefinitionRecord>;
  updateService(change: ServiceChange): Promise<EcsService>;
  stopServiceDeployment(arn: string): Promise<void>;
  tagResource(arn: string, tags: Tags): Promise<void>;
}

const servicesPerCall = 10;
const tasksPerCall = 100;
const deploymentsPerCall = 20;
const revisionsPerCall = 20;

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
): Pick<EcsGateway, 'services' | 'service' | 'taskDefinition' | 'revisions'> => {
  const services: EcsGateway['services'] = async (cluster, names) => {
    const { DescribeServicesCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const answers = await Promise.all(
      inBatches(names, servicesPerCall).map((batch) =>
        client.send(new DescribeServicesCommand({ cluster, services: [...batch] })),
      ),
    );
    const found = answers.flatMap((answer) => answer.services ?? []).map(toService);
    return new Map(found.filter((service) => service.status !== 'INACTIVE').map((service) => [service.name, service]));
  };
  return {
    services,
    service: async (ref) => (await services(ref.cluster, [ref.service])).get(ref.service),
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
  describeServiceDeployments: async (arns) => {
    if (arns.length === 0) return [];
    const { DescribeServiceDeploymentsCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const answers = await Promise.all(
      inBatches(arns, deploymentsPerCall).map((batch) =>
        client.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [...batch] })),
      ),
    );
    const byArn = new Map(
      answers
        .flatMap((answer) => answer.serviceDeployments ?? [])
        .map((d) => [d.serviceDeploymentArn, toServiceDeployment(d)]),
    );
    return arns.flatMap((arn) => byArn.get(arn) ?? []);
  },
  serviceRevisions: async (arns) => {
    const unique = [...new Set(arns)];
    if (unique.length === 0) return [];
    const { DescribeServiceRevisionsCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const answers = await Promise.all(
      inBatches(unique, revisionsPerCall).map((batch) =>
        client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: [...batch] })),
      ),
    );
    return answers.flatMap((answer) => answer.serviceRevisions ?? []).map(toServiceRevision);
  },
});

const taskReads = (clients: AwsClients): Pick<EcsGateway, 'tasks'> => ({
  tasks: async (ref, state) => {
    const { DescribeTasksCommand, ListTasksCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.read('ecs');
    const arns = await readPages(async (nextToken) => {
      const answer = await client.send(
        new ListTasksCommand({
          cluster: ref.cluster,
          serviceName: ref.service,
          desiredStatus: state,
          ...(nextToken ? { nextToken } : {}),
        }),
      );
      return { items: answer.taskArns ?? [], next: answer.nextToken };
    });
    const answers = await Promise.all(
      inBatches(arns, tasksPerCall).map((batch) =>
        client.send(new DescribeTasksCommand({ cluster: ref.cluster, tasks: [...batch] })),
      ),
    );
    return answers.flatMap((answer) => answer.tasks ?? []).map(toTask);
  },
});

const writes = (
  clients: AwsClients,
): Pick<EcsGateway, 'registerTaskDefinition' | 'updateService' | 'stopServiceDeployment' | 'tagResource'> => ({
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

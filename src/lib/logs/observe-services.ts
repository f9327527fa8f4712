/**
 * What runs now: the services' live task definitions (all that a deployment has running at once), from which the log groups
 * follow, and with --with-events their timelines. A service that ECS lacks, or that we may not look at, falls back to its
 * configured log group, and that is said.
 */
import type { EcsGateway } from '../aws/ecs.js';
import type { EcsService } from '../aws/ecs-model.js';
import { toPlatformError } from '../aws/errors.js';
import type { ResolvedService } from '../config/project.js';
import { isPlatformError } from '../errors/platform-error.js';
import type { LogEvent, Notice, Origin } from './model.js';
import { containerSources, type ServiceLogs } from './sources.js';
import { timelineEvents, timelineOrigin } from './timeline.js';

export interface ServicesRequest {
  readonly ecs: EcsGateway;
  readonly cluster: string;
  readonly services: readonly ResolvedService[];
}

export interface ObservedServices {
  readonly logs: readonly ServiceLogs[];
  readonly notices: readonly Notice[];
}

const nobody: ReadonlyMap<string, EcsService> = new Map();

/** Keeps task definitions: they never change, and a follower looks again and again. */
export class ServiceObserver {
  readonly #definitions = new Map<string, Promise<Readonly<Record<string, unknown>>>>();
  readonly #origins = new Map<string, Origin>();

  constructor(private readonly request: ServicesRequest) {}

  async observe(): Promise<ObservedServices> {
    const { services, cluster } = this.request;
    const { found, problem } = await this.#describe();
    const logs = await Promise.all(services.map((service) => this.#logsOf(service, found.get(service.serviceName))));
    const missing = services.filter((service) => !found.has(service.serviceName));
    const fallback = (service: ResolvedService): string => `reading its configured log group ${service.logGroup}`;
    return {
      logs,
      notices:
        problem === undefined
          ? missing.map((service) => ({
              code: 'W_SERVICE_MISSING',
              message: `${service.name}: cluster ${cluster} has no service ${service.serviceName}; ${fallback(service)}`,
            }))
          : [{ code: 'W_SERVICES_UNKNOWN', message: `${problem}; reading the configured log groups` }],
    };
  }

  /** Sorted by time; events before `sinceMs` are left out. */
  async timelines(sinceMs: number): Promise<readonly LogEvent[]> {
    const { found } = await this.#describe();
    const events = await Promise.all(
      this.request.services.map(async (service) => {
        const seen = found.get(service.serviceName);
        return seen ? this.#timelineOf(service, seen) : [];
      }),
    );
    return events
      .flat()
      .filter(({ timestamp }) => timestamp >= sinceMs)
      .sort((a, b) => a.timestamp - b.timestamp);
  }

  async #describe(): Promise<{ readonly found: ReadonlyMap<string, EcsService>; readonly problem?: string }> {
    const { ecs, cluster, services } = this.request;
    try {
      return {
        found: await ecs.services(
          cluster,
          services.map(({ serviceName }) => serviceName),
        ),
      };
    } catch (error) {
      const known = isPlatformError(error) ? error : toPlatformError(error, 'ecs:DescribeServices');
      if (known.code === 'E_NOT_FOUND') return { found: nobody, problem: `there is no ECS cluster ${cluster}` };
      if (known.code === 'E_DENIED') return { found: nobody, problem: 'this role may not look at the ECS services' };
      throw known;
    }
  }

  async #logsOf(service: ResolvedService, seen: EcsService | undefined): Promise<ServiceLogs> {
    const running =
      seen === undefined ? [] : [seen.taskDefinition, ...seen.deployments.map((each) => each.taskDefinition)];
    const definitions = await Promise.all([...new Set(running.filter(Boolean))].map((arn) => this.#definition(arn)));
    return {
      service: service.name,
      configuredGroup: service.logGroup,
      containers: definitions.flatMap((definition) => containerSources(service.name, definition)),
    };
  }

  #definition(arn: string): Promise<Readonly<Record<string, unknown>>> {
    const known = this.#definitions.get(arn);
    if (known) return known;
    const asked = this.request.ecs.taskDefinition(arn).then((record) => record?.definition ?? {});
    asked.catch(() => this.#definitions.delete(arn));
    this.#definitions.set(arn, asked);
    return asked;
  }

  async #timelineOf(service: ResolvedService, seen: EcsService): Promise<readonly LogEvent[]> {
    const { ecs, cluster } = this.request;
    const ref = { cluster, service: service.serviceName };
    const origin = this.#origins.get(service.name) ?? timelineOrigin(service.name);
    this.#origins.set(service.name, origin);
    const [deployments, stopped] = await Promise.all([
      ecs.listServiceDeployments(ref, { limit: 20 }).then((arns) => ecs.describeServiceDeployments(arns)),
      ecs.tasks(ref, 'STOPPED'),
    ]);
    return timelineEvents({ service: service.name, seen, deployments, stopped }, origin);
  }
}

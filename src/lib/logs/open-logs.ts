/** From a command's words to what is read: services, their log groups, a gateway per region, and what has to be said first. */
import { createEcsGateway } from '../aws/ecs.js';
import { createLogEventsGateway, type LogEventsGateway } from '../aws/log-events.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { chooseServices } from '../services/choose-services.js';
import type { GroupReader } from './group-pages.js';
import type { Level } from './levels.js';
import type { LogEvent, Notice, WriteBlocks } from './model.js';
import { ServiceObserver } from './observe-services.js';
import { blockFilter } from './select-blocks.js';
import { type ContainerSource, type GroupSource, groupsOf, originFinder, type ServiceLogs } from './sources.js';

export interface LogsOptions {
  readonly services: readonly string[];
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** CloudWatch's own pattern: what does not match never leaves AWS. */
  readonly filter?: string | undefined;
  readonly level?: Level | undefined;
  readonly grep?: string | undefined;
  readonly trace?: string | undefined;
  readonly task?: string | undefined;
  readonly container?: string | undefined;
  readonly limit?: number | undefined;
  readonly events: 'with' | 'without';
}

/** Where the lines go and how it ends. */
export interface LogsIo {
  readonly write: WriteBlocks;
  readonly notice: (notice: Notice) => void;
  readonly signal: AbortSignal;
}

export type LogsNeeds = Pick<Ctx, 'aws' | 'clocks'>;

export interface OpenLogs {
  readonly options: LogsOptions;
  readonly io: LogsIo;
  readonly clock: LogsNeeds['clocks']['service'];
  readonly isWanted: ReturnType<typeof blockFilter>;
  /** Groups that are read now; `refresh` may add some. */
  readers(): readonly GroupReader[];
  /** Looks at the services again: a deployment may have brought another log group. */
  refresh(): Promise<void>;
  /** What ECS says, sorted; empty unless asked for. */
  timelines(sinceMs: number): Promise<readonly LogEvent[]>;
  /** Says once per group that it is not there. */
  onMissing(source: GroupSource): void;
  facts(): OpenFacts;
}

export interface OpenFacts {
  readonly groups: readonly (GroupSource & { readonly state: 'read' | 'missing' })[];
  readonly elsewhere: readonly (ContainerSource & { readonly destination: { readonly kind: 'elsewhere' } })[];
  readonly throttles: number;
}

export interface OpenRequest {
  readonly ctx: LogsNeeds;
  readonly at: ResolvedTarget;
  readonly options: LogsOptions;
  readonly io: LogsIo;
  readonly mode: 'steady' | 'eager';
}

/** While following, AWS may be away for this long (AWS time); in one pass for less. */
const patienceMs = { steady: 10 * 60_000, eager: 60_000 } as const;

export const openLogs = async (request: OpenRequest): Promise<OpenLogs> => {
  const { ctx, at, options, io } = request;
  const isWanted = blockFilter(options);
  const services = chooseServices(at.environment.services, options.services);
  const observer = new ServiceObserver({
    ecs: createEcsGateway(at.aws),
    cluster: at.environment.cluster,
    services,
  });
  const said = sayOnce(io.notice);
  const gateways = gatewaysOf(request, said);
  const readers = new Map<string, GroupReader>();
  const missing = new Set<string>();
  let logs: readonly ServiceLogs[] = [];
  const refresh = async (): Promise<void> => {
    const observed = await observer.observe();
    logs = observed.logs;
    for (const notice of [...observed.notices, ...elsewhereNotices(logs)]) said(notice);
    for (const source of groupsOf(logs, at.environment.region)) {
      const key = keyOf(source);
      const known = readers.get(key);
      if (known && JSON.stringify(known.source) === JSON.stringify(source)) continue;
      readers.set(key, { source, gateway: gateways.of(source.region), originOf: originFinder(source, options) });
    }
  };
  await refresh();
  return {
    options,
    io,
    clock: ctx.clocks.service,
    isWanted,
    readers: () => [...readers.values()],
    refresh,
    timelines: async (sinceMs) => (options.events === 'with' ? observer.timelines(sinceMs) : []),
    onMissing: (source) => {
      missing.add(keyOf(source));
      said(missingNotice(source));
    },
    facts: () => ({
      groups: [...readers.values()].map(({ source }) => ({
        ...source,
        state: missing.has(keyOf(source)) ? 'missing' : 'read',
      })),
      elsewhere: elsewhereOf(logs),
      throttles: gateways.throttles(),
    }),
  };
};

export const keyOf = ({ region, group }: Pick<GroupSource, 'region' | 'group'>): string => `${region}/${group}`;

const sayOnce = (notice: LogsIo['notice']): LogsIo['notice'] => {
  const said = new Set<string>();
  return (one) => {
    const key = `${one.code} ${one.message}`;
    if (said.has(key)) return;
    said.add(key);
    notice(one);
  };
};

const waits: Readonly<Record<'throttle' | 'unreachable', Notice>> = {
  throttle: {
    code: 'W_THROTTLED',
    message: 'AWS asks to slow down (ThrottlingException): reading goes on more slowly, nothing is lost',
  },
  unreachable: { code: 'W_WAITING', message: 'AWS does not answer: trying again, nothing is lost' },
};

const gatewaysOf = ({ ctx, at, mode }: OpenRequest, said: LogsIo['notice']) => {
  const { region, profile, roleArn } = at.environment;
  const access = { ...(profile === undefined ? {} : { profile }), ...(roleArn === undefined ? {} : { roleArn }) };
  const gateways = new Map<string, LogEventsGateway>();
  const make = (of: string): LogEventsGateway =>
    createLogEventsGateway({
      // awslogs-region may be another one than the environment's.
      clients: of === region ? at.aws : ctx.aws({ region: of, ...access }),
      clock: ctx.clocks.service,
      mode,
      patienceMs: patienceMs[mode],
      onWait: (why) => said(waits[why]),
    });
  return {
    of: (name: string): LogEventsGateway => {
      const gateway = gateways.get(name) ?? make(name);
      gateways.set(name, gateway);
      return gateway;
    },
    throttles: () => [...gateways.values()].reduce((sum, gateway) => sum + gateway.throttles, 0),
  };
};

const elsewhereOf = (logs: readonly ServiceLogs[]): OpenFacts['elsewhere'] =>
  logs
    .flatMap(({ containers }) => containers)
    .filter((source): source is OpenFacts['elsewhere'][number] => source.destination.kind === 'elsewhere');

/** A side-car that logs elsewhere is worth a word too: somebody may be looking for its lines. */
const elsewhereNotices = (logs: readonly ServiceLogs[]): readonly Notice[] =>
  elsewhereOf(logs).map(({ service, container, destination }) => ({
    code: 'W_LOGS_ELSEWHERE',
    message: `${service}: the logs of container ${container} are not in CloudWatch; they go to ${(destination as { readonly text: string }).text}`,
  }));

const missingNotice = ({ group, region, writers }: GroupSource): Notice => ({
  code: 'W_LOG_GROUP_MISSING',
  message:
    `${[...new Set(writers.map(({ service }) => service))].join(', ')}: there is no log group ${group} in ${region}; ` +
    'create it with your Terraform, set awslogs-create-group, or name another one as services.NAME.logGroup',
});

/**
 * The load of the simulated balancer: `--traffic RPS` requests per AWS second for every service behind it. Nothing runs
 * for it: the requests of the time since the last look are made up when somebody looks (reads the logs or the metrics) and
 * before anything that they depend on changes (a target's health, a weight). Request number k of a route is a function of
 * the route and k, so looking changes nothing. Start at `settleTraffic`; listener-ports.ts serves real sockets.
 */
import { eligibleTargets, mix, pickWeighted, type Route, samplePath, servedRoutes } from './routing.js';
import { elbv2State, type MinuteMetrics, type TrafficState } from './services/elbv2/state.js';
import { writeLines } from './services/log-sink.js';
import type { LogLine } from './services/logs/store.js';
import { type Backend, neighbour } from './services/neighbours.js';
import type { World } from './world.js';

export interface TrafficScope {
  readonly targetGroupArn?: string;
  /** ARN of a rule, or of a listener for its default actions. */
  readonly route?: string;
  readonly logGroups?: readonly string[];
  /** Only counts: a later look at the logs still finds these requests' lines. */
  readonly purpose?: 'metrics';
}

/** Requests whose lines are written when somebody reads logs; older ones of a long silence only count in the metrics. */
const linesPerLook = 2_000;
/** The same before a change that nobody may be watching: lines that nobody reads would only make the state heavy. */
const linesPerChange = 5;
const metricMinutes = 60;
const minuteMs = 60_000;
/** A line reaches CloudWatch Logs a second after its request. */
const deliveryMs = 1_000;

// How much load there is belongs to the running server, like its speed; what it caused is state.
const rates = new WeakMap<World, number>();

export const useTraffic = (world: World, requestsPerSecond: number): void => {
  rates.set(world, requestsPerSecond);
};

export const trafficRate = (world: World): number => rates.get(world) ?? 0;

/** Makes up the requests that the routes in scope have had until now. */
export const settleTraffic = (world: World, region: string, scope: TrafficScope): void => {
  const rate = trafficRate(world);
  if (rate <= 0 || !world.state.regions[region]?.services['elbv2']) return;
  for (const route of servedRoutes(elbv2State(world, region)))
    if (isInScope(world, region, { route, scope })) settleRoute(world, region, { route, rate, ...linesOf(scope) });
};

const linesOf = ({ purpose, logGroups }: TrafficScope): { readonly lines?: number } =>
  purpose === 'metrics' ? {} : { lines: logGroups ? linesPerLook : linesPerChange };

const isInScope = (
  world: World,
  region: string,
  of: { readonly route: Route; readonly scope: TrafficScope },
): boolean => {
  const { route, scope } = of;
  if (scope.route !== undefined) return route.id === scope.route;
  if (scope.targetGroupArn !== undefined) return route.groups.some((group) => group.arn === scope.targetGroupArn);
  const { logGroups } = scope;
  if (!logGroups) return true;
  return route.groups
    .flatMap((group) => eligibleTargets(elbv2State(world, region), group.arn))
    .some((target) => {
      const logs = backendOf(world, region, target)?.logs;
      return logs !== undefined && logGroups.includes(logs.group);
    });
};

const backendOf = (
  world: World,
  region: string,
  target: { readonly id: string; readonly port: number },
): Backend | undefined => neighbour(world, 'ecs').backend?.({ world, region }, { ip: target.id, port: target.port });

const settleRoute = (
  world: World,
  region: string,
  of: { readonly route: Route; readonly rate: number; readonly lines?: number },
): void => {
  const { route, rate } = of;
  const { made, metrics } = elbv2State(world, region).traffic;
  const begun = made[route.id];
  if (!begun || begun.rate !== rate) {
    made[route.id] = { from: world.now, count: 0, lined: 0, rate };
    return;
  }
  const total = Math.floor(((world.now - begun.from) * rate) / 1_000);
  const oldest = Math.max(begun.count, total - Math.ceil((metricMinutes * minuteMs * rate) / 1_000));
  const firstLine = of.lines === undefined ? total : Math.max(begun.lined ?? begun.count, total - of.lines);
  const servers = serversOf(world, region, route);
  const lines = new Map<Server, LogLine[]>();
  for (let number = Math.min(oldest, firstLine); number < total; number += 1) {
    const at = begun.from + Math.floor((number * 1_000) / rate);
    const request = requestOf({ route, servers, number });
    if (!request) continue;
    if (number >= oldest)
      countRequest(metrics, {
        arn: request.groupArn,
        at,
        status: request.status,
        latencyMs: request.latencyMs,
        isRouted: request.server !== undefined,
      });
    if (request.server && number >= firstLine) {
      const own = lines.get(request.server) ?? [];
      const message = accessLine({ ...request, ...namesOf(route, request), at });
      own.push({ message, timestamp: at, ingestionTime: at + deliveryMs });
      lines.set(request.server, own);
    }
  }
  if (of.lines !== undefined) begun.lined = total;
  else begun.lined ??= begun.count;
  begun.count = Math.max(begun.count, total);
  for (const [server, own] of lines) if (server.backend.logs) writeLines(world, server.backend.logs, own);
};

interface Server {
  readonly backend: Backend;
  readonly status: number;
}

interface ServedGroup {
  readonly arn: string;
  readonly weight: number;
  readonly servers: readonly Server[];
}

const serversOf = (world: World, region: string, route: Route): readonly ServedGroup[] =>
  route.groups
    .filter(({ weight }) => weight > 0)
    .map((group) => ({
      ...group,
      servers: eligibleTargets(elbv2State(world, region), group.arn).flatMap((target) => {
        const backend = backendOf(world, region, target);
        return backend ? [{ backend, status: statusOf(backend.fault) }] : [];
      }),
    }));

interface MadeRequest {
  readonly groupArn: string;
  readonly server: Server | undefined;
  readonly status: number;
  readonly latencyMs: number;
  readonly dice: number;
  readonly second: number;
}

/** Only for requests whose lines are written: most are just counted. */
const namesOf = (route: Route, { dice, second }: MadeRequest): { readonly path: string; readonly id: string } => ({
  path: samplePath(route, second),
  id: dice.toString(16).padStart(8, '0') + second.toString(16).padStart(8, '0'),
});

/** Undefined for a request to a child process of this machine: only real requests reach those. */
const requestOf = (of: {
  readonly route: Route;
  readonly servers: readonly ServedGroup[];
  readonly number: number;
}): MadeRequest | undefined => {
  const { route, servers, number } = of;
  const dice = mix(route.seed, number);
  const group = servers.length === 1 ? servers[0] : pickWeighted(servers, dice);
  if (!group) return undefined;
  const second = mix(dice, 1);
  const server = group.servers[mix(dice, 2) % Math.max(1, group.servers.length)];
  if (server?.backend.isReal) return undefined;
  const status = server === undefined ? 503 : server.status;
  return { groupArn: group.arn, server, status, latencyMs: 4 + (second % 45), dice, second };
};

/** What a built-in container answers to a request that is no health check. */
export const statusOf = (fault: string | undefined): number => {
  switch (fault) {
    case 'errors':
      return 500;
    case 'unhealthy':
      return 503;
    case 'slow':
      return 504;
    default:
      return 200;
  }
};

export const accessLine = (request: {
  readonly at: number;
  readonly method?: string;
  readonly path: string;
  readonly status: number;
  readonly latencyMs: number;
  readonly id: string;
}): string => {
  const method = request.method ?? 'GET';
  return JSON.stringify({
    time: new Date(request.at).toISOString(),
    level: request.status >= 500 ? 'error' : 'info',
    message: `${method} ${request.path} ${request.status}`,
    method,
    path: request.path,
    status: request.status,
    durationMs: request.latencyMs,
    requestId: request.id,
    ...(request.status === 500 ? { error: 'TypeError: cannot read the order of an empty cart' } : {}),
  });
};

/** Adds one request to its target group's minute. A 504, or a 503 for want of a target, is the balancer's own error. */
export const countRequest = (
  metrics: TrafficState['metrics'],
  request: {
    readonly arn: string;
    readonly at: number;
    readonly status: number;
    readonly latencyMs: number;
    readonly isRouted: boolean;
  },
): void => {
  const { status, latencyMs, isRouted } = request;
  const entry = minuteOf(metrics, request);
  const isBalancer = !isRouted || status === 504;
  entry[1] += 1;
  if (status >= 500) entry[isBalancer ? 3 : 2] += 1;
  else if (status >= 400 && !isBalancer) entry[5] = (entry[5] ?? 0) + 1;
  if (!isRouted) entry[6] = (entry[6] ?? 0) + 1;
  if (isBalancer) return;
  entry[4] += latencyMs;
  addLatency(entry, latencyMs);
};

const minuteOf = (
  metrics: TrafficState['metrics'],
  { arn, at }: { readonly arn: string; readonly at: number },
): MinuteMetrics => {
  const minute = Math.floor(at / minuteMs);
  metrics[arn] ??= [];
  const minutes = metrics[arn] as MinuteMetrics[];
  const last = minutes.at(-1);
  if (last && last[0] >= minute) return last[0] === minute ? last : (minutes.find(([of]) => of === minute) ?? last);
  const fresh: MinuteMetrics = [minute, 0, 0, 0, 0, 0, 0, []];
  minutes.push(fresh);
  if (minutes.length > metricMinutes) minutes.shift();
  return fresh;
};

const latencyStep = Math.log(1.25);

const addLatency = (entry: MinuteMetrics, latencyMs: number): void => {
  entry[7] ??= [];
  const counts = entry[7];
  const index = Math.floor(Math.log(latencyMs + 1) / latencyStep);
  while (counts.length <= index) counts.push(0);
  counts[index] = (counts[index] ?? 0) + 1;
};

/** Requests, errors and latency of a target group per minute, up to now, oldest first. */
export const targetGroupMetrics = (
  world: World,
  region: string,
  targetGroupArn: string,
): readonly {
  readonly at: number;
  readonly requests: number;
  readonly targetErrors: number;
  readonly balancerErrors: number;
  readonly averageLatencyMs: number;
}[] => {
  settleTraffic(world, region, { targetGroupArn, purpose: 'metrics' });
  return (elbv2State(world, region).traffic.metrics[targetGroupArn] ?? []).map(
    ([minute, requests, targetErrors, balancerErrors, latencyMs]) => ({
      at: minute * minuteMs,
      requests,
      targetErrors,
      balancerErrors,
      averageLatencyMs: latencyMs / Math.max(1, requests - balancerErrors),
    }),
  );
};

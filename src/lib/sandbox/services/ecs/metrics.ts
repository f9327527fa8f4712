/**
 * AWS/ECS: CPU and memory of services. Nothing is measured: a task idles at a few percent and every request that its
 * service was sent costs it some CPU time, so that a service under load scales out and one without scales in.
 */
import {
  type MetricId,
  type MetricMinute,
  type MetricSource,
  type MetricSpan,
  neighbour,
  type Place,
} from '../neighbours.js';
import { ecsState, own, type ServiceState, type TaskState, taskDefinitionOf } from './state.js';

const namespace = 'AWS/ECS';
const minuteMs = 60_000;
/** Stopped tasks are forgotten after an hour. */
const keptMs = 60 * minuteMs;
/** Seconds of one vCPU that a request takes. */
const cpuSecondsPerRequest = 0.02;

const units = { CPUUtilization: 'Percent', MemoryUtilization: 'Percent' } as const;

const list = (place: Place): readonly MetricId[] =>
  Object.values(ecsState(place).services).flatMap((service) =>
    service.tasks.length === 0
      ? []
      : Object.keys(units).flatMap((name) => [
          { namespace, name, dimensions: { ClusterName: service.cluster, ServiceName: service.name } },
        ]),
  );

const read: MetricSource['read'] = (place, { metric, from, to, isPrepared }) => {
  const { ClusterName: cluster = '', ServiceName: name = '', ...others } = metric.dimensions;
  const service = own(ecsState(place).services, `${cluster}/${name}`);
  if (!service || !Object.hasOwn(units, metric.name) || Object.keys(others).length > 0) return [];
  const tasks = Object.values(ecsState(place).tasks).filter((task) => task.service === service.key);
  const oldest = Math.max(from, place.world.now - keptMs, Math.min(...tasks.map((task) => task.createdAt)));
  const first = Math.ceil(oldest / minuteMs) * minuteMs;
  const last = Math.min(to, place.world.now);
  const requests =
    metric.name === 'CPUUtilization'
      ? requestsByMinute(place, { service, span: { from: first, to: last, ...(isPrepared && { isPrepared }) } })
      : new Map();
  const minutes: MetricMinute[] = [];
  for (let at = first; at < last; at += minuteMs) {
    const running = tasks.filter((task) => isRunningIn(task, at));
    if (running.length === 0) continue;
    const share = (requests.get(at) ?? 0) / running.length;
    minutes.push(
      minuteOf(
        at,
        running.map((task) =>
          metric.name === 'CPUUtilization' ? cpuOf(place, { task, at, requests: share }) : memoryOf(task, at),
        ),
      ),
    );
  }
  return minutes;
};

const isRunningIn = (task: TaskState, at: number): boolean =>
  task.startedAt !== undefined &&
  task.startedAt < at + minuteMs &&
  (task.executionStoppedAt ?? task.stoppedAt ?? Number.POSITIVE_INFINITY) > at;

const requestsByMinute = (
  place: Place,
  of: { readonly service: ServiceState; readonly span: Omit<MetricSpan, 'metric'> },
): ReadonlyMap<number, number> => {
  const source = neighbour(place.world, 'elbv2').metrics;
  const found = new Map<number, number>();
  for (const { targetGroupArn } of of.service.loadBalancers) {
    const dimensions = { TargetGroup: targetGroupArn?.split(':')[5] ?? '' };
    const metric = { namespace: source?.namespace ?? '', name: 'RequestCount', dimensions };
    for (const { at, sum } of source?.read(place, { metric, ...of.span }) ?? [])
      found.set(at, (found.get(at) ?? 0) + sum);
  }
  return found;
};

/** A number from 0 to 1 that is always the same for this task and minute. */
const wobble = (task: TaskState, at: number): number => {
  const seed = Number.parseInt(task.id.slice(0, 8), 16) || 1;
  return ((Math.imul(seed ^ (at / minuteMs), 0x9e3779b1) >>> 8) % 1_000) / 1_000;
};

const cpuOf = (
  place: Place,
  of: { readonly task: TaskState; readonly at: number; readonly requests: number },
): number => {
  const units = Number(taskDefinitionOf(place, of.task.taskDefinition)?.cpu ?? 256) || 256;
  const busy = (of.requests * cpuSecondsPerRequest) / 60 / (units / 1_024);
  return Math.min(100, 2 + 2 * wobble(of.task, of.at) + 100 * busy);
};

const memoryOf = (task: TaskState, at: number): number => 32 + 6 * wobble(task, at);

const minuteOf = (at: number, values: readonly number[]): MetricMinute => ({
  at,
  count: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  min: Math.min(...values),
  max: Math.max(...values),
  values: values.map((value) => [value, 1] as const),
});

export const ecsMetrics: MetricSource = { namespace, units, list, read };

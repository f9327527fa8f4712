/** AWS/ApplicationELB, made of the balancer's traffic and of its targets' health. */
import { settleTraffic } from '../../traffic.js';
import type { MetricId, MetricMinute, MetricSource, Place } from '../neighbours.js';
import { hostsIn } from './hosts.js';
import { type Elbv2State, elbv2State, loadBalancersOf, type MinuteMetrics } from './state.js';

const minuteMs = 60_000;

const units: Readonly<Record<string, string>> = {
  RequestCount: 'Count',
  RequestCountPerTarget: 'None',
  HTTPCode_Target_2XX_Count: 'Count',
  HTTPCode_Target_4XX_Count: 'Count',
  HTTPCode_Target_5XX_Count: 'Count',
  HTTPCode_ELB_5XX_Count: 'Count',
  TargetResponseTime: 'Seconds',
  HealthyHostCount: 'Count',
  UnHealthyHostCount: 'Count',
};

/** The part of an ARN that CloudWatch uses: `app/shop/…`, `targetgroup/api/…`. */
const dimensionOf = (arn: string): string => (arn.split(':')[5] ?? '').replace(/^loadbalancer\//, '');

/** The same the other way round, without taking the ARN to pieces: every read of a metric asks for many. */
const isNamed = (arn: string, dimension: string | undefined): boolean =>
  dimension === undefined || arn.endsWith(`:${dimension}`) || arn.endsWith(`:loadbalancer/${dimension}`);

interface GroupOf {
  readonly group: string;
  readonly balancer: string;
}

const pairs = (state: Elbv2State): readonly GroupOf[] =>
  Object.keys(state.targetGroups).flatMap((group) =>
    loadBalancersOf(state, group).map((balancer) => ({ group, balancer })),
  );

const isHostCount = (name: string): boolean => name === 'HealthyHostCount' || name === 'UnHealthyHostCount';

const prepare = ({ world, region }: Place): void => settleTraffic(world, region, { purpose: 'metrics' });

/** Metrics that have had a value in the last hour. */
const list = (place: Place): readonly MetricId[] => {
  const state = elbv2State(place.world, place.region);
  prepare(place);
  const found = new Map<string, MetricId>();
  const add = (name: string, dimensions: Readonly<Record<string, string>>): void => {
    const metric = { namespace, name, dimensions };
    found.set(JSON.stringify(metric), metric);
  };
  for (const { group, balancer } of pairs(state)) {
    const ofGroup = { TargetGroup: dimensionOf(group), LoadBalancer: dimensionOf(balancer) };
    for (const name of Object.keys(units)) {
      if (
        read(place, {
          metric: { namespace, name, dimensions: ofGroup },
          from: 0,
          to: place.world.now,
          isPrepared: true,
        }).length === 0
      )
        continue;
      add(name, ofGroup);
      if (!isHostCount(name) && name !== 'RequestCountPerTarget') add(name, { LoadBalancer: ofGroup.LoadBalancer });
    }
  }
  return [...found.values()];
};

/** Target groups that the dimensions mean; undefined when such a metric does not exist. */
const groupsOf = (state: Elbv2State, metric: MetricId): readonly string[] | undefined => {
  const { TargetGroup: group, LoadBalancer: balancer, ...others } = metric.dimensions;
  if (Object.keys(others).length > 0 || (group === undefined && balancer === undefined)) return undefined;
  const needsGroup = isHostCount(metric.name) || metric.name === 'RequestCountPerTarget';
  if (needsGroup && group === undefined) return undefined;
  return Object.keys(state.targetGroups).filter(
    (arn) =>
      isNamed(arn, group) &&
      (balancer === undefined || loadBalancersOf(state, arn).some((each) => isNamed(each, balancer))),
  );
};

const read: MetricSource['read'] = (place, { metric, from, to, isPrepared }) => {
  const state = elbv2State(place.world, place.region);
  const groups = groupsOf(state, metric);
  if (!groups) return [];
  if (isHostCount(metric.name))
    return groups.flatMap((arn) => hostMinutes(place, { name: metric.name, arn, from, to }));
  const byMinute = new Map<number, MetricMinute>();
  for (const arn of groups) {
    if (isPrepared !== true) settleTraffic(place.world, place.region, { targetGroupArn: arn, purpose: 'metrics' });
    for (const entry of state.traffic.metrics[arn] ?? []) {
      const at = entry[0] * minuteMs;
      const found = at >= from && at < to ? minuteValue(place, { name: metric.name, arn, entry }) : undefined;
      const other = byMinute.get(at);
      if (found) byMinute.set(at, other ? merged(other, found) : found);
    }
  }
  return [...byMinute.values()].sort((a, b) => a.at - b.at);
};

const merged = (a: MetricMinute, b: MetricMinute): MetricMinute => ({
  at: a.at,
  count: a.count + b.count,
  sum: a.sum + b.sum,
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
  values: [...a.values, ...b.values],
});

/** A count of the balancer: it says 1 for each request, so the sum is what one looks at. */
const counted = (at: number, count: number): MetricMinute | undefined =>
  count > 0 ? { at, count, sum: count, min: 1, max: 1, values: [[1, count]] } : undefined;

const minuteValue = (
  place: Place,
  of: { readonly name: string; readonly arn: string; readonly entry: MinuteMetrics },
): MetricMinute | undefined => {
  const [minute, requests, targetErrors, balancerErrors, , clientErrors = 0, unrouted = 0] = of.entry;
  const at = minute * minuteMs;
  switch (of.name) {
    case 'RequestCount':
      return counted(at, requests - unrouted);
    case 'RequestCountPerTarget':
      return perTarget(place, { arn: of.arn, at, requests: requests - unrouted });
    case 'HTTPCode_Target_2XX_Count':
      return counted(at, requests - targetErrors - balancerErrors - clientErrors);
    case 'HTTPCode_Target_4XX_Count':
      return counted(at, clientErrors);
    case 'HTTPCode_Target_5XX_Count':
      return counted(at, targetErrors);
    case 'HTTPCode_ELB_5XX_Count':
      return counted(at, balancerErrors);
    case 'TargetResponseTime':
      return responseTimes(of.entry);
    default:
      return undefined;
  }
};

const perTarget = (
  place: Place,
  of: { readonly arn: string; readonly at: number; readonly requests: number },
): MetricMinute | undefined => {
  const hosts = hostsIn(place, { arn: of.arn, from: of.at, to: of.at + minuteMs });
  const healthy = hosts.reduce((sum, each) => sum + each.healthy * each.share, 0);
  if (of.requests <= 0) return undefined;
  const value = of.requests / Math.max(1, healthy);
  return { at: of.at, count: 1, sum: value, min: value, max: value, values: [[value, 1]] };
};

/** Seconds; a bucket of the histogram stands at its middle. */
const responseTimes = (entry: MinuteMetrics): MetricMinute | undefined => {
  const counts = entry[7] ?? [];
  const values = counts.flatMap((count, index): [number, number][] =>
    count > 0 ? [[(1.25 ** (index + 0.5) - 1) / 1_000, count]] : [],
  );
  const count = values.reduce((sum, [, each]) => sum + each, 0);
  const [first] = values;
  const last = values.at(-1);
  if (!first || !last) return undefined;
  return { at: entry[0] * minuteMs, count, sum: entry[4] / 1_000, min: first[0], max: last[0], values };
};

/** Every minute since the group had its first target. */
const hostMinutes = (
  place: Place,
  ask: { readonly name: string; readonly arn: string; readonly from: number; readonly to: number },
): readonly MetricMinute[] => {
  const { world, region } = place;
  const first = elbv2State(world, region).traffic.hosts?.[ask.arn]?.[0]?.[0];
  if (first === undefined || !elbv2State(world, region).targetGroups[ask.arn]) return [];
  const oldest = Math.max(ask.from, first, world.now - 60 * minuteMs);
  const minutes: MetricMinute[] = [];
  for (let at = Math.ceil(oldest / minuteMs) * minuteMs; at < Math.min(ask.to, world.now); at += minuteMs) {
    const hosts = hostsIn(place, { arn: ask.arn, from: at, to: at + minuteMs });
    const values = hosts.map(({ healthy, unhealthy, share }): [number, number] => [
      ask.name === 'HealthyHostCount' ? healthy : unhealthy,
      share,
    ]);
    if (values.length === 0) continue;
    const numbers = values.map(([value]) => value);
    minutes.push({
      at,
      count: 1,
      sum: values.reduce((sum, [value, share]) => sum + value * share, 0),
      min: Math.min(...numbers),
      max: Math.max(...numbers),
      values,
    });
  }
  return minutes;
};

const namespace = 'AWS/ApplicationELB';

export const elbMetrics: MetricSource = { namespace, units, list, prepare, read };

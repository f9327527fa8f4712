/** Reading metrics: minutes of the service that reports them or of PutMetricData, joined into periods and statistics. */
import { timing } from '../../timings.js';
import {
  type MetricId,
  type MetricMinute,
  type MetricSource,
  type MetricSpan,
  neighbour,
  type Place,
} from '../neighbours.js';
import { cloudWatchState, metricKey, ownOf } from './state.js';

export const minuteMs = 60_000;

/** Services of this sandbox that report metrics. */
export const metricSources = ({ world }: Place): readonly MetricSource[] =>
  [...world.modules.keys()].flatMap((id) => neighbour(world, id).metrics ?? []);

export const prepareMetrics = (place: Place): void => {
  for (const source of metricSources(place)) source.prepare?.(place);
};

const sourceOf = (place: Place, metric: MetricId): MetricSource | undefined =>
  metricSources(place).find(({ namespace }) => namespace === metric.namespace);

export const unitOf = (place: Place, metric: MetricId): string =>
  sourceOf(place, metric)?.units[metric.name] ??
  ownOf(cloudWatchState(place).metrics, metricKey(metric))?.unit ??
  'None';

/** A service's minute can be read some time after it is over; a metric of one's own at once. */
export const readMinutes = (place: Place, span: MetricSpan): readonly MetricMinute[] => {
  const { metric, from, to } = span;
  const source = sourceOf(place, metric);
  const known = place.world.now - timing('metricDelay');
  const ofSource = source?.read(place, span).filter(({ at }) => at >= from && at < to && at + minuteMs <= known) ?? [];
  const stored = ownOf(cloudWatchState(place).metrics, metricKey(metric))?.minutes ?? [];
  const own = stored.flatMap(([minute, count, sum, min, max, values]): MetricMinute[] => {
    const at = minute * minuteMs;
    return at >= from && at < to && at <= place.world.now ? [{ at, count, sum, min, max, values }] : [];
  });
  return own.length === 0 ? ofSource : [...ofSource, ...own].sort((a, b) => a.at - b.at);
};

export interface PeriodData {
  readonly at: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly values: readonly (readonly [value: number, count: number])[];
}

/** Minutes joined into periods that begin at `origin` plus a multiple of the period. */
export const readPeriods = (
  place: Place,
  span: MetricSpan & { readonly periodMs: number; readonly origin?: number },
): readonly PeriodData[] => {
  const { periodMs, origin = 0 } = span;
  const periods = new Map<number, MetricMinute[]>();
  for (const minute of readMinutes(place, span)) {
    const at = origin + Math.floor((minute.at - origin) / periodMs) * periodMs;
    const others = periods.get(at) ?? [];
    others.push(minute);
    periods.set(at, others);
  }
  return [...periods].map(([at, minutes]) => joined(at, minutes));
};

const joined = (at: number, minutes: readonly MetricMinute[]): PeriodData => ({
  at,
  count: minutes.reduce((sum, minute) => sum + minute.count, 0),
  sum: minutes.reduce((sum, minute) => sum + minute.sum, 0),
  min: Math.min(...minutes.map(({ min }) => min)),
  max: Math.max(...minutes.map(({ max }) => max)),
  values: minutes.flatMap(({ values }) => values),
});

const percentilePattern = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/;

export const isStatistic = (name: string): boolean =>
  ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'].includes(name) || percentilePattern.test(name);

export const isPercentile = (name: string): boolean => percentilePattern.test(name);

/** Undefined for a statistic that is not simulated (trimmed means, percentile ranks). */
export const statisticOf = (data: PeriodData, name: string): number | undefined => {
  switch (name) {
    case 'SampleCount':
      return data.count;
    case 'Average':
      return data.count === 0 ? 0 : data.sum / data.count;
    case 'Sum':
      return data.sum;
    case 'Minimum':
      return data.min;
    case 'Maximum':
      return data.max;
    default: {
      const percent = percentilePattern.exec(name)?.[1];
      return percent === undefined ? undefined : percentile(data, Number(percent));
    }
  }
};

const percentile = ({ values, min, max }: PeriodData, percent: number): number => {
  const sorted = [...values].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  let rest = (percent / 100) * total;
  for (const [value, count] of sorted) {
    rest -= count;
    // A billionth of slack: the counts of a host metric are shares of a minute.
    if (rest <= 1e-9) return Math.min(max, Math.max(min, value));
  }
  return max;
};

/** PutMetricData: kept by the minute, the newest three hours of at most a thousand metrics. */
import type { MetricDatum, PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import { AwsError, type Call } from '../../service.js';
import { minuteMs } from './metrics.js';
import { cloudWatchState, dimensionRecord, metricKey, placeOf, type StoredMetric, type StoredMinute } from './state.js';

const keptMinutes = 180;
const keptMetrics = 1_000;
/** Different values of one minute that percentiles are made of. */
const keptValues = 150;
const twoWeeksMs = 14 * 86_400_000;
const twoHoursMs = 2 * 3_600_000;

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValueException', message);

interface Sample {
  readonly values: readonly (readonly [value: number, count: number])[];
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

const sampleOf = (datum: MetricDatum): Sample => {
  const set = datum.StatisticValues;
  if (set) {
    const { SampleCount: count = 0, Sum: sum = 0, Minimum: min = 0, Maximum: max = 0 } = set;
    if (![count, sum, min, max].every(Number.isFinite) || min > max || count <= 0)
      throw invalid('The statistic values are not valid: Minimum, Maximum, SampleCount.');
    return { count, sum, min, max, values: [[sum / count, count]] };
  }
  const given = datum.Values ?? (datum.Value === undefined ? [] : [datum.Value]);
  if (given.length === 0 || given.length > keptValues || (datum.Counts && datum.Counts.length !== given.length))
    throw invalid('A datum needs a Value, StatisticValues, or up to 150 Values with as many Counts.');
  if (given.some((value) => !Number.isFinite(value))) throw invalid('The value must be a finite number.');
  const values = given.map((value, index) => [value, datum.Counts?.[index] ?? 1] as const);
  return {
    values,
    count: values.reduce((sum, [, count]) => sum + count, 0),
    sum: values.reduce((sum, [value, count]) => sum + value * count, 0),
    min: Math.min(...given),
    max: Math.max(...given),
  };
};

export const putMetricData = (input: PutMetricDataInput, call: Call): object => {
  const namespace = input.Namespace ?? '';
  if (namespace.startsWith('AWS/')) throw invalid('The value AWS/ for parameter Namespace is invalid: it is reserved.');
  const data = input.MetricData ?? [];
  if (data.length > 1_000) throw invalid('A request can have at most 1000 data.');
  // All or nothing: a request with one bad datum changes nothing.
  const samples = data.map((datum) => ({ datum, sample: sampleOf(datum), at: momentOf(datum, call) }));
  for (const { datum, sample, at } of samples) add(metricOf(call, namespace, datum), at, sample);
  return {};
};

const momentOf = (datum: MetricDatum, { world }: Call): number => {
  const at = datum.Timestamp?.getTime() ?? world.now;
  if (at < world.now - twoWeeksMs || at > world.now + twoHoursMs)
    throw invalid('The timestamp must be from two weeks ago to two hours ahead.');
  return at;
};

const metricOf = (call: Call, namespace: string, datum: MetricDatum): StoredMetric => {
  const { metrics } = cloudWatchState(placeOf(call));
  const dimensions = dimensionRecord(datum.Dimensions);
  if (Object.keys(dimensions).length > 30) throw invalid('A metric can have at most 30 dimensions.');
  const metric = { namespace, name: datum.MetricName ?? '', dimensions };
  const key = metricKey(metric);
  metrics[key] ??= { ...metric, minutes: [] };
  const stored = metrics[key] as StoredMetric;
  if (datum.Unit !== undefined) stored.unit = datum.Unit;
  const oldest = Object.keys(metrics).length > keptMetrics ? Object.keys(metrics)[0] : undefined;
  if (oldest !== undefined && oldest !== key) delete metrics[oldest];
  return stored;
};

const add = (metric: StoredMetric, at: number, sample: Sample): void => {
  const minute = Math.floor(at / minuteMs);
  const existing = metric.minutes.find(([of]) => of === minute);
  if (existing) {
    existing[1] += sample.count;
    existing[2] += sample.sum;
    existing[3] = Math.min(existing[3], sample.min);
    existing[4] = Math.max(existing[4], sample.max);
    existing[5] = [...existing[5], ...sample.values.map(([value, count]): [number, number] => [value, count])].slice(
      -keptValues,
    );
    return;
  }
  const fresh: StoredMinute = [
    minute,
    sample.count,
    sample.sum,
    sample.min,
    sample.max,
    sample.values.map(([value, count]) => [value, count]),
  ];
  metric.minutes = [...metric.minutes, fresh].sort(([a], [b]) => a - b).slice(-keptMinutes);
};

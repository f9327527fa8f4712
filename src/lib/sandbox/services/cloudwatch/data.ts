/** GetMetricData, GetMetricStatistics, ListMetrics. */
import type { GetMetricDataInput, GetMetricStatisticsInput, ListMetricsInput } from '@aws-sdk/client-cloudwatch';
import { decodeToken, encodeToken, pageOf } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import type { MetricId } from '../neighbours.js';
import { isPercentile, metricSources, minuteMs, readPeriods, statisticOf, unitOf } from './metrics.js';
import { checkQueries, periodMsOf, runQueries } from './queries.js';
import { cloudWatchState, dimensionRecord, invalidToken, metricKey, placeOf, validation } from './state.js';

const mostDatapoints = 100_800;

/** `MaxDatapoints` is shared out: every result shows as many as the others, and the token goes on after them. */
export const getMetricData = (input: GetMetricDataInput, call: Call): object => {
  const queries = input.MetricDataQueries ?? [];
  checkQueries(queries);
  const window = { from: input.StartTime?.getTime() ?? 0, to: input.EndTime?.getTime() ?? 0 };
  if (window.from >= window.to) throw validation('The parameter StartTime must be less than the parameter EndTime.');
  const limit = input.MaxDatapoints ?? mostDatapoints;
  if (limit < 1 || limit > mostDatapoints) throw validation(`MaxDatapoints must be from 1 to ${mostDatapoints}.`);
  const results = runQueries(placeOf(call), queries, window);
  const wanted = queries.filter(({ ReturnData }) => ReturnData !== false);
  if (wanted.length === 0) throw validation('At least one query must return data.');
  const start =
    input.NextToken === undefined ? 0 : decodeToken<{ start: number }>(input.NextToken, invalidToken()).start;
  if (!Number.isInteger(start) || start < 0) throw invalidToken();
  const size = Math.max(1, Math.floor(limit / wanted.length));
  let isCut = false;
  const MetricDataResults = wanted.map(({ Id = '' }) => {
    const result = results.get(Id);
    const points = [...(result?.series ?? [])].sort(([a], [b]) =>
      input.ScanBy === 'TimestampAscending' ? a - b : b - a,
    );
    const page = points.slice(start, start + size);
    const isPartial = start + size < points.length;
    isCut ||= isPartial;
    return {
      Id,
      Label: result?.label,
      Timestamps: page.map(([at]) => new Date(at)),
      Values: page.map(([, value]) => value),
      StatusCode: isPartial ? 'PartialData' : 'Complete',
    };
  });
  return { MetricDataResults, Messages: [], ...(isCut ? { NextToken: encodeToken({ start: start + size }) } : {}) };
};

const mostStatistics = 1_440;

export const getMetricStatistics = (input: GetMetricStatisticsInput, call: Call): object => {
  const place = placeOf(call);
  const { Namespace: namespace = '', MetricName: name = '', Period: period } = input;
  const from = Math.floor((input.StartTime?.getTime() ?? 0) / minuteMs) * minuteMs;
  const to = input.EndTime?.getTime() ?? 0;
  const statistics = [...(input.Statistics ?? []), ...(input.ExtendedStatistics ?? [])];
  if (from >= to)
    throw new AwsError(
      'InvalidParameterValueException',
      'The parameter StartTime must be less than the parameter EndTime.',
    );
  if (statistics.length === 0)
    throw new AwsError(
      'MissingRequiredParameterException',
      'At least one of the parameters Statistics and ExtendedStatistics must be specified.',
    );
  const periodMs = periodMsOf(period);
  if ((to - from) / periodMs > mostStatistics)
    throw new AwsError(
      'InvalidParameterCombinationException',
      `You have requested up to ${Math.ceil((to - from) / periodMs)} datapoints, which exceeds the limit of ${mostStatistics}.`,
    );
  const metric = { namespace, name, dimensions: dimensionRecord(input.Dimensions) };
  const unit = unitOf(place, metric);
  const periods =
    input.Unit !== undefined && input.Unit !== unit
      ? []
      : readPeriods(place, { metric, from, to, periodMs, origin: from });
  return {
    Label: name,
    Datapoints: periods.map((data) => {
      const values = statistics.map((statistic) => [statistic, statisticOf(data, statistic)] as const);
      const plain = values.filter(([statistic]) => !isPercentile(statistic));
      const extended = values.filter(([statistic]) => isPercentile(statistic));
      return {
        Timestamp: new Date(data.at),
        Unit: unit,
        ...Object.fromEntries(plain),
        ...(extended.length > 0 && { ExtendedStatistics: Object.fromEntries(extended) }),
      };
    }),
  };
};

const listPage = 500;

export const listMetrics = (input: ListMetricsInput, call: Call): object => {
  const place = placeOf(call);
  const stored: readonly MetricId[] = Object.values(cloudWatchState(place).metrics);
  const known = [...metricSources(place).flatMap((source) => source.list(place)), ...stored];
  const found = known.filter(
    (metric) =>
      (input.Namespace === undefined || metric.namespace === input.Namespace) &&
      (input.MetricName === undefined || metric.name === input.MetricName) &&
      (input.Dimensions ?? []).every(({ Name = '', Value }) =>
        Value === undefined ? Object.hasOwn(metric.dimensions, Name) : metric.dimensions[Name] === Value,
      ),
  );
  const page = pageOf(found, {
    limit: listPage,
    token: input.NextToken,
    key: metricKey,
    invalid: new AwsError('InvalidParameterValueException', 'The next token is invalid.'),
  });
  return {
    Metrics: page.items.map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
};

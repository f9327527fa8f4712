/** Metric data queries (metrics and expressions over them), as GetMetricData and alarms use them. */
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Place } from '../neighbours.js';
import { ExpressionError, evaluateExpression, type MathValue, type Series } from './expression.js';
import { isStatistic, minuteMs, readPeriods, statisticOf, unitOf } from './metrics.js';
import { dimensionRecord, validation } from './state.js';

export interface QueryResult {
  readonly id: string;
  readonly label: string;
  readonly series: Series;
}

const mostQueries = 500;

/** Periods of seconds need metrics of high resolution, which the sandbox has none of: they read minutes. */
export const periodMsOf = (seconds: number | undefined): number => {
  const period = seconds ?? 60;
  if (![1, 5, 10, 20, 30].includes(period) && (period < 60 || period % 60 !== 0))
    throw validation('The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.');
  return Math.max(minuteMs, period * 1_000);
};

export const checkQueries = (queries: readonly MetricDataQuery[]): void => {
  if (queries.length === 0) throw validation('The parameter MetricDataQueries is required.');
  if (queries.length > mostQueries) throw validation(`The maximum number of metric data queries is ${mostQueries}.`);
  const seen = new Set<string>();
  for (const { Id: id = '', MetricStat: metric, Expression: expression } of queries) {
    if (!/^[a-z]\w{0,254}$/.test(id))
      throw validation(`The value for query Id '${id}' is not valid. It must begin with a lowercase letter.`);
    if (seen.has(id)) throw validation(`The values for parameter id in queries are not unique: ${id}`);
    seen.add(id);
    if ((metric === undefined) === (expression === undefined))
      throw validation(`Exactly one of MetricStat and Expression must be set in the query '${id}'.`);
    if (metric && !isStatistic(metric.Stat ?? ''))
      throw validation(`The statistic '${metric.Stat}' of the query '${id}' is not supported.`);
    if (metric) periodMsOf(metric.Period);
  }
};

interface Window {
  readonly from: number;
  readonly to: number;
  readonly isPrepared?: true;
}

/** Results of every query by id; an expression may use queries before and after it. */
export const runQueries = (
  place: Place,
  queries: readonly MetricDataQuery[],
  window: Window,
): ReadonlyMap<string, QueryResult> => {
  const byId = new Map(queries.map((query) => [query.Id ?? '', query]));
  const done = new Map<string, QueryResult>();
  const open = new Set<string>();
  const periodMs = Math.max(
    minuteMs,
    ...queries.flatMap(({ MetricStat: metric }) => (metric ? [periodMsOf(metric.Period)] : [])),
  );
  const resultOf = (query: MetricDataQuery): QueryResult => {
    const id = query.Id ?? '';
    const known = done.get(id);
    if (known) return known;
    if (open.has(id)) throw validation(`Error in expression '${id}': it depends on itself`);
    open.add(id);
    const result = query.MetricStat
      ? metricResult(place, query, window)
      : expressionResult(query, { window, periodMs, valueOf: (other) => seriesOf(other) });
    done.set(id, result);
    return result;
  };
  const seriesOf = (id: string): MathValue | undefined => {
    const query = byId.get(id);
    return query && resultOf(query).series;
  };
  for (const query of queries) resultOf(query);
  return done;
};

const metricResult = (place: Place, query: MetricDataQuery, window: Window): QueryResult => {
  const stat = query.MetricStat;
  const metric = {
    namespace: stat?.Metric?.Namespace ?? '',
    name: stat?.Metric?.MetricName ?? '',
    dimensions: dimensionRecord(stat?.Metric?.Dimensions),
  };
  const isWrongUnit = stat?.Unit !== undefined && stat.Unit !== unitOf(place, metric);
  const periodMs = periodMsOf(stat?.Period);
  const periods = isWrongUnit
    ? []
    : readPeriods(place, { metric, ...window, from: Math.floor(window.from / periodMs) * periodMs, periodMs });
  const points = periods.flatMap((period): [number, number][] => {
    const value = statisticOf(period, stat?.Stat ?? '');
    return value === undefined ? [] : [[period.at, value]];
  });
  return { id: query.Id ?? '', label: query.Label ?? metric.name, series: new Map(points) };
};

const expressionResult = (
  query: MetricDataQuery,
  of: {
    readonly window: Window;
    readonly periodMs: number;
    readonly valueOf: (id: string) => MathValue | undefined;
  },
): QueryResult => {
  const { window, periodMs } = of;
  const moments: number[] = [];
  for (let at = Math.floor(window.from / periodMs) * periodMs; at < window.to; at += periodMs) moments.push(at);
  const id = query.Id ?? '';
  try {
    const value = evaluateExpression(query.Expression ?? '', { valueOf: of.valueOf, moments });
    const series = typeof value === 'number' ? new Map(moments.map((at): [number, number] => [at, value])) : value;
    return { id, label: query.Label ?? id, series };
  } catch (error) {
    if (error instanceof ExpressionError)
      throw validation(`Error in expression '${id}' [${query.Expression}]: ${error.message}`);
    throw error;
  }
};

/**
 * CloudWatch's data: plain JSON, times in sandbox ms. Metrics of other services are not kept here: metrics.ts asks their
 * modules. data.ts and alarms.ts are the API, evaluate.ts changes alarms' states.
 */
import type { ComparisonOperator, Dimension, MetricDataQuery, Statistic } from '@aws-sdk/client-cloudwatch';
import { AwsError, type Call } from '../../service.js';
import type { MetricId, Place } from '../neighbours.js';

export type AlarmStateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface AlarmConfiguration {
  readonly description?: string;
  readonly okActions: readonly string[];
  readonly alarmActions: readonly string[];
  readonly insufficientDataActions: readonly string[];
  /** One metric, or expressions over several. */
  readonly metric?: {
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: readonly Dimension[];
    readonly statistic?: Statistic;
    readonly extendedStatistic?: string;
    readonly period: number;
    readonly unit?: string;
  };
  readonly metrics?: readonly MetricDataQuery[];
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm?: number;
  readonly threshold: number;
  readonly comparison: ComparisonOperator;
  readonly treatMissingData?: string;
}

export interface AlarmState {
  readonly name: string;
  readonly arn: string;
  configuration: AlarmConfiguration;
  configuredAt: number;
  actionsEnabled: boolean;
  tags: Record<string, string>;
  value: AlarmStateValue;
  reason: string;
  reasonData?: string;
  updatedAt: number;
  transitionedAt: number;
}

export interface HistoryItem {
  readonly id: number;
  readonly alarm: string;
  readonly at: number;
  readonly type: 'ConfigurationUpdate' | 'StateUpdate' | 'Action';
  readonly summary: string;
  readonly data: string;
}

/** `[minute since epoch, count, sum, min, max, [[value, count], …]]` */
export type StoredMinute = [number, number, number, number, number, [number, number][]];

export interface StoredMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Record<string, string>;
  unit?: string;
  /** Oldest first. */
  minutes: StoredMinute[];
}

export interface CloudWatchState {
  readonly alarms: Record<string, AlarmState>;
  /** Newest first. */
  readonly history: HistoryItem[];
  /** What PutMetricData brought, by `metricKey`. */
  readonly metrics: Record<string, StoredMetric>;
  /** The next evaluation of all alarms; absent while there is none. */
  timer?: number;
}

export const initialCloudWatch = (): CloudWatchState => ({ alarms: {}, history: [], metrics: {} });

export const cloudWatchState = ({ world, region }: Place): CloudWatchState =>
  world.service<CloudWatchState>(region, 'cloudwatch');

export const placeOf = ({ world, region }: Call): Place => ({ world, region });

export const ownOf = <T>(table: Readonly<Record<string, T>>, key: string | undefined): T | undefined =>
  key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;

export const dimensionRecord = (dimensions: readonly Dimension[] | undefined): Record<string, string> =>
  Object.fromEntries((dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));

export const metricKey = ({ namespace, name, dimensions }: MetricId): string =>
  JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** `ValidationError` to clients of the query protocol and of its time; the wire layer knows. */
export const validation = (message: string): AwsError => new AwsError('ValidationException', message);

export const invalidToken = (): AwsError => new AwsError('InvalidNextToken', 'The next token is invalid.');

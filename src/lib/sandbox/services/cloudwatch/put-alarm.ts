/** PutMetricAlarm: what an alarm may look like. */
import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { AwsError, type Call } from '../../service.js';
import type { Place } from '../neighbours.js';
import { scheduleEvaluation } from './evaluate.js';
import { addHistory } from './history.js';
import { isPercentile, minuteMs } from './metrics.js';
import { checkQueries, periodMsOf, runQueries } from './queries.js';
import { type AlarmConfiguration, type AlarmState, cloudWatchState, ownOf, placeOf, validation } from './state.js';
import { isSimpleComparison } from './verdict.js';

const statistics = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'];
const treatments = ['breaching', 'notBreaching', 'ignore', 'missing'];
const mostActions = 5;
const longestRangeMs = 86_400_000;

const notSimulated = (what: string): AwsError =>
  new AwsError('NotImplemented', `${what} is not part of the sandbox`, 501);

const oneMetric = (input: PutMetricAlarmInput): AlarmConfiguration['metric'] => {
  const { MetricName: name, Namespace: namespace, Statistic: statistic, ExtendedStatistic: extended } = input;
  if (!name || !namespace) throw validation('MetricName and Namespace are required unless Metrics is specified.');
  if ((statistic === undefined) === (extended === undefined))
    throw validation('Exactly one of Statistic and ExtendedStatistic must be specified.');
  if (statistic !== undefined && !statistics.includes(statistic))
    throw validation(
      `1 validation error detected: Value '${statistic}' at 'statistic' failed to satisfy constraint: Member must satisfy enum value set: [${statistics.join(', ')}]`,
    );
  if (extended !== undefined && !isPercentile(extended))
    throw validation(`The value ${extended} for parameter ExtendedStatistic is not supported.`);
  if (input.Period === undefined) throw validation('The parameter Period must be specified.');
  if ([10, 20, 30].includes(input.Period)) throw notSimulated('an alarm with a period of less than a minute');
  periodMsOf(input.Period);
  return {
    name,
    namespace,
    dimensions: input.Dimensions ?? [],
    ...(statistic !== undefined && { statistic }),
    ...(extended !== undefined && { extendedStatistic: extended }),
    period: input.Period,
    ...(input.Unit !== undefined && { unit: input.Unit }),
  };
};

const severalMetrics = (place: Place, input: PutMetricAlarmInput): AlarmConfiguration['metrics'] => {
  const queries = input.Metrics ?? [];
  if (input.MetricName !== undefined || input.Statistic !== undefined || input.Period !== undefined)
    throw validation('MetricName, Statistic and Period cannot be specified together with Metrics.');
  checkQueries(queries);
  if (queries.filter(({ ReturnData }) => ReturnData !== false).length !== 1)
    throw validation('Exactly one element of the metrics list should return data.');
  for (const { Period: period } of queries) periodMsOf(period);
  // An expression that cannot be read is refused now, not every minute.
  runQueries(place, queries, { from: place.world.now - minuteMs, to: place.world.now });
  return queries;
};

const checkNumbers = (input: PutMetricAlarmInput): void => {
  const { EvaluationPeriods: periods = 0, DatapointsToAlarm: needed } = input;
  if (!Number.isInteger(periods) || periods < 1)
    throw validation(
      `1 validation error detected: Value '${periods}' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1`,
    );
  if (needed !== undefined && (needed < 1 || needed > periods))
    throw validation('DatapointsToAlarm must be from 1 to the number of EvaluationPeriods.');
  if (periods * periodMsOf(input.Period) > longestRangeMs)
    throw validation('Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).');
  if (input.Threshold === undefined) throw validation('The parameter Threshold must be specified.');
  if (input.TreatMissingData !== undefined && !treatments.includes(input.TreatMissingData))
    throw validation(
      `The value ${input.TreatMissingData} for parameter TreatMissingData must be one of ${treatments.join(', ')}.`,
    );
};

const configurationOf = (place: Place, input: PutMetricAlarmInput): AlarmConfiguration => {
  if (input.EvaluationCriteria || input.ThresholdMetricId !== undefined)
    throw notSimulated('an alarm on PromQL or on an anomaly band');
  if (!isSimpleComparison(input.ComparisonOperator))
    throw validation(`The value ${input.ComparisonOperator} for parameter ComparisonOperator is not supported.`);
  checkNumbers(input);
  const lists = [input.OKActions, input.AlarmActions, input.InsufficientDataActions];
  for (const actions of lists) {
    if ((actions?.length ?? 0) > mostActions) throw validation(`At most ${mostActions} actions can be specified.`);
    for (const action of actions ?? [])
      if (!action.startsWith('arn:')) throw validation(`Invalid arn syntax: ${action}`);
  }
  const shape = input.Metrics?.length ? { metrics: severalMetrics(place, input) } : { metric: oneMetric(input) };
  return {
    ...(input.AlarmDescription !== undefined && { description: input.AlarmDescription }),
    okActions: input.OKActions ?? [],
    alarmActions: input.AlarmActions ?? [],
    insufficientDataActions: input.InsufficientDataActions ?? [],
    ...(shape as Pick<AlarmConfiguration, 'metric' | 'metrics'>),
    evaluationPeriods: input.EvaluationPeriods ?? 1,
    ...(input.DatapointsToAlarm !== undefined && { datapointsToAlarm: input.DatapointsToAlarm }),
    threshold: input.Threshold ?? 0,
    comparison: input.ComparisonOperator,
    ...(input.TreatMissingData !== undefined && { treatMissingData: input.TreatMissingData }),
  };
};

/** A new alarm begins in INSUFFICIENT_DATA; an existing one keeps its state and gets the whole configuration anew. */
export const putAlarm = (place: Place, input: PutMetricAlarmInput): void => {
  const { world, region } = place;
  const name = input.AlarmName ?? '';
  if (name.length < 1 || name.length > 255) throw validation('AlarmName must have from 1 to 255 characters.');
  const configuration = configurationOf(place, input);
  const { alarms } = cloudWatchState(place);
  const existing = ownOf(alarms, name);
  const alarm: AlarmState = {
    ...(existing ?? {
      name,
      arn: world.arn('cloudwatch', region, `alarm:${name}`),
      tags: Object.fromEntries((input.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
      value: 'INSUFFICIENT_DATA',
      reason: 'Unchecked: Initial alarm creation',
      updatedAt: world.now,
      transitionedAt: world.now,
    }),
    configuration,
    configuredAt: world.now,
    actionsEnabled: input.ActionsEnabled ?? true,
  };
  alarms[name] = alarm;
  addHistory(place, {
    alarm: name,
    type: 'ConfigurationUpdate',
    summary: `Alarm "${name}" ${existing ? 'updated' : 'created'}`,
    data: { version: '1.0', type: existing ? 'Update' : 'Create' },
  });
  if (!existing) world.record({ kind: 'state', region, subject: `alarm ${name}`, to: alarm.value });
  scheduleEvaluation(place);
};

export const putMetricAlarm = (input: PutMetricAlarmInput, call: Call): object => {
  putAlarm(placeOf(call), input);
  return {};
};

/** Alarms at work: evaluated every minute of AWS time while there is one, their changes recorded, their actions run. */
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../service.js';
import { timing } from '../../timings.js';
import type { World } from '../../world.js';
import { neighbour, type Place } from '../neighbours.js';
import type { Series } from './expression.js';
import { addHistory } from './history.js';
import { minuteMs, prepareMetrics, readPeriods, statisticOf, unitOf } from './metrics.js';
import { periodMsOf, runQueries } from './queries.js';
import { type AlarmState, type AlarmStateValue, cloudWatchState, dimensionRecord } from './state.js';
import { type Datapoint, type Verdict, verdictOf } from './verdict.js';

export const evaluationTimer = 'cloudwatch.evaluate';

/** Periods that are read beyond the evaluation periods, so that a gap does not decide at once. */
const extraPeriods = 2;

/** On whole minutes, and only while there are alarms. */
export const scheduleEvaluation = (place: Place): void => {
  const { world, region } = place;
  const state = cloudWatchState(place);
  if (state.timer !== undefined || Object.keys(state.alarms).length === 0) return;
  const every = timing('alarmEvaluation');
  state.timer = world.schedule(region, evaluationTimer, every - (world.now % every), {});
};

export const evaluateAlarms = (world: World, region: string): void => {
  const place = { world, region };
  const state = cloudWatchState(place);
  delete state.timer;
  prepareMetrics(place);
  for (const alarm of Object.values(state.alarms)) evaluate(place, alarm);
  scheduleEvaluation(place);
};

const evaluate = (place: Place, alarm: AlarmState): void => {
  const { configuration } = alarm;
  const verdict = verdictOf(configuration, alarm.value, datapointsOf(place, alarm));
  if (verdict.value !== alarm.value) {
    const { value, recent } = verdict;
    const reasonData = reasonDataOf(place, alarm, verdict);
    changeState(place, alarm, { value, reason: verdict.reason(), reasonData, recent });
    return;
  }
  // A scaling policy is asked again every minute for as long as the state lasts.
  if (alarm.value === 'ALARM' && alarm.actionsEnabled)
    for (const action of configuration.alarmActions)
      if (isScaling(action)) notifyPolicy(place, alarm, { action, value: verdict.recent[0]?.value });
};

/** The newest first, of periods that are over and whose metrics can be read. */
const datapointsOf = (place: Place, alarm: AlarmState): readonly Datapoint[] => {
  const { configuration } = alarm;
  const to = Math.floor((place.world.now - timing('metricDelay')) / minuteMs) * minuteMs;
  const periodMs = alarmPeriodMs(alarm);
  const from = to - (configuration.evaluationPeriods + extraPeriods) * periodMs;
  const { metric, metrics } = configuration;
  if (metrics)
    return [...seriesOf(place, metrics, { from, to })]
      .map(([at, value]) => ({ at, value }))
      .sort((a, b) => b.at - a.at);
  if (!metric) return [];
  const id = { namespace: metric.namespace, name: metric.name, dimensions: dimensionRecord(metric.dimensions) };
  if (metric.unit !== undefined && metric.unit !== unitOf(place, id)) return [];
  const statistic = metric.statistic ?? metric.extendedStatistic ?? 'Average';
  return readPeriods(place, { metric: id, from, to, periodMs, origin: to, isPrepared: true })
    .flatMap((data) => {
      const value = statisticOf(data, statistic);
      return value === undefined ? [] : [{ at: data.at, value }];
    })
    .sort((a, b) => b.at - a.at);
};

/** An expression that fails on the data of the moment gives no datapoints: a timer must never throw. */
const seriesOf = (
  place: Place,
  metrics: readonly MetricDataQuery[],
  window: { readonly from: number; readonly to: number },
): Series => {
  const wanted = metrics.find(({ ReturnData }) => ReturnData !== false) ?? metrics[0];
  try {
    return runQueries(place, metrics, { ...window, isPrepared: true }).get(wanted?.Id ?? '')?.series ?? new Map();
  } catch (error) {
    if (error instanceof AwsError) return new Map();
    throw error;
  }
};

const alarmPeriodMs = ({ configuration: { metric, metrics = [] } }: AlarmState): number =>
  metric
    ? periodMsOf(metric.period)
    : Math.max(minuteMs, ...metrics.map(({ MetricStat: stat, Period: period }) => periodMsOf(stat?.Period ?? period)));

const reasonDataOf = (place: Place, alarm: AlarmState, { recent }: Verdict): string => {
  const { metric, threshold } = alarm.configuration;
  const oldest = recent.at(-1);
  return JSON.stringify({
    version: '1.0',
    queryDate: place.world.date.toISOString(),
    ...(oldest && { startDate: new Date(oldest.at).toISOString() }),
    ...(metric && { statistic: metric.statistic ?? metric.extendedStatistic, period: metric.period }),
    recentDatapoints: recent.map(({ value }) => value).reverse(),
    threshold,
  });
};

/** Also what SetAlarmState does. */
export const changeState = (
  place: Place,
  alarm: AlarmState,
  change: {
    readonly value: AlarmStateValue;
    readonly reason: string;
    readonly reasonData?: string;
    readonly recent?: readonly Datapoint[];
  },
): void => {
  const { world, region } = place;
  const before = { stateValue: alarm.value, stateReason: alarm.reason };
  const isTransition = alarm.value !== change.value;
  alarm.value = change.value;
  alarm.reason = change.reason;
  if (change.reasonData === undefined) delete alarm.reasonData;
  else alarm.reasonData = change.reasonData;
  alarm.updatedAt = world.now;
  if (!isTransition) return;
  alarm.transitionedAt = world.now;
  addHistory(place, {
    alarm: alarm.name,
    type: 'StateUpdate',
    summary: `Alarm updated from ${before.stateValue} to ${alarm.value}`,
    data: { version: '1.0', oldState: before, newState: { stateValue: alarm.value, stateReason: alarm.reason } },
  });
  world.record({
    kind: 'state',
    region,
    subject: `alarm ${alarm.name}`,
    from: before.stateValue,
    to: alarm.value,
    cause: alarm.reason,
  });
  if (alarm.actionsEnabled) runActions(place, alarm, { before: before.stateValue, value: change.recent?.[0]?.value });
};

const actionsOf = ({ value, configuration }: AlarmState): readonly string[] => {
  switch (value) {
    case 'OK':
      return configuration.okActions;
    case 'ALARM':
      return configuration.alarmActions;
    case 'INSUFFICIENT_DATA':
      return configuration.insufficientDataActions;
  }
};

const isScaling = (action: string): boolean => action.split(':')[2] === 'autoscaling';

const runActions = (
  place: Place,
  alarm: AlarmState,
  of: { readonly before: AlarmStateValue; readonly value: number | undefined },
): void => {
  for (const action of actionsOf(alarm)) {
    const isDone = isScaling(action)
      ? notifyPolicy(place, alarm, { action, value: of.value })
      : notifyTopic(place, alarm, { action, before: of.before });
    addHistory(place, {
      alarm: alarm.name,
      type: 'Action',
      summary: `${isDone ? 'Successfully executed' : 'Failed to execute'} action ${action}`,
      data: {
        actionState: isDone ? 'Succeeded' : 'Failed',
        notificationResource: action,
        stateUpdateTimestamp: place.world.now,
      },
    });
  }
};

const notifyPolicy = (
  place: Place,
  alarm: AlarmState,
  of: { readonly action: string; readonly value: number | undefined },
): boolean =>
  neighbour(place.world, 'autoscaling').alarmed?.(place, {
    policyArn: of.action,
    alarm: alarm.name,
    state: alarm.value,
    // Somebody set the state by hand: there is no value, so the policy sees one just at the threshold.
    value: of.value ?? alarm.configuration.threshold,
    threshold: alarm.configuration.threshold,
  }) ?? false;

const notifyTopic = (
  place: Place,
  alarm: AlarmState,
  of: { readonly action: string; readonly before: AlarmStateValue },
): boolean => {
  const { world, region } = place;
  const { configuration } = alarm;
  return (
    neighbour(world, 'sns').publish?.(place, {
      topicArn: of.action,
      subject: `${alarm.value}: "${alarm.name}" in ${region}`,
      message: JSON.stringify({
        AlarmName: alarm.name,
        AlarmDescription: configuration.description ?? null,
        AWSAccountId: world.state.account,
        AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt).toISOString(),
        NewStateValue: alarm.value,
        NewStateReason: alarm.reason,
        StateChangeTime: world.date.toISOString(),
        Region: region,
        AlarmArn: alarm.arn,
        OldStateValue: of.before,
        OKActions: configuration.okActions,
        AlarmActions: configuration.alarmActions,
        InsufficientDataActions: configuration.insufficientDataActions,
        Trigger: triggerOf(alarm),
      }),
    }) ?? false
  );
};

const triggerOf = ({ configuration }: AlarmState): object => ({
  ...(configuration.metric && {
    MetricName: configuration.metric.name,
    Namespace: configuration.metric.namespace,
    Statistic: configuration.metric.statistic ?? configuration.metric.extendedStatistic,
    Dimensions: configuration.metric.dimensions.map(({ Name: name, Value: value }) => ({ name, value })),
    Period: configuration.metric.period,
  }),
  ...(configuration.metrics && { Metrics: configuration.metrics }),
  EvaluationPeriods: configuration.evaluationPeriods,
  ComparisonOperator: configuration.comparison,
  Threshold: configuration.threshold,
  TreatMissingData: configuration.treatMissingData ?? 'missing',
});

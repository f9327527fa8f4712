/** Alarms: listed, switched, set, deleted, tagged. */
import type {
  DeleteAlarmsInput,
  DescribeAlarmsForMetricInput,
  DescribeAlarmsInput,
  DisableAlarmActionsInput,
  ListTagsForResourceInput,
  MetricAlarm,
  SetAlarmStateInput,
  TagResourceInput,
  UntagResourceInput,
} from '@aws-sdk/client-cloudwatch';
import { pageOf } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import type { Place } from '../neighbours.js';
import { changeState } from './evaluate.js';
import { addHistory } from './history.js';
import {
  type AlarmState,
  cloudWatchState,
  dimensionRecord,
  invalidToken,
  metricKey,
  ownOf,
  placeOf,
  validation,
} from './state.js';

const view = ({ configuration, ...alarm }: AlarmState): MetricAlarm => ({
  AlarmName: alarm.name,
  AlarmArn: alarm.arn,
  ...(configuration.description !== undefined && { AlarmDescription: configuration.description }),
  AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
  ActionsEnabled: alarm.actionsEnabled,
  OKActions: [...configuration.okActions],
  AlarmActions: [...configuration.alarmActions],
  InsufficientDataActions: [...configuration.insufficientDataActions],
  StateValue: alarm.value,
  StateReason: alarm.reason,
  ...(alarm.reasonData !== undefined && { StateReasonData: alarm.reasonData }),
  StateUpdatedTimestamp: new Date(alarm.updatedAt),
  StateTransitionedTimestamp: new Date(alarm.transitionedAt),
  ...metricView(configuration.metric),
  ...(configuration.metrics && { Metrics: [...configuration.metrics] }),
  EvaluationPeriods: configuration.evaluationPeriods,
  ...(configuration.datapointsToAlarm !== undefined && { DatapointsToAlarm: configuration.datapointsToAlarm }),
  Threshold: configuration.threshold,
  ComparisonOperator: configuration.comparison,
  ...(configuration.treatMissingData !== undefined && { TreatMissingData: configuration.treatMissingData }),
});

const metricView = (metric: AlarmState['configuration']['metric']): Partial<MetricAlarm> =>
  metric
    ? {
        MetricName: metric.name,
        Namespace: metric.namespace,
        Dimensions: [...metric.dimensions],
        Period: metric.period,
        ...(metric.statistic !== undefined && { Statistic: metric.statistic }),
        ...(metric.extendedStatistic !== undefined && { ExtendedStatistic: metric.extendedStatistic }),
        ...(metric.unit !== undefined && { Unit: metric.unit as NonNullable<MetricAlarm['Unit']> }),
      }
    : {};

const byName = (alarms: Readonly<Record<string, AlarmState>>): readonly AlarmState[] =>
  Object.values(alarms).sort((a, b) => (a.name < b.name ? -1 : 1));

/** Composite alarms are not simulated, so there is never one in the answer. */
export const describeAlarms = (input: DescribeAlarmsInput, call: Call): object => {
  const names = input.AlarmNames;
  if (names?.length && input.AlarmNamePrefix !== undefined)
    throw validation('AlarmNames and AlarmNamePrefix cannot be specified together.');
  const limit = input.MaxRecords ?? 50;
  if (limit < 1 || limit > 100) throw validation('MaxRecords must be from 1 to 100.');
  const wantsMetricAlarms = input.AlarmTypes === undefined || input.AlarmTypes.includes('MetricAlarm');
  const isFamily = input.ChildrenOfAlarmName !== undefined || input.ParentsOfAlarmName !== undefined;
  const found = byName(cloudWatchState(placeOf(call)).alarms).filter(
    ({ name, value, configuration }) =>
      wantsMetricAlarms &&
      !isFamily &&
      (!names?.length || names.includes(name)) &&
      name.startsWith(input.AlarmNamePrefix ?? '') &&
      (input.StateValue === undefined || value === input.StateValue) &&
      (input.ActionPrefix === undefined ||
        [...configuration.okActions, ...configuration.alarmActions, ...configuration.insufficientDataActions].some(
          (action) => action.startsWith(input.ActionPrefix ?? ''),
        )),
  );
  const page = pageOf(found, { limit, token: input.NextToken, key: ({ name }) => name, invalid: invalidToken() });
  return {
    CompositeAlarms: [],
    MetricAlarms: page.items.map(view),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
};

export const describeAlarmsForMetric = (input: DescribeAlarmsForMetricInput, call: Call): object => {
  const wanted = metricKey({
    namespace: input.Namespace ?? '',
    name: input.MetricName ?? '',
    dimensions: dimensionRecord(input.Dimensions),
  });
  const found = byName(cloudWatchState(placeOf(call)).alarms).filter(({ configuration: { metric } }) => {
    if (!metric) return false;
    const key = metricKey({ ...metric, dimensions: dimensionRecord(metric.dimensions) });
    return (
      key === wanted &&
      (input.Statistic === undefined || metric.statistic === input.Statistic) &&
      (input.ExtendedStatistic === undefined || metric.extendedStatistic === input.ExtendedStatistic) &&
      (input.Period === undefined || metric.period === input.Period) &&
      (input.Unit === undefined || metric.unit === input.Unit)
    );
  });
  return { MetricAlarms: found.map(view) };
};

const notFound = (): AwsError => new AwsError('ResourceNotFound', 'Unknown', 404);

export const setAlarmState = (input: SetAlarmStateInput, call: Call): object => {
  const place = placeOf(call);
  const value = input.StateValue;
  if (value !== 'OK' && value !== 'ALARM' && value !== 'INSUFFICIENT_DATA')
    throw validation(
      `1 validation error detected: Value '${value}' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]`,
    );
  if (input.StateReasonData !== undefined && !isJson(input.StateReasonData))
    throw new AwsError('InvalidFormatFault', 'StateReasonData is not valid JSON.');
  const alarm = ownOf(cloudWatchState(place).alarms, input.AlarmName);
  if (!alarm) throw notFound();
  changeState(place, alarm, {
    value,
    reason: input.StateReason ?? '',
    ...(input.StateReasonData !== undefined && { reasonData: input.StateReasonData }),
  });
  return {};
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

export const dropAlarm = (place: Place, name: string): void => {
  const { alarms } = cloudWatchState(place);
  const alarm = ownOf(alarms, name);
  if (!alarm) return;
  delete alarms[name];
  addHistory(place, {
    alarm: name,
    type: 'ConfigurationUpdate',
    summary: `Alarm "${name}" deleted`,
    data: { version: '1.0', type: 'Delete' },
  });
  place.world.record({
    kind: 'state',
    region: place.region,
    subject: `alarm ${name}`,
    from: alarm.value,
    to: 'deleted',
  });
};

/** All of them or, when one is not there, none. */
export const deleteAlarms = (input: DeleteAlarmsInput, call: Call): object => {
  const place = placeOf(call);
  const names = input.AlarmNames ?? [];
  if (names.length > 100) throw validation('At most 100 alarms can be deleted in one request.');
  for (const name of names) if (!ownOf(cloudWatchState(place).alarms, name)) throw notFound();
  for (const name of names) dropAlarm(place, name);
  return {};
};

const switchActions =
  (actionsEnabled: boolean) =>
  (input: DisableAlarmActionsInput, call: Call): object => {
    const place = placeOf(call);
    for (const name of input.AlarmNames ?? []) {
      const alarm = ownOf(cloudWatchState(place).alarms, name);
      if (!alarm || alarm.actionsEnabled === actionsEnabled) continue;
      alarm.actionsEnabled = actionsEnabled;
      addHistory(place, {
        alarm: name,
        type: 'ConfigurationUpdate',
        summary: `Alarm "${name}" actions ${actionsEnabled ? 'enabled' : 'disabled'}`,
        data: { version: '1.0', type: 'Update' },
      });
    }
    return {};
  };

export const enableAlarmActions = switchActions(true);
export const disableAlarmActions = switchActions(false);

const byArn = (call: Call, arn: string | undefined): AlarmState => {
  const found = Object.values(cloudWatchState(placeOf(call)).alarms).find((alarm) => alarm.arn === arn);
  if (found) return found;
  throw new AwsError('ResourceNotFoundException', `The resource ${arn} does not exist.`, 404, {
    ResourceType: 'alarm',
    ResourceId: arn,
  });
};

export const tagResource = (input: TagResourceInput, call: Call): object => {
  const { tags } = byArn(call, input.ResourceARN);
  for (const { Key = '', Value = '' } of input.Tags ?? []) tags[Key] = Value;
  return {};
};

export const untagResource = (input: UntagResourceInput, call: Call): object => {
  const { tags } = byArn(call, input.ResourceARN);
  for (const key of input.TagKeys ?? []) delete tags[key];
  return {};
};

export const listTagsForResource = (input: ListTagsForResourceInput, call: Call): object => ({
  Tags: Object.entries(byArn(call, input.ResourceARN).tags).map(([Key, Value]) => ({ Key, Value })),
});

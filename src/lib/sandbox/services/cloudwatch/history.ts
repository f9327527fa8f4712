/** What happened to alarms: the newest hundred items of each. */
import type { DescribeAlarmHistoryInput } from '@aws-sdk/client-cloudwatch';
import { pageOf } from '../../paging.js';
import type { Call } from '../../service.js';
import type { Place } from '../neighbours.js';
import { cloudWatchState, type HistoryItem, invalidToken, placeOf, validation } from './state.js';

const keptPerAlarm = 100;

export const addHistory = (
  place: Place,
  item: { readonly alarm: string; readonly type: HistoryItem['type']; readonly summary: string; readonly data: object },
): void => {
  const { history } = cloudWatchState(place);
  const { alarm, type, summary } = item;
  const id = place.world.count(`alarm-history/${place.region}`);
  history.unshift({ id, alarm, at: place.world.now, type, summary, data: JSON.stringify(item.data) });
  const own = history.filter((each) => each.alarm === alarm);
  const oldest = own.length > keptPerAlarm ? own.at(-1) : undefined;
  if (oldest) history.splice(history.indexOf(oldest), 1);
};

const largestPage = 100;

export const describeAlarmHistory = (input: DescribeAlarmHistoryInput, call: Call): object => {
  const limit = input.MaxRecords ?? largestPage;
  if (limit < 1 || limit > largestPage) throw validation(`MaxRecords must be from 1 to ${largestPage}.`);
  const found = cloudWatchState(placeOf(call)).history.filter(
    (item) =>
      (input.AlarmName === undefined || item.alarm === input.AlarmName) &&
      (input.HistoryItemType === undefined || item.type === input.HistoryItemType) &&
      item.at >= (input.StartDate?.getTime() ?? 0) &&
      item.at <= (input.EndDate?.getTime() ?? Number.POSITIVE_INFINITY),
  );
  const page = pageOf(input.ScanBy === 'TimestampAscending' ? [...found].reverse() : found, {
    limit,
    token: input.NextToken,
    key: ({ id }) => String(id),
    invalid: invalidToken(),
  });
  return {
    AlarmHistoryItems: page.items.map(({ alarm, at, type, summary, data }) => ({
      AlarmName: alarm,
      AlarmType: 'MetricAlarm',
      Timestamp: new Date(at),
      HistoryItemType: type,
      HistorySummary: summary,
      HistoryData: data,
    })),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
};

/** CloudWatch metrics and alarms, simulated: start at metrics.ts for what can be read, evaluate.ts for what alarms do. */
import type { Handler, RateLimit } from '../../service.js';
import type { NeighbourlyModule } from '../neighbours.js';
import {
  deleteAlarms,
  describeAlarms,
  describeAlarmsForMetric,
  disableAlarmActions,
  dropAlarm,
  enableAlarmActions,
  listTagsForResource,
  setAlarmState,
  tagResource,
  untagResource,
} from './alarms.js';
import { getMetricData, getMetricStatistics, listMetrics } from './data.js';
import { evaluateAlarms, evaluationTimer } from './evaluate.js';
import { describeAlarmHistory } from './history.js';
import { putAlarm, putMetricAlarm } from './put-alarm.js';
import { putMetricData } from './put-data.js';
import { initialCloudWatch } from './state.js';

const operations: Readonly<Record<string, Handler>> = {
  PutMetricAlarm: putMetricAlarm,
  DescribeAlarms: describeAlarms,
  DescribeAlarmsForMetric: describeAlarmsForMetric,
  DescribeAlarmHistory: describeAlarmHistory,
  SetAlarmState: setAlarmState,
  DeleteAlarms: deleteAlarms,
  EnableAlarmActions: enableAlarmActions,
  DisableAlarmActions: disableAlarmActions,
  GetMetricData: getMetricData,
  GetMetricStatistics: getMetricStatistics,
  ListMetrics: listMetrics,
  PutMetricData: putMetricData,
  TagResource: tagResource,
  UntagResource: untagResource,
  ListTagsForResource: listTagsForResource,
};

const bucket = (perSecond: number, ...names: readonly string[]): RateLimit => ({
  operations: names,
  perSecond,
  burst: perSecond,
  code: 'Throttling',
});

/** From CloudWatch's service quotas. */
const limits: readonly RateLimit[] = [
  bucket(9, 'DescribeAlarms'),
  bucket(3, 'PutMetricAlarm'),
  ...[
    'DeleteAlarms',
    'DescribeAlarmHistory',
    'DescribeAlarmsForMetric',
    'DisableAlarmActions',
    'EnableAlarmActions',
    'SetAlarmState',
  ].map((name) => bucket(3, name)),
  bucket(50, 'GetMetricData'),
  bucket(400, 'GetMetricStatistics'),
  bucket(25, 'ListMetrics'),
  bucket(500, 'PutMetricData'),
];

export const cloudWatchModule = (): NeighbourlyModule => ({
  id: 'cloudwatch',
  signingName: 'monitoring',
  actionPrefix: 'cloudwatch',
  target: 'GraniteServiceVersion20100801',
  loadSchema: () => import('@aws-sdk/client-cloudwatch'),
  initial: initialCloudWatch,
  operations,
  timers: { [evaluationTimer]: (world, region) => evaluateAlarms(world, region) },
  limits,
  neighbour: {
    putAlarm: (place, input) => putAlarm(place, input as Parameters<typeof putAlarm>[1]),
    deleteAlarm: dropAlarm,
  },
});

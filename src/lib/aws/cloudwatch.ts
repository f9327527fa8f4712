/** The CloudWatch gateway: the state of alarms. Reads only. */
import { atMost, inBatches } from './batches.js';
import type { AwsClients } from './clients.js';

export interface Alarm {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** In CloudWatch's words. */
  readonly reason?: string | undefined;
  readonly sinceMs?: number | undefined;
}

export interface CloudWatchGateway {
  /** By name; an alarm that does not exist is left out. */
  alarms(names: readonly string[]): Promise<ReadonlyMap<string, Alarm>>;
}

const namesPerCall = 100;
const callsAtOnce = 4;

interface Answered {
  readonly AlarmName?: string | undefined;
  readonly StateValue?: string | undefined;
  readonly StateReason?: string | undefined;
  readonly StateTransitionedTimestamp?: Date | undefined;
  readonly StateUpdatedTimestamp?: Date | undefined;
}

const toAlarm = (alarm: Answered): Alarm => ({
  name: alarm.AlarmName ?? '',
  state: alarm.StateValue === 'OK' || alarm.StateValue === 'ALARM' ? alarm.StateValue : 'INSUFFICIENT_DATA',
  reason: alarm.StateReason,
  sinceMs: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.getTime(),
});

export const createCloudWatchGateway = (clients: AwsClients): CloudWatchGateway => ({
  alarms: async (names) => {
    const unique = [...new Set(names)];
    if (unique.length === 0) return new Map();
    const { DescribeAlarmsCommand } = await import('@aws-sdk/client-cloudwatch');
    const client = await clients.read('cloudwatch');
    const answers = await atMost(callsAtOnce, inBatches(unique, namesPerCall), (batch) =>
      client.send(
        new DescribeAlarmsCommand({
          AlarmNames: [...batch],
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          MaxRecords: namesPerCall,
        }),
      ),
    );
    const found = answers.flatMap((answer) => [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])]);
    return new Map(found.map((alarm) => [alarm.AlarmName ?? '', toAlarm(alarm)]));
  },
});

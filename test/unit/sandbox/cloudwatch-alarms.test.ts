import { describe, expect, it } from 'vitest';
import type { AlarmConfiguration, AlarmStateValue } from '../../../src/lib/sandbox/services/cloudwatch/state.js';
import { verdictOf } from '../../../src/lib/sandbox/services/cloudwatch/verdict.js';
import { refusal } from '../../helpers/service-world.js';
import { DailyScenario } from './daily-scenario.js';

const configuration = (extra: Partial<AlarmConfiguration>): AlarmConfiguration => ({
  okActions: [],
  alarmActions: [],
  insufficientDataActions: [],
  evaluationPeriods: 3,
  threshold: 1,
  comparison: 'GreaterThanThreshold',
  ...extra,
});

/** `X` breaches, `0` does not, `-` is missing; the newest last, as in AWS's guide. */
const verdict = (picture: string, extra: Partial<AlarmConfiguration>, current: AlarmStateValue = 'OK') =>
  verdictOf(
    configuration(extra),
    current,
    [...picture]
      .map((sign, index) => ({ sign, at: index * 60_000 }))
      .filter(({ sign }) => sign !== '-')
      .map(({ sign, at }) => ({ at, value: sign === 'X' ? 2 : 0 }))
      .reverse(),
  );

describe("an alarm's verdict", () => {
  // The examples of AWS's guide for 3 out of 3 datapoints, with 5 in the evaluation range: missing, ignore, breaching, notBreaching.
  it.each([
    ['0-X-X', 'OK', 'OK', 'OK', 'OK'],
    ['0----', 'OK', 'OK', 'OK', 'OK'],
    ['-----', 'INSUFFICIENT_DATA', 'keep', 'ALARM', 'OK'],
    ['0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['--X--', 'ALARM', 'keep', 'ALARM', 'OK'],
  ])('of %s is %s when missing, %s when ignored, %s when breaching, %s when not', (picture, ...expected) => {
    const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'];
    const got = treatments.map((treatMissingData) => {
      const values = (['OK', 'ALARM'] as const).map((current) => verdict(picture, { treatMissingData }, current).value);
      return values[0] === values[1] ? values[0] : 'keep';
    });
    expect(got).toEqual(expected);
  });

  it('counts M out of N', () => {
    expect(verdict('X0X', { datapointsToAlarm: 2 }).value).toBe('ALARM');
    expect(verdict('00X', { datapointsToAlarm: 2 }).value).toBe('OK');
    expect(verdict('X0X', {}).value).toBe('OK');
  });

  it.each([
    ['GreaterThanThreshold', 1, 'OK'],
    ['GreaterThanOrEqualToThreshold', 1, 'ALARM'],
    ['LessThanThreshold', 1, 'OK'],
    ['LessThanOrEqualToThreshold', 1, 'ALARM'],
    ['LessThanThreshold', 0.5, 'ALARM'],
  ] as const)('compares: %s with %s is %s', (comparison, value, expected) => {
    expect(verdictOf(configuration({ comparison, evaluationPeriods: 1 }), 'OK', [{ at: 0, value }]).value).toBe(
      expected,
    );
  });

  it("says it in AWS's words", () => {
    expect(verdict('0XX', { datapointsToAlarm: 2 }).reason()).toBe(
      'Threshold Crossed: 2 out of the last 3 datapoints [2.0 (01/01/70 00:02:00), 2.0 (01/01/70 00:01:00), 0.0 (01/01/70 00:00:00)] were greater than the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).',
    );
    expect(verdict('---', { treatMissingData: 'missing' }).reason()).toBe(
      'Insufficient Data: 3 datapoints were unknown.',
    );
    expect(verdict('-', { evaluationPeriods: 1, treatMissingData: 'breaching' }).reason()).toBe(
      'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching].',
    );
  });
});

describe('an alarm', () => {
  it('goes off on a bad release, publishes, writes its history, and comes back', () => {
    const scenario = new DailyScenario(5);
    const { TopicArn } = scenario.sns('CreateTopic', { Name: 'alerts' });
    scenario.alarm('api-5xx', { AlarmActions: [TopicArn], OKActions: [TopicArn] });
    expect(scenario.stateOf('api-5xx')).toBe('INSUFFICIENT_DATA');
    scenario.minutes(2);
    expect(scenario.stateOf('api-5xx')).toBe('OK');
    scenario.update({ taskDefinition: scenario.register('v2-errors') });
    scenario.settle();
    scenario.minutes(5);
    expect(scenario.stateOf('api-5xx')).toBe('ALARM');
    scenario.update({ taskDefinition: scenario.register('v3') });
    scenario.settle();
    scenario.minutes(6);
    expect(scenario.stateOf('api-5xx')).toBe('OK');
    const { AlarmHistoryItems } = scenario.cloudwatch('DescribeAlarmHistory', {
      AlarmName: 'api-5xx',
      ScanBy: 'TimestampAscending',
    });
    expect(AlarmHistoryItems.map((item: { HistorySummary: string }) => item.HistorySummary)).toEqual([
      'Alarm "api-5xx" created',
      'Alarm updated from INSUFFICIENT_DATA to OK',
      `Successfully executed action ${TopicArn}`,
      'Alarm updated from OK to ALARM',
      `Successfully executed action ${TopicArn}`,
      'Alarm updated from ALARM to OK',
      `Successfully executed action ${TopicArn}`,
    ]);
    const states = scenario.world.state.timeline.flatMap((entry) =>
      entry.kind === 'state' && entry.subject === 'alarm api-5xx' ? [entry.to] : [],
    );
    expect(states).toEqual(['INSUFFICIENT_DATA', 'OK', 'ALARM', 'OK']);
  });

  it('is evaluated on whole minutes while there is one, and costs no timer afterwards', () => {
    const scenario = new DailyScenario();
    const evaluations = () => scenario.world.state.timers.filter(({ kind }) => kind === 'cloudwatch.evaluate');
    expect(evaluations()).toEqual([]);
    scenario.seconds(17);
    scenario.alarm('a');
    scenario.alarm('b');
    expect(evaluations()).toHaveLength(1);
    expect((evaluations()[0]?.at ?? 1) % 60_000).toBe(0);
    scenario.minutes(30);
    expect(evaluations()).toHaveLength(1);
    scenario.cloudwatch('DeleteAlarms', { AlarmNames: ['a', 'b'] });
    scenario.minutes(2);
    expect(evaluations()).toEqual([]);
  });

  it('over a rate of two metrics', () => {
    const scenario = new DailyScenario(5);
    const stat = (MetricName: string): object => ({
      Metric: { Namespace: 'AWS/ApplicationELB', MetricName, Dimensions: scenario.group() },
      Period: 60,
      Stat: 'Sum',
    });
    scenario.cloudwatch('PutMetricAlarm', {
      AlarmName: 'rate',
      Metrics: [
        { Id: 'e', MetricStat: stat('HTTPCode_Target_5XX_Count'), ReturnData: false },
        { Id: 'r', MetricStat: stat('RequestCount'), ReturnData: false },
        { Id: 'rate', Expression: '100*FILL(e,0)/r', ReturnData: true },
      ],
      EvaluationPeriods: 2,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    scenario.minutes(6);
    expect(scenario.stateOf('rate')).toBe('OK');
    scenario.update({ taskDefinition: scenario.register('v2-errors') });
    scenario.settle();
    scenario.minutes(5);
    expect(scenario.stateOf('rate')).toBe('ALARM');
  });

  it('over an expression that nobody can read is refused, and one that fails on its data has no datapoints', async () => {
    const scenario = new DailyScenario();
    const put = (Expression: string) =>
      scenario.cloudwatch('PutMetricAlarm', {
        AlarmName: 'math',
        Metrics: [
          {
            Id: 'q',
            MetricStat: { Metric: { Namespace: 'Shop', MetricName: 'Queue' }, Period: 60, Stat: 'Sum' },
            ReturnData: false,
          },
          { Id: 'e', Expression },
        ],
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: 'GreaterThanThreshold',
      });
    for (const expression of ['q +', 'RATE(q)', 'unknown + 1'])
      expect(await refusal((async () => put(expression))())).toMatch(/^ValidationException: Error in expression 'e'/);
    expect(scenario.cloudwatch('DescribeAlarms', {}).MetricAlarms).toEqual([]);
    // MAX of a series with points is a number, and FILL wants a series.
    put('FILL(MAX(q), 0)');
    for (let minute = 0; minute < 5; minute += 1) {
      scenario.put(9);
      scenario.minutes(1);
    }
    expect(scenario.stateOf('math')).toBe('INSUFFICIENT_DATA');
    put('q * 1');
    scenario.put(9);
    scenario.minutes(2);
    expect(scenario.stateOf('math')).toBe('ALARM');
  });

  it('with longer periods looks at the last ones that are over', () => {
    const scenario = new DailyScenario();
    scenario.alarm('queue', {
      Namespace: 'Shop',
      MetricName: 'Queue',
      Dimensions: [],
      Period: 300,
      Statistic: 'Maximum',
      EvaluationPeriods: 1,
      DatapointsToAlarm: 1,
    });
    scenario.minutes(3);
    scenario.put(50);
    scenario.minutes(3);
    expect(scenario.stateOf('queue')).toBe('ALARM');
    scenario.minutes(20);
    expect(scenario.stateOf('queue')).toBe('OK');
  });

  it('can be set by hand, runs its actions then, and finds back by itself', () => {
    const scenario = new DailyScenario();
    const { TopicArn } = scenario.sns('CreateTopic', { Name: 'alerts' });
    scenario.alarm('api-5xx', { AlarmActions: [TopicArn, 'arn:aws:lambda:eu-central-1:123456789012:function:x'] });
    scenario.minutes(1);
    const set = { AlarmName: 'api-5xx', StateValue: 'ALARM', StateReason: 'a rehearsal' };
    scenario.cloudwatch('SetAlarmState', set);
    const [alarm] = scenario.cloudwatch('DescribeAlarms', { StateValue: 'ALARM' }).MetricAlarms;
    expect(alarm).toMatchObject({ AlarmName: 'api-5xx', StateReason: 'a rehearsal' });
    const actions = scenario
      .cloudwatch('DescribeAlarmHistory', { HistoryItemType: 'Action' })
      .AlarmHistoryItems.map((item: { HistorySummary: string }) => item.HistorySummary.split(' action')[0]);
    expect(actions).toEqual(['Failed to execute', 'Successfully executed']);
    scenario.minutes(1);
    expect(scenario.stateOf('api-5xx')).toBe('OK');
  });

  it('is quiet while its actions are switched off', () => {
    const scenario = new DailyScenario();
    const { TopicArn } = scenario.sns('CreateTopic', { Name: 'alerts' });
    scenario.alarm('a', { AlarmActions: [TopicArn] });
    scenario.cloudwatch('DisableAlarmActions', { AlarmNames: ['a'] });
    scenario.cloudwatch('SetAlarmState', { AlarmName: 'a', StateValue: 'ALARM', StateReason: 'x' });
    const published = () =>
      scenario.world.state.timeline.filter((entry) => entry.kind === 'event' && entry.subject === 'topic alerts')
        .length;
    expect(published()).toBe(0);
    scenario.cloudwatch('EnableAlarmActions', { AlarmNames: ['a'] });
    scenario.cloudwatch('SetAlarmState', { AlarmName: 'a', StateValue: 'OK', StateReason: 'x' });
    scenario.cloudwatch('SetAlarmState', { AlarmName: 'a', StateValue: 'ALARM', StateReason: 'x' });
    expect(published()).toBe(1);
  });

  it('is found by name, prefix, state and metric, in pages', () => {
    const scenario = new DailyScenario();
    for (const name of ['web-2', 'web-1', 'api-1']) scenario.alarm(name);
    const names = (input: object, operation = 'DescribeAlarms'): string[] =>
      scenario.cloudwatch(operation, input).MetricAlarms.map((alarm: { AlarmName: string }) => alarm.AlarmName);
    expect(names({})).toEqual(['api-1', 'web-1', 'web-2']);
    expect(names({ AlarmNamePrefix: 'web' })).toEqual(['web-1', 'web-2']);
    expect(names({ AlarmNames: ['api-1', 'gone'] })).toEqual(['api-1']);
    expect(names({ StateValue: 'ALARM' })).toEqual([]);
    expect(names({ AlarmTypes: ['CompositeAlarm'] })).toEqual([]);
    const metric = { Namespace: 'AWS/ApplicationELB', MetricName: 'HTTPCode_Target_5XX_Count' };
    expect(names({ ...metric, Dimensions: scenario.group() }, 'DescribeAlarmsForMetric')).toHaveLength(3);
    expect(names({ ...metric, Dimensions: scenario.balancer() }, 'DescribeAlarmsForMetric')).toEqual([]);
    const first = scenario.cloudwatch('DescribeAlarms', { MaxRecords: 2 });
    expect(first.MetricAlarms).toHaveLength(2);
    expect(names({ MaxRecords: 2, NextToken: first.NextToken })).toEqual(['web-2']);
  });

  it('keeps its state, arn and tags when it is put again', () => {
    const scenario = new DailyScenario();
    scenario.alarm('a', { Tags: [{ Key: 'team', Value: 'shop' }] });
    scenario.minutes(1);
    scenario.alarm('a', { Threshold: 99 });
    const [alarm] = scenario.cloudwatch('DescribeAlarms', {}).MetricAlarms;
    expect(alarm).toMatchObject({ StateValue: 'OK', Threshold: 99 });
    expect(scenario.cloudwatch('ListTagsForResource', { ResourceARN: alarm.AlarmArn }).Tags).toEqual([
      { Key: 'team', Value: 'shop' },
    ]);
  });

  it.each([
    [{ Threshold: undefined }, 'ValidationException: The parameter Threshold'],
    [{ EvaluationPeriods: 0 }, 'ValidationException: 1 validation error'],
    [{ DatapointsToAlarm: 4 }, 'ValidationException: DatapointsToAlarm'],
    [{ Period: 45 }, 'ValidationException: The parameter Period'],
    [{ Period: 86_400 }, 'ValidationException: Metrics cannot be checked across more than a day'],
    [{ Period: 10 }, 'NotImplemented: '],
    [{ Statistic: undefined }, 'ValidationException: Exactly one of Statistic'],
    [{ TreatMissingData: 'maybe' }, 'ValidationException: The value maybe'],
    [{ AlarmActions: ['alerts'] }, 'ValidationException: Invalid arn'],
    [{ ComparisonOperator: 'Near' }, 'ValidationException: The value Near'],
  ])('is refused: %j', async (input, text) => {
    const scenario = new DailyScenario();
    const answer = await refusal((async () => scenario.alarm('a', input))());
    expect(answer).toContain(text);
    expect(scenario.cloudwatch('DescribeAlarms', {}).MetricAlarms).toEqual([]);
  });

  it('that is not there cannot be set or deleted', async () => {
    const scenario = new DailyScenario();
    scenario.alarm('a');
    const set = { AlarmName: 'gone', StateValue: 'OK', StateReason: 'x' };
    expect(await refusal((async () => scenario.cloudwatch('SetAlarmState', set))())).toContain('ResourceNotFound');
    const names = { AlarmNames: ['a', 'gone'] };
    expect(await refusal((async () => scenario.cloudwatch('DeleteAlarms', names))())).toContain('ResourceNotFound');
    expect(scenario.stateOf('a')).toBeDefined();
  });

  it('survives a snapshot, evaluation included', () => {
    const scenario = new DailyScenario(5);
    scenario.alarm('api-5xx');
    const saved = scenario.world.snapshot();
    scenario.minutes(3);
    expect(scenario.stateOf('api-5xx')).toBe('OK');
    scenario.world.restore(saved);
    expect(scenario.stateOf('api-5xx')).toBe('INSUFFICIENT_DATA');
    scenario.minutes(3);
    expect(scenario.stateOf('api-5xx')).toBe('OK');
  });

  it('happens in the same order however fast the time goes', () => {
    const run = (step: number): string[] => {
      const scenario = new DailyScenario(5);
      scenario.alarm('api-5xx');
      scenario.update({ taskDefinition: scenario.register('v2-errors') });
      for (let passed = 0; passed < 900; passed += step) scenario.seconds(step);
      return scenario.timeline();
    };
    expect(run(1)).toEqual(run(300));
  });
});

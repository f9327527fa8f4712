import { describe, expect, it } from 'vitest';
import { evaluateExpression } from '../../../src/lib/sandbox/services/cloudwatch/expression.js';
import { refusal } from '../../helpers/service-world.js';
import { DailyScenario } from './daily-scenario.js';

const refused = (scenario: DailyScenario, operation: string, input: object): Promise<string> =>
  refusal((async () => scenario.cloudwatch(operation, input))());

describe('metrics of the balancer', () => {
  it('count the requests of each minute, after AWS has had its minute to publish them', () => {
    const scenario = new DailyScenario(5);
    scenario.minutes(10);
    scenario.values('RequestCount', 'Sum');
    scenario.minutes(10);
    const counts = scenario.values('RequestCount', 'Sum', { minutes: 6 });
    // Of six minutes the newest one or two are not there yet.
    expect(counts).toEqual(Array(5).fill(300));
    scenario.seconds(59);
    expect(scenario.values('RequestCount', 'Sum', { minutes: 6 })).toHaveLength(5);
    expect(scenario.values('HTTPCode_Target_2XX_Count', 'Sum', { minutes: 3 })[0]).toBe(300);
    expect(scenario.values('RequestCount', 'Sum', { minutes: 6, dimensions: scenario.balancer() })).toEqual(
      scenario.values('RequestCount', 'Sum', { minutes: 6 }),
    );
    expect(scenario.values('RequestCountPerTarget', 'Sum', { minutes: 3 })[0]).toBe(150);
  });

  it('tell the errors of a bad release, and nothing where there are none', () => {
    const scenario = new DailyScenario(5);
    scenario.minutes(5);
    expect(scenario.values('HTTPCode_Target_5XX_Count', 'Sum')).toEqual([]);
    scenario.update({ taskDefinition: scenario.register('v2-errors') });
    scenario.settle();
    scenario.minutes(6);
    expect(scenario.values('HTTPCode_Target_5XX_Count', 'Sum', { minutes: 4 })[0]).toBe(300);
    expect(scenario.values('HTTPCode_Target_2XX_Count', 'Sum', { minutes: 4 })).toEqual([]);
    expect(scenario.values('HTTPCode_ELB_5XX_Count', 'Sum', { minutes: 4 })).toEqual([]);
  });

  it("tell the balancer's own errors when a service has no tasks", () => {
    const scenario = new DailyScenario(5);
    scenario.minutes(2);
    scenario.update({ desiredCount: 0 });
    scenario.minutes(1);
    // The last target drains for 20 seconds: until then requests have somewhere to go.
    expect(scenario.values('HTTPCode_ELB_5XX_Count', 'Sum')).toEqual([]);
    scenario.minutes(5);
    expect(scenario.values('UnHealthyHostCount', 'Maximum', { minutes: 3 })[0]).toBe(0);
    expect(scenario.values('HealthyHostCount', 'Maximum', { minutes: 3 })[0]).toBe(0);
    expect(scenario.values('HealthyHostCount', 'Maximum', { minutes: 10 })[0]).toBe(2);
  });

  it('give response times in seconds, with percentiles in order', () => {
    const scenario = new DailyScenario(20);
    scenario.minutes(3);
    scenario.values('TargetResponseTime', 'p50');
    scenario.minutes(10);
    const at = (stat: string): number => scenario.values('TargetResponseTime', stat, { minutes: 5 })[0] ?? Number.NaN;
    // Built-in containers answer in 4 to 48 ms, evenly; buckets are a quarter wide.
    expect(at('Average')).toBeGreaterThan(0.024);
    expect(at('Average')).toBeLessThan(0.028);
    expect(at('p50')).toBeGreaterThan(0.02);
    expect(at('p50')).toBeLessThan(0.033);
    expect(at('p90')).toBeGreaterThan(at('p50'));
    expect(at('p99')).toBeGreaterThanOrEqual(at('p90'));
    expect(at('p99')).toBeGreaterThan(0.038);
    expect(at('p99')).toBeLessThan(0.06);
    expect(at('SampleCount')).toBe(1_200);
  });

  it('leave the log as it is: reading metrics takes no line away', () => {
    const lines = (reads: boolean): number => {
      const scenario = new DailyScenario(5);
      scenario.call('FilterLogEvents', { logGroupName: '/shop/api' }, 'logs');
      for (let minute = 0; minute < 4; minute += 1) {
        scenario.minutes(1);
        if (reads) scenario.values('RequestCount', 'Sum');
      }
      return scenario.call('FilterLogEvents', { logGroupName: '/shop/api', filterPattern: 'GET' }, 'logs').events
        .length;
    };
    expect(lines(false)).toBeGreaterThan(1_000);
    expect(lines(true)).toBe(lines(false));
  });
});

describe('metrics of services', () => {
  it('are CPU and memory of the running tasks: more load, more CPU', () => {
    const cpu = (requestsPerSecond: number): number => {
      const scenario = new DailyScenario(requestsPerSecond);
      scenario.minutes(2);
      scenario.values('CPUUtilization', 'Average');
      scenario.minutes(6);
      expect(scenario.values('CPUUtilization', 'SampleCount', { minutes: 4 })[0]).toBe(2);
      return scenario.values('CPUUtilization', 'Average', { minutes: 4 })[0] ?? Number.NaN;
    };
    expect(cpu(0)).toBeLessThan(5);
    // 2.5 requests a second of 20 ms each on a quarter of a vCPU.
    expect(cpu(5)).toBeGreaterThan(20);
    expect(cpu(5)).toBeLessThan(26);
    expect(cpu(100)).toBe(100);
  });

  it('end when the tasks end', () => {
    const scenario = new DailyScenario();
    scenario.update({ desiredCount: 0 });
    scenario.minutes(10);
    expect(scenario.values('MemoryUtilization', 'Average', { minutes: 5 })).toEqual([]);
    expect(scenario.values('MemoryUtilization', 'Average', { minutes: 15 }).length).toBeGreaterThan(0);
  });
});

describe('GetMetricData', () => {
  const query = (Id: string, MetricName: string, scenario: DailyScenario, extra: object = {}): object => ({
    Id,
    MetricStat: {
      Metric: { Namespace: 'AWS/ApplicationELB', MetricName, Dimensions: scenario.group() },
      Period: 60,
      Stat: 'Sum',
    },
    ReturnData: false,
    ...extra,
  });
  const windowOf = (scenario: DailyScenario, minutes: number): object => ({
    StartTime: new Date(scenario.world.now - minutes * 60_000),
    EndTime: new Date(scenario.world.now),
  });

  it('computes an error rate from two metrics, newest first', () => {
    const scenario = new DailyScenario(5);
    scenario.minutes(3);
    scenario.update({ taskDefinition: scenario.register('v2-errors') });
    scenario.settle();
    scenario.minutes(5);
    const { MetricDataResults } = scenario.cloudwatch('GetMetricData', {
      MetricDataQueries: [
        { Id: 'rate', Expression: '100 * FILL(errors, 0) / requests', Label: 'error rate' },
        query('errors', 'HTTPCode_Target_5XX_Count', scenario),
        query('requests', 'RequestCount', scenario),
      ],
      ...windowOf(scenario, 20),
    });
    expect(MetricDataResults).toHaveLength(1);
    const [rate] = MetricDataResults;
    expect(rate).toMatchObject({ Id: 'rate', Label: 'error rate', StatusCode: 'Complete' });
    expect(rate.Values[0]).toBe(100);
    expect(rate.Values.at(-1)).toBe(0);
    const times = rate.Timestamps.map((at: Date) => at.getTime());
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it('goes on where a page ended', () => {
    const scenario = new DailyScenario(5);
    scenario.minutes(10);
    const ask = (extra: object) =>
      scenario.cloudwatch('GetMetricData', {
        MetricDataQueries: [query('m1', 'RequestCount', scenario, { ReturnData: true })],
        ...windowOf(scenario, 10),
        ...extra,
      });
    const all = ask({}).MetricDataResults[0].Values;
    expect(all.length).toBeGreaterThan(5);
    const first = ask({ MaxDatapoints: 5 });
    expect(first.MetricDataResults[0].StatusCode).toBe('PartialData');
    const rest = ask({ MaxDatapoints: 100, NextToken: first.NextToken });
    expect([...first.MetricDataResults[0].Values, ...rest.MetricDataResults[0].Values]).toEqual(all);
    expect(rest.NextToken).toBeUndefined();
  });

  it.each([
    [[{ Id: 'a', Expression: 'SEARCH(...)' }], "Error in expression 'a'"],
    [[{ Id: 'a', Expression: 'b + 1' }], "there is no query with the id 'b'"],
    [[{ Id: 'a', Expression: 'a + 1' }], 'it depends on itself'],
    [[{ Id: 'a', Expression: 'RATE(1)' }], 'the function RATE with 1 parameters is not part of the sandbox'],
    [[{ Id: 'A', Expression: '1' }], "query Id 'A' is not valid"],
    [
      [
        { Id: 'a', Expression: '1' },
        { Id: 'a', Expression: '2' },
      ],
      'not unique',
    ],
    [[{ Id: 'a' }], 'Exactly one of MetricStat and Expression'],
  ])('refuses %j', async (MetricDataQueries, text) => {
    const scenario = new DailyScenario();
    const answer = await refused(scenario, 'GetMetricData', { MetricDataQueries, ...windowOf(scenario, 10) });
    expect(answer).toMatch(/^ValidationException: /);
    expect(answer).toContain(text);
  });
});

describe('metric math', () => {
  const series = (...values: readonly number[]) => new Map(values.map((value, at): [number, number] => [at, value]));
  const evaluate = (text: string): number[] | number => {
    const value = evaluateExpression(text, {
      valueOf: (id) => ({ m1: series(2, 4, 6), m2: series(1, 2), none: series() })[id],
      moments: [0, 1, 2],
    });
    return typeof value === 'number' ? value : [...value.values()];
  };

  it.each([
    ['m1/m2', [2, 2]],
    ['m1 + m2 * 10', [12, 24]],
    ['(m1 + m2) * 10', [30, 60]],
    ['-m1 ^ 2', [-4, -16, -36]],
    ['2 ^ 3 ^ 0', 2],
    ['10 - 3 - 2', 5],
    ['m1 / (m2 - 1)', [4]],
    ['FILL(m2, 7)', [1, 2, 7]],
    ['FILL(none, 0)', [0, 0, 0]],
    ['IF(m1 > 3, m1, 0)', [0, 4, 6]],
    ['IF(m1 > 3 AND m1 < 6, 1, 0)', [0, 1, 0]],
    ['SUM([m1, m2])', [3, 6, 6]],
    ['MAX(m1)', 6],
    ['AVG(m1) + 0.5', 4.5],
    ['1e3', 1_000],
  ])('%s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });

  it.each([
    '',
    '1 +',
    '(1',
    '1)',
    'm9',
    'm1 m2',
    '$',
    `${'('.repeat(60)}1${')'.repeat(60)}`,
    'FILL(m1)',
    'SUM([m1',
  ])('refuses %j', (text) => {
    expect(() => evaluate(text)).toThrow();
  });
});

describe('metrics of one’s own', () => {
  it('are added up by the minute and read at once, in any statistic', () => {
    const scenario = new DailyScenario();
    scenario.cloudwatch('PutMetricData', {
      Namespace: 'Shop',
      MetricData: [
        { MetricName: 'Orders', Value: 3, Unit: 'Count', Dimensions: [{ Name: 'Store', Value: 'north' }] },
        { MetricName: 'Orders', Values: [1, 9], Counts: [8, 1], Dimensions: [{ Name: 'Store', Value: 'north' }] },
      ],
    });
    const ask = (extra: object) =>
      scenario.cloudwatch('GetMetricStatistics', {
        Namespace: 'Shop',
        MetricName: 'Orders',
        Dimensions: [{ Name: 'Store', Value: 'north' }],
        StartTime: new Date(scenario.world.now - 300_000),
        EndTime: new Date(scenario.world.now + 60_000),
        Period: 60,
        ...extra,
      });
    const { Datapoints, Label } = ask({
      Statistics: ['Sum', 'SampleCount', 'Average', 'Minimum', 'Maximum'],
      ExtendedStatistics: ['p50', 'p99'],
    });
    expect(Label).toBe('Orders');
    expect(Datapoints).toEqual([
      {
        Timestamp: new Date(Math.floor(scenario.world.now / 60_000) * 60_000),
        Unit: 'Count',
        Sum: 20,
        SampleCount: 10,
        Average: 2,
        Minimum: 1,
        Maximum: 9,
        ExtendedStatistics: { p50: 1, p99: 9 },
      },
    ]);
    expect(ask({ Statistics: ['Sum'], Unit: 'Seconds' }).Datapoints).toEqual([]);
    expect(ask({ Statistics: ['Sum'], Dimensions: [] }).Datapoints).toEqual([]);
  });

  it('are listed with those of the services, by filter', () => {
    const scenario = new DailyScenario(5);
    scenario.put(1);
    scenario.minutes(5);
    const list = (input: object): string[] =>
      scenario.cloudwatch('ListMetrics', input).Metrics.map((metric: { MetricName: string }) => metric.MetricName);
    expect(list({ Namespace: 'Shop' })).toEqual(['Queue']);
    expect(list({ Namespace: 'AWS/ECS' })).toEqual(['CPUUtilization', 'MemoryUtilization']);
    const elb = list({ Namespace: 'AWS/ApplicationELB', Dimensions: [{ Name: 'TargetGroup' }] });
    expect(elb).toContain('RequestCount');
    expect(elb).toContain('HealthyHostCount');
    expect(elb).not.toContain('HTTPCode_Target_5XX_Count');
    expect(list({ MetricName: 'Nope' })).toEqual([]);
  });

  it.each([
    [{ Namespace: 'AWS/ECS', MetricData: [{ MetricName: 'x', Value: 1 }] }, 'AWS/'],
    [{ Namespace: 'Shop', MetricData: [{ MetricName: 'x' }] }, 'needs a Value'],
    [{ Namespace: 'Shop', MetricData: [{ MetricName: 'x', Value: Number.NaN }] }, 'finite'],
    [{ Namespace: 'Shop', MetricData: [{ MetricName: 'x', Value: 1, Timestamp: new Date(0) }] }, 'two weeks'],
  ])('are refused when they make no sense: %j', async (input, text) => {
    const scenario = new DailyScenario();
    const answer = await refused(scenario, 'PutMetricData', input);
    expect(answer).toMatch(/^InvalidParameterValueException: /);
    expect(answer).toContain(text);
    expect(scenario.cloudwatch('ListMetrics', { Namespace: 'Shop' }).Metrics).toEqual([]);
  });
});

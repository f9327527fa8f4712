import { describe, expect, it } from 'vitest';
import { nextTime, parseSchedule } from '../../../src/lib/sandbox/services/autoscaling/schedule.js';
import { refusal } from '../../helpers/service-world.js';
import { DailyScenario, scalable } from './daily-scenario.js';

const next = (schedule: string, after: string, timezone = 'UTC'): string | undefined => {
  const at = nextTime(parseSchedule(schedule), { after: Date.parse(after), timezone, origin: Date.parse(after) });
  return at === undefined ? undefined : new Date(at).toISOString().slice(0, 19);
};

describe('the next time of a schedule', () => {
  it.each([
    ['at(2026-03-01T20:00:00)', '2026-02-01T00:00:00Z', 'UTC', '2026-03-01T20:00:00'],
    ['at(2026-03-01T20:00:00)', '2026-03-01T20:00:00Z', 'UTC', undefined],
    ['at(2026-03-01T20:00:00)', '2026-02-01T00:00:00Z', 'America/Sao_Paulo', '2026-03-01T23:00:00'],
    ['rate(15 minutes)', '2026-02-01T00:07:00Z', 'UTC', '2026-02-01T00:22:00'],
    ['rate(1 day)', '2026-02-01T00:07:00Z', 'UTC', '2026-02-02T00:07:00'],
    ['cron(0 20 * * ? *)', '2026-02-01T19:59:59Z', 'UTC', '2026-02-01T20:00:00'],
    ['cron(0 20 * * ? *)', '2026-02-01T20:00:00Z', 'UTC', '2026-02-02T20:00:00'],
    ['cron(0 20 ? * MON-FRI *)', '2026-01-30T21:00:00Z', 'UTC', '2026-02-02T20:00:00'],
    ['cron(0 8 ? * 2 *)', '2026-02-01T00:00:00Z', 'UTC', '2026-02-02T08:00:00'],
    ['cron(0/15 8 * * ? *)', '2026-02-01T08:20:00Z', 'UTC', '2026-02-01T08:30:00'],
    ['cron(30 6,18 1 JAN,JUL ? *)', '2026-02-01T00:00:00Z', 'UTC', '2026-07-01T06:30:00'],
    ['cron(0 0 L * ? *)', '2026-02-01T00:00:00Z', 'UTC', '2026-02-28T00:00:00'],
    ['cron(0 0 29 2 ? *)', '2026-02-01T00:00:00Z', 'UTC', '2028-02-29T00:00:00'],
    ['cron(0 0 1 1 ? 2020)', '2026-02-01T00:00:00Z', 'UTC', undefined],
    // 28 March 2027: the clocks of Berlin skip from 2 to 3.
    ['cron(30 2 * * ? *)', '2027-03-27T02:00:00Z', 'Europe/Berlin', '2027-03-29T00:30:00'],
    ['cron(0 20 * * ? *)', '2027-03-28T00:00:00Z', 'Europe/Berlin', '2027-03-28T18:00:00'],
    // 31 October 2027: 2:30 comes twice there, the action once.
    ['cron(30 12 * * ? *)', '2027-10-31T00:00:00Z', 'Europe/Berlin', '2027-10-31T11:30:00'],
  ])('%s after %s in %s is %s', (schedule, after, timezone, expected) => {
    expect(next(schedule, after, timezone)).toBe(expected);
  });

  it.each([
    '',
    'cron(0 20 * *)',
    'cron(60 0 * * ? *)',
    'cron(0 0 ? * NOP *)',
    'rate(0 minutes)',
    'rate(2 weeks)',
    'at(soon)',
  ])('refuses %j', (schedule) => {
    expect(() => parseSchedule(schedule)).toThrow(/Invalid schedule expression/);
  });
});

describe('a scheduled action', () => {
  const start = (range: object = { MinCapacity: 1, MaxCapacity: 4 }): DailyScenario => {
    const scenario = new DailyScenario();
    scenario.scaling('RegisterScalableTarget', { ...scalable, ...range });
    return scenario;
  };
  const put = (scenario: DailyScenario, input: object): void => {
    scenario.scaling('PutScheduledAction', { ...scalable, ...input });
  };
  const range = (scenario: DailyScenario) => {
    const [target] = scenario.scaling('DescribeScalableTargets', { ServiceNamespace: 'ecs' }).ScalableTargets;
    return [target.MinCapacity, target.MaxCapacity, scenario.service().desiredCount];
  };

  it('stops a service in the evening and starts it in the morning, day after day', () => {
    const scenario = start();
    const zero = { MinCapacity: 0, MaxCapacity: 0 };
    put(scenario, { ScheduledActionName: 'night', Schedule: 'cron(0 20 * * ? *)', ScalableTargetAction: zero });
    const day = { MinCapacity: 2, MaxCapacity: 4 };
    put(scenario, { ScheduledActionName: 'morning', Schedule: 'cron(0 6 * * ? *)', ScalableTargetAction: day });
    // It is a little after 9 in the morning.
    for (const expected of [
      [0, 0, 0],
      [2, 4, 2],
      [0, 0, 0],
      [2, 4, 2],
    ]) {
      scenario.minutes(12 * 60);
      expect(range(scenario)).toEqual(expected);
    }
    const [latest] = scenario.scaling('DescribeScalingActivities', { ServiceNamespace: 'ecs' }).ScalingActivities;
    expect(latest.Cause).toBe('minimum capacity was set to 2, by scheduled action morning');
  });

  it('does nothing while scheduled scaling is suspended, nor outside of its dates, nor once it is deleted', () => {
    const scenario = start({ MinCapacity: 1, MaxCapacity: 4, SuspendedState: { ScheduledScalingSuspended: true } });
    const zero = { MinCapacity: 0, MaxCapacity: 0 };
    put(scenario, { ScheduledActionName: 'often', Schedule: 'rate(10 minutes)', ScalableTargetAction: zero });
    scenario.minutes(30);
    expect(range(scenario)).toEqual([1, 4, 2]);
    put(scenario, { ScheduledActionName: 'often', EndTime: new Date(scenario.world.now - 1) });
    scenario.scaling('RegisterScalableTarget', { ...scalable, SuspendedState: { ScheduledScalingSuspended: false } });
    scenario.minutes(30);
    expect(range(scenario)).toEqual([1, 4, 2]);
    put(scenario, { ScheduledActionName: 'other', Schedule: 'rate(10 minutes)', ScalableTargetAction: zero });
    scenario.scaling('DeleteScheduledAction', { ...scalable, ScheduledActionName: 'other' });
    scenario.minutes(30);
    expect(range(scenario)).toEqual([1, 4, 2]);
  });

  it('fires at its new time only when its schedule was changed', () => {
    const scenario = start();
    const soon = { ScheduledActionName: 'x', ScalableTargetAction: { MinCapacity: 3 } };
    put(scenario, { ...soon, Schedule: 'rate(10 minutes)' });
    put(scenario, { ...soon, Schedule: 'rate(1 hour)' });
    scenario.minutes(30);
    expect(range(scenario)).toEqual([1, 4, 2]);
    scenario.minutes(31);
    expect(range(scenario)).toEqual([3, 4, 3]);
  });

  it('is refused with a schedule or a time zone that does not exist', async () => {
    const scenario = start();
    const action = { ScheduledActionName: 'x', Schedule: 'rate(1 hour)', ScalableTargetAction: { MinCapacity: 1 } };
    const refused = (extra: object): Promise<string> => refusal((async () => put(scenario, { ...action, ...extra }))());
    expect(await refused({ Schedule: 'tomorrow' })).toContain('ValidationException: Invalid schedule expression');
    expect(await refused({ Timezone: 'Mars/Olympus' })).toContain('ValidationException: Invalid timezone');
    expect(await refused({ Schedule: 'cron(0 0 ? * 2#1 *)' })).toContain('NotImplemented');
    expect(scenario.scaling('DescribeScheduledActions', { ServiceNamespace: 'ecs' }).ScheduledActions).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { manualClock, type RealTime, scaledClock } from '../../../src/lib/sandbox/clock.js';
import { network, newWorld, Scenario } from './ecs-scenario.js';

/** Real time for a test: it passes when `pass` is called, and then runs the timers that are due, in order. */
class TestTime implements RealTime {
  now = 0;
  sleeps = 0;
  private timers: { at: number; action: () => void }[] = [];

  readonly monotonicMs = (): number => this.now;
  readonly setTimer = (action: () => void, delayMs: number): unknown => {
    const timer = { at: this.now + delayMs, action };
    this.sleeps += 1;
    this.timers.push(timer);
    return timer;
  };
  readonly clearTimer = (timer: unknown): void => {
    this.timers = this.timers.filter((each) => each !== timer);
  };

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.clearTimer(due);
      this.now = Math.max(this.now, due.at);
      due.action();
    }
    this.now = end;
  }

  get pending(): number {
    return this.timers.length;
  }
}

interface Pace {
  readonly name: string;
  /** Makes time pass, in AWS seconds. */
  readonly begin: (scenario: Scenario) => (seconds: number) => void;
}

const scaled = (speed: number): Pace => ({
  name: `${speed}×`,
  begin: (scenario) => {
    const time = new TestTime();
    const clock = scaledClock(scenario.world, { speed, time });
    return (seconds) => {
      time.pass((seconds * 1_000) / speed);
      clock.sync();
    };
  },
});

const paces: readonly Pace[] = [
  { name: 'manual', begin: (scenario) => (seconds) => scenario.seconds(seconds) },
  scaled(1),
  scaled(60),
  scaled(600),
];

/** Calls at the same AWS times: first deployment, a bad release, a good one, scaling. */
const story = (pace: Pace): string[] => {
  const scenario = new Scenario().prepare();
  const pass = pace.begin(scenario);
  scenario.create('v1');
  pass(240);
  scenario.update({ taskDefinition: scenario.register('v2-bad') });
  pass(360);
  scenario.update({ taskDefinition: scenario.register('v3') });
  pass(60);
  scenario.update({ desiredCount: 4 });
  scenario.call('RunTask', { cluster: 'shop', taskDefinition: 'api', networkConfiguration: network });
  pass(600);
  expect(scenario.deployment().status).toBe('SUCCESSFUL');
  return scenario.timeline();
};

describe('a scaled clock', () => {
  it.each(
    paces.slice(1),
  )('at $name gives the events of the manual clock, in the same order and at the same times', (pace) => {
    const [manual] = paces;
    expect(story(pace)).toEqual(manual ? story(manual) : []);
  });

  it('sleeps until the next timer, and not at all when there is none', () => {
    const time = new TestTime();
    const world = newWorld();
    scaledClock(world, { speed: 60, time });
    expect(time.pending).toBe(0);
    const scenario = new Scenario(world).prepare();
    expect(time.pending).toBe(1);
    scenario.create('v1');
    expect(time.pending).toBe(1);
    time.pass(300_000);
    const busy = time.sleeps;
    time.pass(3_600_000);
    expect(time.sleeps).toBe(busy);
    expect(scenario.service().runningCount).toBe(2);
  });

  it('stands still while it is held, and goes on from there', () => {
    const time = new TestTime();
    const world = newWorld();
    const clock = scaledClock(world, { speed: 600, time });
    time.pass(100);
    const release = clock.hold();
    const again = clock.hold();
    const stopped = world.now;
    time.pass(5_000);
    clock.sync();
    expect(world.now).toBe(stopped);
    release();
    release();
    clock.sync();
    expect(world.now).toBe(stopped);
    again();
    time.pass(10);
    clock.sync();
    expect(world.now).toBe(stopped + 6_000);
  });

  it('takes up the time of a state that was restored while it was held', () => {
    const time = new TestTime();
    const world = newWorld();
    const clock = scaledClock(world, { speed: 60, time });
    const snapshot = world.snapshot();
    const began = world.now;
    time.pass(10_000);
    clock.sync();
    const release = clock.hold();
    world.restore(snapshot);
    release();
    clock.sync();
    expect(world.now).toBe(began);
  });

  it('ends its timers when it is stopped', () => {
    const time = new TestTime();
    const world = newWorld();
    const clock = scaledClock(world, { speed: 60, time });
    new Scenario(world).prepare();
    clock.stop();
    expect(time.pending).toBe(0);
    const at = world.now;
    time.pass(10_000);
    expect(world.now).toBe(at);
  });

  it.each([0, 0.5, 601, Number.NaN])('refuses the speed %d', (speed) => {
    expect(() => scaledClock(newWorld(), { speed })).toThrow(/between 1 and 600/);
  });
});

describe('a manual clock', () => {
  it('goes as far as it was told once the last hold is released', () => {
    const world = newWorld();
    const clock = manualClock(world);
    const began = world.now;
    const release = clock.hold();
    clock.advance(5_000);
    expect(world.now).toBe(began);
    release();
    expect(world.now).toBe(began + 5_000);
    clock.advanceTo(began + 7_000);
    expect(world.now).toBe(began + 7_000);
  });

  it('stops at the timer that takes a hold', () => {
    const scenario = new Scenario().prepare();
    scenario.create('v1');
    const stop = scenario.world.onRecord((entry) => {
      if (entry.kind === 'state' && entry.to === 'PENDING' && entry.subject.startsWith('task'))
        held ??= scenario.clock.hold();
    });
    let held: (() => void) | undefined;
    const began = scenario.world.now;
    scenario.seconds(300);
    const at = scenario.world.now;
    expect(at).toBeLessThan(began + 30_000);
    stop();
    held?.();
    expect(scenario.world.now).toBe(began + 300_000);
    expect(scenario.service().runningCount).toBe(2);
  });
});

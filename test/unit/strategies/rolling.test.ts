import { describe, expect, it } from 'vitest';
import { rolling } from '../../../src/lib/strategies/rolling.js';
import type { Change, DeploymentStatus, Facts, Observation } from '../../../src/lib/strategies/strategy.js';

const seen = (overrides: Partial<Observation> = {}): Observation => ({
  atMs: 60_000,
  startedAtMs: 0,
  deadlineMs: 900_000,
  onTimeout: 'rollback',
  earlier: 'completed',
  desired: 2,
  breaker: { enabled: true, rollback: true },
  running: 1,
  pending: 1,
  healthy: 0,
  failures: [],
  ...overrides,
});

const deployment = (status: DeploymentStatus, breaker?: string): Observation['deployment'] => ({
  status,
  ...(breaker ? { failures: { status: breaker, count: 3, threshold: 3 } } : {}),
});

const at = (status: DeploymentStatus, overrides: Partial<Observation> = {}, breaker?: string): Observation => {
  const found = deployment(status, breaker);
  return seen({ ...(found ? { deployment: found } : {}), ...overrides });
};

const newer = { newer: { taskDefinition: 'arn:td:9' } };
const equal = (count: number) => ({ failures: [{ signature: 'container api exited with 1', count }] });
const off = { breaker: { enabled: false, rollback: false } };
const late = { atMs: 900_000 };

describe('judging a rolling deployment', () => {
  it.each<[string, Observation, object]>([
    ['not listed yet', seen({ running: 0, pending: 0 }), { kind: 'going', phase: 'starting' }],
    ['not listed yet, and somebody was faster', seen(newer), { kind: 'failed', outcome: 'superseded' }],
    ['pending', at('PENDING', { running: 0, pending: 0 }), { kind: 'going', phase: 'starting' }],
    ['in progress', at('IN_PROGRESS'), { kind: 'going', phase: 'rolling-out' }],
    ['in progress, replaced', at('IN_PROGRESS', newer), { kind: 'failed', outcome: 'superseded' }],
    ['successful', at('SUCCESSFUL'), { kind: 'succeeded' }],
    ['successful, and another one since', at('SUCCESSFUL', newer), { kind: 'succeeded' }],
    ['asked to roll back', at('ROLLBACK_REQUESTED'), { kind: 'going', phase: 'rolling-back' }],
    ['asked to stop', at('STOP_REQUESTED'), { kind: 'going', phase: 'rolling-back' }],
    [
      'rolling back',
      at('ROLLBACK_IN_PROGRESS', { ...late, ...off, ...equal(9) }),
      { kind: 'going', phase: 'rolling-back' },
    ],
    [
      'rolled back by the breaker',
      at('ROLLBACK_SUCCESSFUL', {}, 'TRIGGERED'),
      { outcome: 'rolled-back', code: 'breaker-rolled-back' },
    ],
    [
      'rolled back by a person',
      at('ROLLBACK_SUCCESSFUL', {}, 'MONITORING_COMPLETE'),
      { outcome: 'rolled-back', code: 'rolled-back' },
    ],
    ['rolled back, and another one since', at('ROLLBACK_SUCCESSFUL', newer), { outcome: 'rolled-back' }],
    ['a failed roll-back', at('ROLLBACK_FAILED'), { outcome: 'rollback-failed' }],
    ['a failed roll-back that somebody has deployed over', at('ROLLBACK_FAILED', newer), { outcome: 'superseded' }],
    [
      'a first deployment that ECS cannot roll back',
      at('ROLLBACK_FAILED', { earlier: 'none' }),
      { code: 'nothing-to-go-back-to' },
    ],
    ['stopped by a person', at('STOPPED'), { outcome: 'stopped' }],
    ['stopped by a newer one', at('STOPPED', newer), { outcome: 'superseded' }],
    ['stopped by a breaker that does not roll back', at('STOPPED', {}, 'TRIGGERED'), { code: 'breaker-stopped' }],
    ['two equal failures, no breaker', at('IN_PROGRESS', { ...off, ...equal(2) }), { kind: 'going' }],
    [
      'three equal failures, no breaker',
      at('IN_PROGRESS', { ...off, ...equal(3) }),
      { kind: 'failed', code: 'same-failure' },
    ],
    ['three equal failures, the service’s breaker on', at('IN_PROGRESS', equal(3)), { kind: 'going' }],
    ['the deadline without a healthy task', at('IN_PROGRESS', late), { kind: 'failed', code: 'not-ready-in-time' }],
    ['the deadline with a healthy task', at('IN_PROGRESS', { ...late, healthy: 1 }), { kind: 'going' }],
    ['just before the deadline', at('IN_PROGRESS', { atMs: 899_999 }), { kind: 'going' }],
    ['the deadline, to be left alone', at('IN_PROGRESS', { ...late, onTimeout: 'leave' }), { kind: 'going' }],
    ['the deadline of a service that wants no task', at('IN_PROGRESS', { ...late, desired: 0 }), { kind: 'going' }],
  ])('%s', (_what, observation, verdict) => {
    expect(rolling.judge(undefined, observation)).toMatchObject(verdict);
  });

  it('names no outcome where the world was not restored, so that the step’s undo acts', () => {
    for (const observation of [
      at('IN_PROGRESS', late),
      at('IN_PROGRESS', { ...off, ...equal(3) }),
      at('STOPPED', {}, 'TRIGGERED'),
    ]) {
      expect(rolling.judge(undefined, observation)).not.toHaveProperty('outcome');
    }
  });
});

const change: Change = {
  runId: '01run',
  purpose: 'deploy',
  service: 'api',
  cluster: 'shop',
  serviceName: 'shop-api',
  release: { kind: 'register', family: 'shop-api', source: { kind: 'rendered', definition: {} }, tags: {} },
  deadlineMs: 900_000,
  onTimeout: 'rollback',
  needs: ['tag[db]'],
  undoScope: 'chain',
  shown: { before: 'a', after: 'b', breaker: 'on' },
};

const facts: Facts = {
  live: { taskDefinition: 'arn:td:1', deploymentId: 'ecs-svc/1', desiredCount: 2 },
  completed: 'arn:td:1',
  breaker: { enabled: true, rollback: true },
};

const step = (id: string, over: { change?: Partial<Change>; facts?: Facts } = {}) => {
  const found = rolling.plan({ ...change, ...over.change }, over.facts ?? facts).find((one) => one.id === id);
  if (found?.kind !== 'action') throw new Error(`no step ${id}`);
  return found;
};

describe('planning a rolling deployment', () => {
  it('registers, updates, tests and records, one after the other', () => {
    const smoke = { kind: 'http', url: '/health', expectStatus: 200, timeoutMs: 1_000, attempts: 2 } as const;
    const steps = rolling.plan({ ...change, smoke }, facts);
    expect(steps.map(({ id, needs }) => [id, needs])).toEqual([
      ['register[api]', ['tag[db]']],
      ['update[api]', ['register[api]']],
      ['smoke[api]', ['update[api]']],
      ['tag[api]', ['smoke[api]']],
    ]);
  });

  it('expects the world that it was planned for', () => {
    expect(step('update[api]').expects).toEqual(facts.live);
  });

  it('never carries a desired count to UpdateService', () => {
    expect(step('update[api]').with).not.toHaveProperty('desiredCount');
  });

  it('goes back to what had completed, or scales a first deployment to 0', () => {
    expect(step('update[api]').undo).toMatchObject({ uses: 'ecs.stop-deployment@1' });
    const { completed: _none, ...first } = facts;
    expect(step('update[api]', { facts: first }).undo).toMatchObject({
      uses: 'ecs.scale-service@1',
      with: { desiredCount: 0 },
    });
  });

  it('lets the engine’s own time-out pause the run only where nothing is to be rolled back', () => {
    expect(step('update[api]', { change: { onTimeout: 'leave' } }).timeoutMs).toBe(900_000);
    expect(step('update[api]').timeoutMs).toBeGreaterThan(900_000);
  });

  it('does not say "worked" of a service that ran no task', () => {
    const asleep = { ...facts, live: { ...facts.live, desiredCount: 0 } };
    expect(rolling.plan(change, asleep).map(({ id }) => id)).toEqual(['register[api]', 'update[api]']);
  });
});

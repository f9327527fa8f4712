import { describe, expect, it } from 'vitest';
import { parseCounts } from '../../../src/lib/capacity/parse-counts.js';
import { type CountChange, dangerOf, planScale, rangeFor } from '../../../src/lib/capacity/plan-scale.js';

const change = (overrides: Partial<CountChange> = {}): CountChange => ({
  kind: 'change',
  service: 'api',
  serviceName: 'shop-staging-api',
  cluster: 'shop-staging',
  before: 2,
  asked: 6,
  range: { min: 1, max: 4 },
  movedTo: { min: 1, max: 6 },
  picture: { taskDefinition: 'arn:td:1', deploymentId: 'ecs-svc/1', desiredCount: 2 },
  deadlineMs: 60_000,
  ...overrides,
});

const planOf = (changes: readonly CountChange[], onTimeout: 'undo' | 'leave' = 'undo', isProtected = false) =>
  planScale({
    runId: '01j0000000000000000000api0',
    nowMs: 0,
    target: { account: '123456789012', region: 'eu-west-1', environment: 'staging', project: 'shop' },
    isProtected,
    changes,
    onTimeout,
  });

describe('the range', () => {
  it.each([
    [3, undefined],
    [1, undefined],
    [4, undefined],
    [6, { min: 1, max: 6 }],
    [0, { min: 0, max: 4 }],
  ])('for %s tasks of 1 to 4', (count, expected) => {
    expect(rangeFor({ min: 1, max: 4 }, count)).toEqual(expected);
  });
});

describe('the plan', () => {
  it('moves the range before the count, and takes both back in the other order', () => {
    const { steps } = planOf([change()]);
    expect(steps.map(({ id, needs }) => [id, needs])).toEqual([
      ['bounds[api]', []],
      ['scale[api]', ['bounds[api]']],
    ]);
    expect(steps.map((step) => (step.kind === 'action' && 'uses' in step.undo ? step.undo.uses : 'none'))).toEqual([
      'autoscaling.set-bounds@1',
      'ecs.change-count@1',
    ]);
  });

  it('shows only the bound that moves', () => {
    const [bounds] = planOf([change()]).steps;
    expect(bounds?.kind === 'action' && bounds.preview.changes).toEqual([{ field: 'max', before: '4', after: '6' }]);
  });

  it('locks, names and diagnoses only what changes', () => {
    const idle = change({ kind: 'unchanged', service: 'web', asked: 2, movedTo: null });
    const plan = planOf([change({ range: null, movedTo: null }), idle]);
    expect(plan.locks).toEqual([{ kind: 'service', service: 'api' }]);
    expect(plan.steps.map(({ id }) => id)).toEqual(['scale[api]']);
    expect(plan.finally.map(({ id }) => id)).toEqual(['diagnose[api]']);
    expect(Object.keys(plan.inputs['services'] as object)).toEqual(['api', 'web']);
  });

  it('gives a count that is left alone its deadline as the time-out, any other more', () => {
    const timeouts = (['leave', 'undo'] as const).map((onTimeout) => {
      const step = planOf([change()], onTimeout).steps[1];
      return step?.kind === 'action' ? step.timeoutMs : 0;
    });
    expect(timeouts[0]).toBe(60_000);
    expect(timeouts[1]).toBeGreaterThan(60_000);
  });

  it('asks for the name in a protected environment, whatever the count', () => {
    expect(planOf([change()], 'undo', true).danger).toBe('type-name');
  });

  it.each([
    [2, 0, 'confirm'],
    [0, 0, 'none'],
    [4, 1, 'none'],
    [1, 4, 'none'],
  ])('from %s to %s: %s', (before, asked, danger) => {
    expect(dangerOf([{ before, asked }])).toBe(danger);
  });
});

describe('counts', () => {
  it('are read as typed', () => {
    expect(parseCounts(['api=4', 'workers=0'])).toEqual([
      { service: 'api', count: 4 },
      { service: 'workers', count: 0 },
    ]);
  });

  it.each([
    [[]],
    [['api']],
    [['api=1e3']],
    [['api= 2']],
    [['api=99999999999999999999']],
    [['api=1', 'api=1']],
  ])('are refused: %j', (words) => {
    expect(() => parseCounts(words)).toThrow();
  });
});

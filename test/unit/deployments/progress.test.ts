import { describe, expect, it } from 'vitest';
import { progressRows } from '../../../src/lib/deployments/progress.js';
import type { RunView, StepView } from '../../../src/lib/engine/view.js';

const step = (id: string, state: StepView['state'], needs: readonly string[] = []): StepView =>
  ({ step: { id, chain: 'api', needs, kind: 'action' }, state, attempt: 1, observed: [] }) as unknown as StepView;

const view = (...steps: readonly StepView[]): RunView =>
  ({
    plan: { inputs: { services: { api: { kind: 'change', service: 'api' } } }, steps: steps.map((one) => one.step) },
    steps: new Map(steps.map((one) => [one.step.id, one])),
  }) as unknown as RunView;

const poll = {
  desired: 4,
  running: 2,
  old: 3,
  healthy: 1,
  targets: { healthy: 1, total: 2 },
  failures: { count: 1, threshold: 3 },
};

describe('the row of a service', () => {
  it('says whom it waits for', () => {
    expect(progressRows(view(step('update[api]', 'pending', ['tag[db]'])), new Map())).toMatchObject([
      { label: 'api', what: 'waiting for db', state: 'waiting' },
    ]);
  });

  it('shows new and old tasks, target health and failures while it rolls', () => {
    expect(progressRows(view(step('update[api]', 'running')), new Map([['update[api]', poll]]))).toMatchObject([
      { what: 'rolling', fraction: 0.25, details: ['2 new · 3 old', 'targets 1/2 healthy', '1/3 failures'] },
    ]);
  });

  it('keeps what it said last between two steps', () => {
    const between = view(step('update[api]', 'succeeded'), step('smoke[api]', 'pending'));
    expect(progressRows(between, new Map([['update[api]', poll]]))).toMatchObject([
      { what: 'rolling', state: 'active' },
    ]);
  });

  it('turns bad when ECS rolls back', () => {
    const rows = progressRows(
      view(step('update[api]', 'running')),
      new Map([['update[api]', { ...poll, phase: 'rolling-back' }]]),
    );
    expect(rows).toMatchObject([{ what: 'rolling back', state: 'bad' }]);
  });

  it('is done when every step has ended well', () => {
    expect(progressRows(view(step('update[api]', 'succeeded')), new Map())).toMatchObject([
      { what: 'done', fraction: 1 },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { EcsServiceDeployment } from '../../../src/lib/aws/ecs-model.js';
import { chooseRollback } from '../../../src/lib/deployments/choose-rollback.js';
import type { Release } from '../../../src/lib/releases/observe-releases.js';

const release = (number: number, outcome: Release['outcome'], live?: 'live'): Release => ({
  service: 'api',
  release: number,
  taskDefinition: `arn:aws:ecs:eu-west-1:1:task-definition/api:${number}`,
  image: 'api',
  outcome,
  isLive: live === 'live',
  registeredAt: '2026-11-23T12:00:00.000Z',
});

const deployment = (status: EcsServiceDeployment['status']): EcsServiceDeployment => ({
  arn: 'arn:deployment',
  status,
  createdAtMs: 0,
  sourceRevisions: [],
  requested: 2,
  running: 0,
  pending: 0,
});

describe('where a rollback goes', () => {
  it('skips what failed or was rolled back from, and what nobody knows', () => {
    const releases = [
      release(5, 'worked', 'live'),
      release(4, 'rolled-back'),
      release(3, 'unknown'),
      release(2, 'worked'),
      release(1, 'worked'),
    ];
    expect(chooseRollback({ releases })).toMatchObject({ kind: 'go', to: { release: 2 } });
  });

  it('never goes forward', () => {
    const releases = [release(3, 'worked'), release(2, 'worked', 'live'), release(1, 'failed')];
    expect(chooseRollback({ releases })).toMatchObject({ kind: 'impossible' });
  });

  it('changes nothing when the attempt after the live release was rolled back already', () => {
    const releases = [release(3, 'rolled-back'), release(2, 'worked', 'live'), release(1, 'worked')];
    expect(chooseRollback({ releases })).toMatchObject({ kind: 'nothing', suggestion: 1 });
  });

  it('changes nothing when ECS says so, whoever tagged what', () => {
    const releases = [release(2, 'worked', 'live'), release(1, 'worked')];
    expect(chooseRollback({ releases, newest: deployment('ROLLBACK_SUCCESSFUL') })).toMatchObject({ kind: 'nothing' });
  });

  it('aborts a deployment in progress, if there is something to go back to', () => {
    const releases = [release(2, 'unknown', 'live'), release(1, 'worked')];
    const inProgress = deployment('IN_PROGRESS');
    expect(chooseRollback({ releases, inProgress, completed: 'arn:1' })).toMatchObject({ kind: 'abort' });
    expect(chooseRollback({ releases, inProgress })).toMatchObject({ kind: 'impossible' });
    expect(
      chooseRollback({ releases, inProgress: deployment('ROLLBACK_IN_PROGRESS'), completed: 'arn:1' }),
    ).toMatchObject({ kind: 'nothing' });
    expect(chooseRollback({ releases, inProgress, completed: 'arn:1', to: 1 })).toMatchObject({ kind: 'busy' });
  });

  it('goes to a number, and warns when that release is not known to have worked', () => {
    const releases = [release(3, 'worked', 'live'), release(2, 'rolled-back'), release(1, 'worked')];
    expect(chooseRollback({ releases, to: 1 })).toEqual({ kind: 'go', to: release(1, 'worked') });
    expect(chooseRollback({ releases, to: 2 })).toMatchObject({
      kind: 'go',
      warning: expect.stringContaining('rolled-back'),
    });
    expect(chooseRollback({ releases, to: 3 })).toMatchObject({ kind: 'nothing' });
    expect(chooseRollback({ releases, to: 9 })).toMatchObject({ kind: 'impossible' });
  });
});

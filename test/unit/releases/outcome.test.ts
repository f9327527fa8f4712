import { describe, expect, it } from 'vitest';
import type { EcsServiceDeployment } from '../../../src/lib/aws/ecs-model.js';
import { outcomeOf } from '../../../src/lib/releases/observe-releases.js';

const ended = (status: EcsServiceDeployment['status'], requested = 2): EcsServiceDeployment => ({
  arn: 'arn:d',
  status,
  createdAtMs: 0,
  sourceRevisions: [],
  requested,
  running: 0,
  pending: 0,
});

const outcome = (tags: Record<string, string>, deployments: readonly EcsServiceDeployment[] = [], completed?: string) =>
  outcomeOf({ arn: 'arn:td:1', tags }, { deployments, completed });

describe('whether a release worked', () => {
  it('is what its tag says, whatever ECS still remembers', () => {
    expect(outcome({ 'platform:outcome': 'rolled-back' }, [ended('SUCCESSFUL')])).toBe('rolled-back');
    expect(outcome({ 'platform:outcome': 'worked' })).toBe('worked');
  });

  it('is unknown for a run of ours that recorded no verdict: its smoke test may not have passed', () => {
    expect(outcome({ 'platform:run': '01run' }, [ended('SUCCESSFUL')])).toBe('unknown');
  });

  it('comes from ECS for releases that other tools made', () => {
    expect(outcome({}, [ended('SUCCESSFUL')])).toBe('worked');
    expect(outcome({}, [ended('SUCCESSFUL', 0)])).toBe('unknown');
    expect(outcome({}, [ended('ROLLBACK_SUCCESSFUL')])).toBe('rolled-back');
    expect(outcome({}, [ended('ROLLBACK_FAILED')])).toBe('failed');
    expect(outcome({}, [], 'arn:td:1')).toBe('worked');
  });
});

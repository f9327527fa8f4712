/** Where a rollback of one service goes. Pure: the whole table of product.md's "Rollback" is here and nowhere else. */
import type { EcsServiceDeployment } from '../aws/ecs-model.js';
import { lastThatWorked, type Release } from '../releases/observe-releases.js';

export type RollbackChoice =
  /** While a deployment runs, rolling back is aborting it. */
  | { readonly kind: 'abort'; readonly deployment: EcsServiceDeployment }
  | { readonly kind: 'go'; readonly to: Release; readonly warning?: string }
  /** `suggestion`: a release that `--to` could name. */
  | { readonly kind: 'nothing'; readonly because: string; readonly suggestion?: number }
  | { readonly kind: 'impossible'; readonly because: string }
  /** `--to` and a deployment in progress: which one is meant is for a person to say. */
  | { readonly kind: 'busy'; readonly deployment: EcsServiceDeployment };

export interface RollbackFacts {
  readonly releases: readonly Release[];
  readonly inProgress?: EcsServiceDeployment;
  readonly newest?: EcsServiceDeployment;
  readonly completed?: string;
  readonly to?: number;
}

export const chooseRollback = (facts: RollbackFacts): RollbackChoice => {
  const { releases, inProgress, to } = facts;
  const live = releases.find((release) => release.isLive);
  if (!live) return { kind: 'impossible', because: 'nothing is live' };
  if (inProgress) {
    if (to !== undefined) return { kind: 'busy', deployment: inProgress };
    if (inProgress.status.startsWith('ROLLBACK') || inProgress.status === 'STOP_REQUESTED') {
      return { kind: 'nothing', because: 'a roll-back is under way already' };
    }
    return facts.completed === undefined
      ? { kind: 'impossible', because: 'no earlier deployment has completed, so there is nothing to go back to' }
      : { kind: 'abort', deployment: inProgress };
  }
  return to === undefined ? chooseLast(facts, live) : chooseNumber(releases, to);
};

const chooseNumber = (releases: readonly Release[], to: number): RollbackChoice => {
  const wanted = releases.find((release) => release.release === to);
  if (!wanted) return { kind: 'impossible', because: `there is no release ${to}` };
  if (wanted.isLive) return { kind: 'nothing', because: `release ${to} is live already` };
  if (wanted.outcome === 'worked') return { kind: 'go', to: wanted };
  return { kind: 'go', to: wanted, warning: `release ${to} is not known to have worked (${wanted.outcome})` };
};

const chooseLast = (facts: RollbackFacts, live: Release): RollbackChoice => {
  const { releases, newest } = facts;
  const undone = releases.find((release) => release.release > live.release && release.outcome === 'rolled-back');
  if (newest?.status === 'ROLLBACK_SUCCESSFUL' || undone) {
    const which = undone ? `release ${undone.release}` : 'the last deployment';
    const suggestion = lastThatWorked(releases)?.release;
    return {
      kind: 'nothing',
      because: `${which} has been rolled back already, release ${live.release} is live`,
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  }
  const to = lastThatWorked(releases);
  if (to) return { kind: 'go', to };
  return { kind: 'impossible', because: `no release before ${live.release} is known to have worked` };
};

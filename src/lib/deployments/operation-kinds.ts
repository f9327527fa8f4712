/** How a journaled deploy, rollback or restart is bound to AWS, drawn and reported; also by `runs resume|undo`. */
import type { OperationKind } from '../cli/operation.js';
import type { Uses } from '../plan/plan.js';
import { bindRun } from './bind-run.js';
import type { DeployResult } from './deploy-types.js';
import { progressRows } from './progress.js';
import { reportServices } from './report.js';

const kindOf = (uses: Uses, command: string): OperationKind<DeployResult> => ({
  uses,
  command,
  bind: bindRun,
  progress: progressRows,
  report: async (_ctx, view) => reportServices(view, command),
});

export const deployKind = kindOf('deploy@1', 'deploy');
export const rollbackKind = kindOf('rollback@1', 'rollback');
export const restartKind = kindOf('restart@1', 'restart');

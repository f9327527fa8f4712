/** `runs resume --dry-run` and `runs undo --dry-run`: what is left to do, or to take back. Reads the journal only. */

import type { Ctx } from '../context/context.js';
import { foldAll } from '../engine/fold.js';
import { assertNotFenced } from '../engine/preconditions.js';
import { endedWell, mayNeedUndo, undoIsSettled } from '../engine/step-rules.js';
import type { RunView, StepView } from '../engine/view.js';
import type { Target } from '../plan/plan.js';
import type { OperationKind } from './operation.js';
import type { Line, Report } from './report.js';

export const previewExisting = async <R>(
  run: { readonly kind: OperationKind<R>; readonly runId: string; readonly target: Target },
  { ctx }: { readonly ctx: Ctx },
  what: 'resume' | 'undo',
): Promise<Report<R>> => {
  const view = foldAll(await ctx.journals(run.target).read(run.runId));
  if (what === 'undo' || !isOver(view)) assertNotFenced(view);
  const report = await run.kind.report(ctx, view);
  return {
    result: report.result,
    runId: run.runId,
    exitCode: 0,
    lines: [
      ...(what === 'resume' ? stepsLeft(view) : stepsToUndo(view)),
      [{ text: 'Nothing was changed (--dry-run).', tone: 'strong' }],
    ],
  };
};

const isOver = (view: RunView): boolean =>
  ['succeeded', 'failed', 'undone', 'undo-failed', 'abandoned'].includes(view.state);

const stepsLeft = (view: RunView): readonly Line[] => {
  if (isOver(view)) return [`The run has ended (${view.outcome ?? view.state}); a resume changes nothing.`];
  return [...view.steps.values()]
    .filter((step) => !endedWell(step))
    .map((step) => [{ text: `  ${verbFor(step).padEnd(8)}` }, { text: step.step.title }]);
};

/** Begun but not ended: looked at first, and sent again only when it provably never arrived. */
const verbFor = (step: StepView): string =>
  step.serviceAt === undefined ? 'do' : step.state === 'failed' ? 'failed' : 'probe';

const stepsToUndo = (view: RunView): readonly Line[] => {
  if (view.state === 'undone') return ['The run has been undone already; nothing is left to take back.'];
  const begun = view.plan.steps
    .flatMap((step) => view.steps.get(step.id) ?? [])
    .filter((step) => mayNeedUndo(step) && !undoIsSettled(step));
  if (begun.length === 0) return ['The run changed nothing that could be taken back.'];
  return [...begun].reverse().map((step) => [{ text: '  undo    ', tone: 'warn' }, { text: step.step.title }]);
};

/** How long it usually takes: the median of the last runs of this kind in the local journals, in AWS time. */
import type { Ctx } from '../context/context.js';
import { foldAll } from '../engine/fold.js';
import type { RunView } from '../engine/view.js';
import type { Target, Uses } from '../plan/plan.js';
import { deploymentOf } from './service-results.js';

const runsRead = 15;
const runsUsed = 5;

export interface HistoryRequest {
  readonly target: Target;
  readonly operation: Uses;
  readonly services: readonly string[];
}

/** Undefined before the first one has succeeded. History is a convenience: a journal that cannot be read is left out. */
export const usualDurationMs = async (
  ctx: Pick<Ctx, 'journals'>,
  request: HistoryRequest,
): Promise<number | undefined> => {
  const store = ctx.journals(request.target);
  const runs = await store.list().catch(() => []);
  const newestFirst = [...runs].sort((a, b) => (a.runId < b.runId ? 1 : -1)).slice(0, runsRead);
  const durations: number[] = [];
  for (const { runId } of newestFirst) {
    if (durations.length >= runsUsed) break;
    const view = await store
      .read(runId)
      .then(foldAll)
      .catch(() => undefined);
    const durationMs = view?.plan.operation === request.operation ? durationOf(view, request.services) : undefined;
    if (durationMs !== undefined) durations.push(durationMs);
  }
  return median(durations);
};

const durationOf = (view: RunView, services: readonly string[]): number | undefined => {
  if (view.outcome !== 'succeeded') return undefined;
  const spans = services.flatMap((service) => {
    const deployment = deploymentOf(view.steps.get(`update[${service}]`));
    return deployment?.startedAtMs != null && deployment.finishedAtMs != null
      ? [{ from: deployment.startedAtMs, to: deployment.finishedAtMs }]
      : [];
  });
  if (spans.length === 0) return undefined;
  return Math.max(...spans.map(({ to }) => to)) - Math.min(...spans.map(({ from }) => from));
};

const median = (values: readonly number[]): number | undefined =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

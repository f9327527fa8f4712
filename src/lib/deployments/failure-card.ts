/**
 * The failure card of a service, from what its run saved: evidence of the first stopped task, of the closing diagnosis, of
 * the smoke test and of our own deadline are put together, then diagnosed. Pure, so any machine shows the same card.
 */
import { diagnose } from '../diagnosis/diagnose.js';
import type { DeploymentEvidence, FailureCard } from '../diagnosis/evidence.js';
import type { RunView, StepView } from '../engine/view.js';

export type Part = Partial<DeploymentEvidence>;

export const observedBy = (view: RunView, ids: readonly string[]): readonly Part[] =>
  ids.flatMap((id) => (view.steps.get(id)?.observed ?? []) as unknown as readonly Part[]);

/** Also for what is no deployment: a count that was changed, a task of its own. */
export const mergeEvidence = (service: string, parts: readonly Part[]): DeploymentEvidence => {
  const tasks = new Map(parts.flatMap((part) => part.stoppedTasks ?? []).map((task) => [task.taskId, task]));
  const logs = new Map<string, DeploymentEvidence['logs'][number]>();
  for (const log of parts.flatMap((part) => part.logs ?? [])) {
    const known = logs.get(log.stream);
    // A later look may find less (a ring dropped it), never trade lines for none.
    if (known === undefined || log.lines.length >= known.lines.length) logs.set(log.stream, log);
  }
  const last = <K extends keyof DeploymentEvidence>(key: K): DeploymentEvidence[K] | undefined =>
    parts.findLast((part) => part[key] !== undefined)?.[key];
  const deployment = last('deployment');
  const smoke = last('smoke');
  const deadline = last('deadline');
  return {
    service,
    ...(deployment ? { deployment } : {}),
    ...(smoke ? { smoke } : {}),
    ...(deadline ? { deadline } : {}),
    events: last('events') ?? [],
    stoppedTasks: [...tasks.values()],
    logs: [...logs.values()],
    targets:
      parts.find((part) => (part.targets ?? []).some((target) => target.state === 'unhealthy'))?.targets ??
      last('targets') ??
      [],
    missing: last('missing') ?? [],
  };
};

const numberIn = (details: unknown, key: string): number => {
  const value = (details as Readonly<Record<string, unknown>> | undefined)?.[key];
  return typeof value === 'number' ? value : 0;
};

const deadlineOf = (update: StepView | undefined): Part => {
  if (update?.error?.code !== 'not-ready-in-time') return {};
  const limitMs = numberIn(update.inputs, 'deadlineMs');
  return { deadline: { limitMs, healthy: 0, desired: numberIn(update.error.details, 'desired') } };
};

/** Undefined for a service that has not failed. */
export const failureCardOf = (view: RunView, service: string): FailureCard | undefined => {
  const ids = [`update[${service}]`, `smoke[${service}]`, `diagnose[${service}]`];
  const update = view.steps.get(`update[${service}]`);
  const smoke = view.steps.get(`smoke[${service}]`);
  if (update?.state !== 'failed' && smoke?.state !== 'failed') return undefined;
  if (update?.outcome === 'superseded') return undefined;
  const evidence = mergeEvidence(service, [...observedBy(view, ids), deadlineOf(update)]);
  return diagnose(evidence, { environment: view.plan.target.environment, service, runId: view.runId });
};

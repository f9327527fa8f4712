/**
 * Which stopped tasks blame the release. Two tasks failed "equally" when their signatures are the same; reasons carry
 * task ids, request ids and addresses, so the signature keeps only what the same cause repeats. Pure.
 */
import type { EcsTask } from '../../aws/ecs-model.js';

const schedulerReasons = /health check/i;

/** Undefined for a task that did not fail by its own fault: scaling, draining, a person, lost capacity. */
export const failureSignature = (task: EcsTask): string | undefined => {
  const reason = task.stoppedReason ?? '';
  switch (task.stopCode) {
    case 'EssentialContainerExited':
      return essentialExit(task);
    case 'TaskFailedToStart':
      // No capacity is nobody's fault and passes; everything else at the start repeats itself.
      return /capacity/i.test(reason)
        ? undefined
        : `did not start: ${kindOf(reason || (task.containers.find((c) => c.reason)?.reason ?? ''))}`;
    case 'ServiceSchedulerInitiated':
      return schedulerReasons.test(reason) ? 'failed health checks' : undefined;
    case undefined:
      return schedulerReasons.test(reason) ? 'failed health checks' : undefined;
    default:
      return undefined;
  }
};

const essentialExit = (task: EcsTask): string => {
  const culprit =
    task.containers.find((c) => c.reason !== undefined) ??
    task.containers.find((c) => c.exitCode !== undefined && c.exitCode !== 0) ??
    task.containers[0];
  const reason = culprit?.reason ? `, ${kindOf(culprit.reason)}` : '';
  return `container ${culprit?.name ?? '?'} exited with ${culprit?.exitCode ?? 'no code'}${reason}`;
};

/** `CannotPullContainerError: pull image manifest has been retried …` → `CannotPullContainerError`. */
const kindOf = (reason: string): string =>
  /^\s*([A-Za-z][\w.]*(?:Error|Exception))\b/.exec(reason)?.[1] ??
  reason.replace(/[0-9a-f-]{8,}|\d+/gi, '#').slice(0, 80);

export const countFailures = (
  tasks: readonly EcsTask[],
): readonly { readonly signature: string; readonly count: number }[] => {
  const counts = new Map<string, number>();
  for (const task of tasks) {
    const signature = failureSignature(task);
    if (signature !== undefined) counts.set(signature, (counts.get(signature) ?? 0) + 1);
  }
  return [...counts].map(([signature, count]) => ({ signature, count })).sort((a, b) => b.count - a.count);
};

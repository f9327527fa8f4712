/** The contract of a rule: pure, evidence in, finding out. One file per cause under rules/. Imports types only. */
import type { Cause, DeploymentEvidence, FailureCard, StoppedTaskEvidence } from './evidence.js';

export type EvidenceLine = FailureCard['evidence'][number];

/** What the commands of a card need to be pasted as they are. */
export interface DiagnosisContext {
  readonly environment: string;
  /** Name in platform.yaml. */
  readonly service: string;
  readonly runId?: string;
  /** What to type once the cause is mended; a deploy, unless something else has failed. */
  readonly again?: { readonly command: string; readonly why: string };
}

export interface Finding {
  readonly summary: string;
  readonly evidence: readonly EvidenceLine[];
  readonly fix: string;
  readonly next: readonly { readonly command: string; readonly why: string }[];
}

export interface Rule {
  readonly cause: Cause;
  find(evidence: DeploymentEvidence, context: DiagnosisContext): Finding | undefined;
}

/** Tasks that ended by themselves; the ones that ECS or a person stopped are consequences, not causes. */
export const ownStops = (evidence: DeploymentEvidence): readonly StoppedTaskEvidence[] =>
  evidence.stoppedTasks.filter(
    (task) => task.stopCode === 'TaskFailedToStart' || task.stopCode === 'EssentialContainerExited',
  );

export const stopsMatching = (evidence: DeploymentEvidence, pattern: RegExp): readonly StoppedTaskEvidence[] =>
  evidence.stoppedTasks.filter((task) => pattern.test(task.stoppedReason ?? ''));

/** Optional `at` without an undefined member. */
export const at = (instant: string | undefined): { readonly at?: string } =>
  instant === undefined ? {} : { at: instant };

export const taskLine = (task: StoppedTaskEvidence): EvidenceLine => ({
  source: 'task',
  ...at(task.stoppedAt),
  text: `task ${task.taskId.slice(0, 8)} stopped: ${task.stoppedReason ?? task.stopCode ?? 'no reason given'}`,
});

/** At most the last `limit` log lines of a container; says so when none arrived. */
export const logLines = (
  evidence: DeploymentEvidence,
  container: string | undefined,
  limit = 10,
): readonly EvidenceLine[] => {
  const log =
    evidence.logs.find((entry) => container === undefined || entry.container === container) ?? evidence.logs[0];
  if (!log) return [];
  if (log.lines.length === 0)
    return [{ source: 'log', text: `${log.group} ${log.stream}: ${log.note ?? 'no lines arrived'}` }];
  return log.lines.slice(-limit).map((line) => ({ source: 'log', at: line.at, text: line.text }));
};

export const eventLines = (evidence: DeploymentEvidence, pattern: RegExp, limit = 2): readonly EvidenceLine[] =>
  evidence.events
    .filter((event) => pattern.test(event.message))
    .slice(0, limit)
    .map((event) => ({ source: 'event', at: event.at, text: event.message }));

export const redeploy = (context: DiagnosisContext): { readonly command: string; readonly why: string } =>
  context.again ?? {
    command: `platform deploy ${context.service} -e ${context.environment}`,
    why: 'ship it again once that is mended',
  };

/** Two tasks that stopped for one reason are one line with a count. */
export const distinctStops = (tasks: readonly StoppedTaskEvidence[]): readonly EvidenceLine[] => {
  const byReason = new Map<string, { task: StoppedTaskEvidence; count: number }>();
  for (const task of tasks) {
    const key = task.stoppedReason ?? task.stopCode ?? '';
    const seen = byReason.get(key);
    byReason.set(key, { task: seen?.task ?? task, count: (seen?.count ?? 0) + 1 });
  }
  return [...byReason.values()].map(({ task, count }) => {
    const line = taskLine(task);
    return count > 1 ? { ...line, text: `${line.text} (${count} tasks)` } : line;
  });
};

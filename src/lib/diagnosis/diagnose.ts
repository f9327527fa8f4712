/**
 * From evidence to a failure card. Pure: nothing here reads AWS or a clock; runtimes collect the evidence.
 * Rules stand in order of depth, a cause before its consequences: a task that cannot pull its image is also unhealthy
 * and also late. To add a cause: a file under rules/, a line below, a sandbox fault that provokes it, a test.
 */
import type { DeploymentEvidence, FailureCard } from './evidence.js';
import { at, type DiagnosisContext, eventLines, logLines, type Rule, redeploy } from './rule.js';
import { exitCode } from './rules/exit-code.js';
import { imageNotFound } from './rules/image-not-found.js';
import { logGroupMissing } from './rules/log-group-missing.js';
import { notReadyInTime } from './rules/not-ready-in-time.js';
import { outOfMemory } from './rules/out-of-memory.js';
import { secretMissing } from './rules/secret-missing.js';
import { smokeFailed } from './rules/smoke-failed.js';
import { unhealthy } from './rules/unhealthy.js';

export const rules: readonly Rule[] = [
  imageNotFound,
  secretMissing,
  logGroupMissing,
  outOfMemory,
  exitCode,
  unhealthy,
  smokeFailed,
  notReadyInTime,
];

export const diagnose = (evidence: DeploymentEvidence, context: DiagnosisContext): FailureCard => {
  for (const rule of rules) {
    const finding = rule.find(evidence, context);
    if (finding) {
      const evidenceLines = [...finding.evidence, ...deploymentLines(evidence)];
      return {
        service: context.service,
        cause: rule.cause,
        summary: finding.summary,
        evidence: evidenceLines,
        fix: finding.fix,
        next: finding.next,
      };
    }
  }
  return unknownCause(evidence, context);
};

/** Nothing matched: the card says what is known and never guesses. */
const unknownCause = (evidence: DeploymentEvidence, context: DiagnosisContext): FailureCard => ({
  service: context.service,
  cause: 'other',
  summary: 'no known cause fits what was seen',
  evidence: [
    ...deploymentLines(evidence),
    ...evidence.stoppedTasks.slice(0, 3).map((task) => ({
      source: 'task' as const,
      ...at(task.stoppedAt),
      text: `task ${task.taskId.slice(0, 8)}: ${task.stopCode ?? 'no stop code'}, ${task.stoppedReason ?? 'no reason'}`,
    })),
    ...eventLines(evidence, /./, 3),
    ...logLines(evidence, undefined),
  ],
  fix: 'read the evidence above; the run keeps all of it',
  next: [
    ...(context.runId ? [{ command: `platform runs show ${context.runId}`, why: 'everything that was saved' }] : []),
    redeploy(context),
  ],
});

const deploymentLines = (evidence: DeploymentEvidence): FailureCard['evidence'] => {
  const deployment = evidence.deployment;
  if (!deployment?.status) return [];
  const breaker =
    deployment.failureCount !== undefined && deployment.threshold !== undefined
      ? `, ${deployment.failureCount} of ${deployment.threshold} failures`
      : '';
  const reason = deployment.statusReason ?? deployment.rollbackReason;
  return [
    { source: 'deployment', text: `service deployment ${deployment.status}${breaker}${reason ? `: ${reason}` : ''}` },
  ];
};

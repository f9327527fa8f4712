/**
 * What was seen around a failing deployment, collected at once: ECS forgets stopped tasks after an hour. Reads only; the
 * journal redacts and bounds it. Pure rules (lib/diagnosis) turn it into a failure card.
 */
import type { ServiceRef } from '../../aws/ecs.js';
import type { EcsService, EcsServiceDeployment, EcsTask } from '../../aws/ecs-model.js';
import type { DeploymentEvidence, LogEvidence, StoppedTaskEvidence } from '../../diagnosis/evidence.js';
import type { ActionIo } from '../../engine/action.js';
import type { Json } from '../../plan/json.js';
import type { EcsPorts } from './ports.js';
import type { Located } from './service-deployments.js';

/** Lines of a log arrive late: read once more up to this long (AWS time) after the first stopped task. */
export const logLagMs = 15_000;

const keptTasks = 5;
const keptEvents = 10;
const keptLines = 20;

export const iso = (ms: number | undefined): string | undefined =>
  ms === undefined || ms === 0 ? undefined : new Date(ms).toISOString();

export interface Seen {
  readonly ref: ServiceRef;
  readonly look: EcsService;
  readonly located: Located;
  readonly stopped: readonly EcsTask[];
  /** AWS time up to which nothing belongs to it; everything does when absent. */
  readonly sinceMs?: number;
}

/** Twice per step at most: at the first stopped task, and again when late log lines have had their time. */
export const saveEvidence = async (io: ActionIo<EcsPorts>, seen: Seen): Promise<void> => {
  const known = io.ports.memory.evidence.get(io.stepId);
  if (known === undefined) {
    io.ports.memory.evidence.set(io.stepId, { firstAtMs: io.now(), readAgain: 'no' });
    await io.observe(asJson(await collect(io.ports, seen)));
    return;
  }
  if (known.readAgain === 'yes' || io.now() - known.firstAtMs < logLagMs) return;
  io.ports.memory.evidence.set(io.stepId, { ...known, readAgain: 'yes' });
  await io.observe(asJson(await collect(io.ports, seen)));
};

export const asJson = (evidence: DeploymentEvidence): Json => JSON.parse(JSON.stringify(evidence)) as Json;

export const collect = async (ports: EcsPorts, seen: Seen): Promise<DeploymentEvidence> => {
  const newestFirst = [...seen.stopped].sort((a, b) => (b.stoppedAtMs ?? 0) - (a.stoppedAtMs ?? 0)).slice(0, keptTasks);
  const [logs, targets] = await Promise.all([
    logsOf(ports, newestFirst[0]),
    Promise.all(seen.look.targetGroups.map((group) => ports.elb.targetHealth(group))),
  ]);
  return {
    service: seen.look.name,
    ...(seen.located.ours ? { deployment: deploymentEvidence(seen.located.ours, seen.look) } : {}),
    events: seen.look.events
      .filter((event) => event.atMs > (seen.sinceMs ?? 0))
      .slice(0, keptEvents)
      .map((event) => ({ at: iso(event.atMs) ?? '', message: event.message })),
    stoppedTasks: newestFirst.map(taskEvidence),
    logs,
    targets: targets.flat().map((target) => ({
      id: target.id,
      state: target.state,
      ...(target.reason ? { reason: target.reason } : {}),
      ...(target.description ? { description: target.description } : {}),
    })),
    missing: [],
  };
};

const deploymentEvidence = (
  ours: EcsServiceDeployment,
  service: EcsService,
): NonNullable<DeploymentEvidence['deployment']> => ({
  arn: ours.arn,
  status: ours.status,
  ...(ours.statusReason ? { statusReason: ours.statusReason } : {}),
  ...(ours.rollbackReason ? { rollbackReason: ours.rollbackReason } : {}),
  ...(ours.failures ? { failureCount: ours.failures.count, threshold: ours.failures.threshold } : {}),
  breaker: service.breaker.enabled ? (service.breaker.rollback ? 'on, rolls back' : 'on, does not roll back') : 'off',
});

export const taskEvidence = (task: EcsTask): StoppedTaskEvidence => {
  const stoppedAt = iso(task.stoppedAtMs);
  return {
    taskId: task.id,
    ...(task.stopCode ? { stopCode: task.stopCode } : {}),
    ...(task.stoppedReason ? { stoppedReason: task.stoppedReason } : {}),
    ...(stoppedAt ? { stoppedAt } : {}),
    containers: task.containers.map((container) => ({
      name: container.name,
      ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
      ...(container.reason ? { reason: container.reason } : {}),
      ...(container.image ? { image: container.image } : {}),
    })),
  };
};

export interface LogTarget {
  readonly container: string;
  readonly group: string;
  readonly prefix: string;
}

/** awslogs only: another driver's lines cannot be read from here. */
export const logTargetsOf = (definition: Readonly<Record<string, unknown>>): readonly LogTarget[] => {
  const containers = (definition['containerDefinitions'] ?? []) as readonly {
    readonly name?: string;
    readonly logConfiguration?: { readonly logDriver?: string; readonly options?: Readonly<Record<string, string>> };
  }[];
  return containers.flatMap(({ name, logConfiguration }) => {
    const group = logConfiguration?.options?.['awslogs-group'];
    const prefix = logConfiguration?.options?.['awslogs-stream-prefix'];
    return name && group && prefix && logConfiguration?.logDriver === 'awslogs'
      ? [{ container: name, group, prefix }]
      : [];
  });
};

/** The last lines of the newest failed task, of its failing container first. */
export const logsOf = async (ports: EcsPorts, task: EcsTask | undefined): Promise<readonly LogEvidence[]> => {
  if (!task) return [];
  const record = await ports.ecs.taskDefinition(task.taskDefinition);
  const failing = new Set(
    task.containers.filter((c) => c.exitCode !== undefined && c.exitCode !== 0).map((c) => c.name),
  );
  const targets = logTargetsOf(record?.definition ?? {});
  const chosen = targets.some((target) => failing.has(target.container))
    ? targets.filter((target) => failing.has(target.container))
    : targets;
  return Promise.all(
    chosen.map(async ({ container, group, prefix }) => {
      const stream = `${prefix}/${container}/${task.id}`;
      const lines = await ports.logs.lastLines({ group, stream, limit: keptLines });
      return {
        group,
        stream,
        container,
        lines: lines.map((line) => ({ at: iso(line.atMs) ?? '', text: line.text.slice(0, 500) })),
        ...(lines.length === 0 ? { note: 'no lines arrived' } : {}),
      };
    }),
  );
};

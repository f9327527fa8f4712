/**
 * `--with-events`: what ECS says about a service as events of the same timeline: service events, beginnings and ends of
 * deployments, stopped tasks with their reasons. Pure; observe-timeline.ts asks ECS.
 */
import type { EcsService, EcsServiceDeployment, EcsTask } from '../aws/ecs-model.js';
import { lastPart, revisionOf } from '../aws/ecs-model.js';
import type { LogEvent, Origin } from './model.js';

export interface ServiceTimeline {
  readonly service: string;
  readonly seen: EcsService;
  readonly deployments: readonly EcsServiceDeployment[];
  readonly stopped: readonly EcsTask[];
}

export const timelineOrigin = (service: string): Origin => ({ service, group: '', stream: 'ecs' });

export const timelineEvents = (
  { seen, deployments, stopped }: ServiceTimeline,
  origin: Origin,
): readonly LogEvent[] => {
  const event = (timestamp: number, id: string, message: string): LogEvent => ({
    kind: 'event',
    timestamp,
    ingestedMs: timestamp,
    id,
    message,
    origin,
  });
  return [
    ...seen.events.map(({ id, atMs, message }) => event(atMs, `event/${id}`, message)),
    ...deployments.flatMap((deployment) => deploymentEvents(deployment, event)),
    ...stopped.flatMap((task) =>
      // While it stops, its time of stopping still changes.
      task.stoppedAtMs === undefined || task.status !== 'STOPPED'
        ? []
        : [event(task.stoppedAtMs, `task/${task.id}`, stoppedText(task))],
    ),
  ].sort((a, b) => a.timestamp - b.timestamp);
};

type MakeEvent = (timestamp: number, id: string, message: string) => LogEvent;

const ended: Readonly<Record<string, string>> = {
  SUCCESSFUL: 'succeeded',
  STOPPED: 'was stopped',
  ROLLBACK_SUCCESSFUL: 'was rolled back',
  ROLLBACK_FAILED: 'failed, and so did its roll-back',
};

const deploymentEvents = (deployment: EcsServiceDeployment, event: MakeEvent): readonly LogEvent[] => {
  const id = lastPart(deployment.arn);
  const end = ended[deployment.status];
  const reason = deployment.rollbackReason ?? deployment.statusReason;
  return [
    event(deployment.createdAtMs, `start/${id}`, `deployment ${id} began`),
    ...(end === undefined || deployment.finishedAtMs === undefined
      ? []
      : [
          event(
            deployment.finishedAtMs,
            `end/${id}`,
            `deployment ${id} ${end}${reason === undefined ? '' : `: ${reason}`}`,
          ),
        ]),
  ];
};

const stoppedText = (task: EcsTask): string => {
  const containers = task.containers.flatMap(({ name, exitCode, reason }) =>
    exitCode === undefined && reason === undefined
      ? []
      : [`${name}${exitCode === undefined ? '' : ` exit ${exitCode}`}${reason === undefined ? '' : ` (${reason})`}`],
  );
  const why = task.stoppedReason ?? task.stopCode ?? 'no reason given';
  const detail = containers.length === 0 ? '' : `; ${containers.join(', ')}`;
  return `task ${task.id.slice(0, 8)} of release ${revisionOf(task.taskDefinition)} stopped: ${why}${detail}`;
};

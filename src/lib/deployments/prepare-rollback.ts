/**
 * `platform rollback`: from the live release to the newest earlier one that worked, with its checks and its diff first.
 * Reads only; choose-rollback.ts decides, this file looks and plans.
 */
import { createEcrGateway } from '../aws/ecr.js';
import { createEcsGateway, type EcsGateway } from '../aws/ecs.js';
import type { TaskDefinitionRecord } from '../aws/ecs-model.js';
import type { Operation } from '../cli/operation.js';
import type { Line, Warning } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { PlatformError } from '../errors/platform-error.js';
import { parseReference } from '../images/image-reference.js';
import { resolveImage } from '../images/resolve-image.js';
import { observeReleases } from '../releases/observe-releases.js';
import { chooseServices, inDependencyOrder } from '../services/choose-services.js';
import { imageOf, type LiveService, observeLive } from '../services/observe-live.js';
import { chooseRollback, type RollbackChoice } from './choose-rollback.js';
import { definitionDiff } from './definition-diff.js';
import type { DeployResult, PlannedService } from './deploy-types.js';
import { differenceLines } from './difference-lines.js';
import { usualDurationMs } from './history.js';
import { rollbackKind } from './operation-kinds.js';
import { type Aim, planRollback } from './plan-rollback.js';
import { serviceLines } from './report.js';
import { plannedResult, unchangedResult } from './service-results.js';

export interface RollbackRequest {
  readonly services: readonly string[];
  readonly to?: number;
  readonly deadlineMs?: number;
}

/** Releases looked at: `--to` may name an old one. */
const releasesRead = 100;

export const prepareRollback = async (
  ctx: Ctx,
  at: ResolvedTarget,
  request: RollbackRequest,
): Promise<Operation<DeployResult>> => {
  const services = inDependencyOrder(chooseServices(at.environment.services, request.services));
  if (request.to !== undefined && services.length !== 1) {
    throw new PlatformError('E_USAGE', '--to needs exactly one service', { hints: ['platform rollback api --to 12'] });
  }
  const ecs = createEcsGateway(at.aws);
  const live = await observeLive({ ecs, cluster: at.environment.cluster, services });
  const aims = await Promise.all(live.map((service) => aimOf({ ecs, at, service, request })));
  const warnings = [...aims.flatMap(aimWarnings), ...(await imageWarnings(at, aims))];
  const plan = planRollback({
    runId: ctx.ids.runId(),
    nowMs: ctx.clocks.wall.now(),
    target: at.target,
    environment: at.environment,
    aims,
    ...(request.deadlineMs === undefined ? {} : { deadlineMs: request.deadlineMs }),
  });
  const planned = aims.map((aim) => aim.planned);
  const isNothing = planned.every((service) => service.kind === 'nothing-to-undo');
  const changed = planned.map((service) => service.service);
  const usuallyMs = await usualDurationMs(ctx, { target: at.target, operation: 'rollback@1', services: changed });
  return {
    kind: rollbackKind,
    plan,
    ...(isNothing ? { nothingToDo: nothingToDo(aims) } : {}),
    intro: aims.flatMap(introLines),
    warnings,
    isProtected: at.environment.isProtected,
    dryRunResult: { services: planned.map(plannedResult) },
    ...(usuallyMs === undefined ? {} : { usuallyMs }),
  };
};

interface Aiming {
  readonly ecs: EcsGateway;
  readonly at: ResolvedTarget;
  readonly service: LiveService;
  readonly request: RollbackRequest;
}

const aimOf = async ({ ecs, at, service, request }: Aiming): Promise<Aim> => {
  const releases = await observeReleases({
    ecs,
    cluster: service.cluster,
    service: service.service,
    limit: releasesRead,
  });
  const choice = chooseRollback({
    releases,
    ...(service.inProgress ? { inProgress: service.inProgress } : {}),
    ...(service.newest ? { newest: service.newest } : {}),
    ...(service.completed === undefined ? {} : { completed: service.completed }),
    ...(request.to === undefined ? {} : { to: request.to }),
  });
  refuse(choice, service, at.environment.name);
  const target = await targetOf(ecs, service, choice);
  return { live: service, choice, target, planned: plannedOf(service, choice, target) };
};

const refuse = (choice: RollbackChoice, live: LiveService, environment: string): void => {
  const name = live.service.name;
  if (choice.kind === 'impossible') {
    throw new PlatformError('E_NOT_FOUND', `${name}: ${choice.because}; nothing was changed`, {
      hints: [`platform releases ${name} -e ${environment}`],
    });
  }
  if (choice.kind === 'busy') {
    throw new PlatformError(
      'E_CONFLICT',
      `a deployment of ${name} is in progress (${choice.deployment.arn}); nothing was changed`,
      {
        hints: [`platform rollback ${name} -e ${environment}`],
      },
    );
  }
};

/** What the service runs afterwards. */
const targetOf = async (ecs: EcsGateway, live: LiveService, choice: RollbackChoice): Promise<TaskDefinitionRecord> => {
  const arn = choice.kind === 'go' ? choice.to.taskDefinition : choice.kind === 'abort' ? live.completed : undefined;
  if (arn === undefined || arn === live.live.arn) return live.live;
  const record = await ecs.taskDefinition(arn);
  if (record) return record;
  throw new PlatformError('E_NOT_FOUND', `the task definition ${arn} is gone; nothing was changed`);
};

const plannedOf = (live: LiveService, choice: RollbackChoice, target: TaskDefinitionRecord): PlannedService => ({
  kind: choice.kind === 'nothing' ? 'nothing-to-undo' : 'change',
  service: live.service.name,
  serviceName: live.service.serviceName,
  cluster: live.cluster,
  image: imageOf(target.definition, live.service.container),
  release: target.revision,
  previous: live.live.revision,
  previousImage: imageOf(live.live.definition, live.service.container),
});

const aimWarnings = ({ choice, live }: Aim): readonly Warning[] => {
  if (choice.kind !== 'go' || choice.warning === undefined) return [];
  return [{ code: 'release-unproven', message: `${live.service.name}: ${choice.warning}` }];
};

/** A release whose image is gone cannot start a single task: refused (exit 5) while nothing has changed. */
const imageWarnings = async (at: ResolvedTarget, aims: readonly Aim[]): Promise<readonly Warning[]> => {
  const { account, region } = at.target;
  const ecr = createEcrGateway(at.aws);
  const checks = aims
    .filter(({ choice }) => choice.kind === 'go')
    .map(({ planned }) =>
      resolveImage({ service: planned.service, reference: parseReference(planned.image), account, region, ecr }),
    );
  return (await Promise.all(checks)).flatMap((image) => image.warnings);
};

const introLines = ({ live, choice, target }: Aim): readonly Line[] => {
  const name = live.service.name;
  switch (choice.kind) {
    case 'nothing':
      return [`${name}  nothing to roll back: ${choice.because}`];
    case 'abort':
      return [`${name}  abort ${choice.deployment.arn}; back to release ${target.revision}`];
    case 'go':
      return [
        [{ text: `${name}  `, tone: 'strong' }, { text: `${releaseText(live.live)} → ${releaseText(target)}` }],
        ...differenceLines(definitionDiff(live.live.definition, target.definition)),
      ];
    case 'busy':
    case 'impossible':
      return [];
  }
};

const releaseText = ({ revision, tags }: Pick<TaskDefinitionRecord, 'revision' | 'tags'>): string =>
  `release ${revision}${tags['platform:tag'] === undefined ? '' : ` (${tags['platform:tag']})`}`;

const nothingToDo = (aims: readonly Aim[]) => {
  const services = aims.map((aim) => unchangedResult(aim.planned));
  const lines = aims.flatMap(({ live, choice }): readonly Line[] =>
    choice.kind === 'nothing' ? [`${live.service.name}: ${choice.because}; nothing was changed`] : [],
  );
  return {
    result: { services },
    lines: [...lines, ...serviceLines(services)],
    exitCode: 0 as const,
    next: aims.map(({ live, choice }) => ({
      command: `platform rollback ${live.service.name} --to ${choice.kind === 'nothing' ? (choice.suggestion ?? 'N') : 'N'}`,
      why: 'go to a release that you name',
    })),
  };
};

/** `platform restart`: new tasks of the release that is live, by a forced new deployment. */
import { createEcsGateway } from '../aws/ecs.js';
import type { Operation } from '../cli/operation.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import type { ActionStep, Step } from '../plan/plan.js';
import { chooseServices, inDependencyOrder } from '../services/choose-services.js';
import { breakerText, imageOf, type LiveService, observeLive } from '../services/observe-live.js';
import type { DeployResult, PlannedService } from './deploy-types.js';
import { usualDurationMs } from './history.js';
import { restartKind } from './operation-kinds.js';
import { assertAwake, assertNobodyElse } from './preflight.js';
import { refuseOwnRun } from './refuse-own-run.js';
import { planServices, serviceScopes } from './service-plan.js';
import { plannedResult } from './service-results.js';

export interface RestartRequest {
  readonly services: readonly string[];
  readonly deadlineMs?: number;
}

export const prepareRestart = async (
  ctx: Ctx,
  at: ResolvedTarget,
  request: RestartRequest,
): Promise<Operation<DeployResult>> => {
  const services = inDependencyOrder(chooseServices(at.environment.services, request.services));
  const live = await observeLive({ ecs: createEcsGateway(at.aws), cluster: at.environment.cluster, services });
  assertAwake(live, at.environment.name);
  await refuseOwnRun(ctx, at.target, live);
  assertNobodyElse(live, at.environment.name);
  const runId = ctx.ids.runId();
  const planned = live.map(restarted);
  const names = planned.map((service) => service.service);
  const plan = planServices({
    runId,
    nowMs: ctx.clocks.wall.now(),
    operation: 'restart@1',
    target: at.target,
    danger: 'none',
    isProtected: at.environment.isProtected,
    planned,
    steps: restartSteps(runId, live, request),
    closing: planned,
    locks: serviceScopes(planned),
  });
  const usuallyMs = await usualDurationMs(ctx, { target: at.target, operation: 'restart@1', services: names });
  return {
    kind: restartKind,
    plan,
    intro: live.map(
      ({ service, live: release, seen }) =>
        `${service.name}  restart release ${release.revision}, ${seen.desired} tasks`,
    ),
    warnings: [],
    isProtected: at.environment.isProtected,
    dryRunResult: { services: planned.map(plannedResult) },
    ...(usuallyMs === undefined ? {} : { usuallyMs }),
  };
};

const restarted = ({ service, cluster, live }: LiveService): PlannedService => {
  const image = imageOf(live.definition, service.container);
  return {
    kind: 'change',
    service: service.name,
    serviceName: service.serviceName,
    cluster,
    image,
    release: live.revision,
    previous: live.revision,
    previousImage: image,
  };
};

const restartSteps = (runId: string, live: readonly LiveService[], request: RestartRequest): readonly Step[] => {
  const known = new Set(live.map(({ service }) => service.name));
  return live.map((service) => {
    const needs = service.service.dependsOn.filter((name) => known.has(name)).map((name) => `update[${name}]`);
    return restartStep({ runId, live: service, needs, deadlineMs: request.deadlineMs ?? service.service.deadlineMs });
  });
};

const restartStep = (options: {
  readonly runId: string;
  readonly live: LiveService;
  readonly needs: readonly string[];
  readonly deadlineMs: number;
}): ActionStep => {
  const { runId, live, needs, deadlineMs } = options;
  const id = `update[${live.service.name}]`;
  const { taskDefinition } = live.picture;
  const target = { cluster: live.cluster, service: live.service.serviceName, taskDefinition, deadlineMs };
  return {
    kind: 'action',
    id,
    title: `restart ${live.service.name}`,
    chain: live.service.name,
    needs,
    uses: 'ecs.force-deployment@1',
    with: { ...target, onTimeout: 'rollback', earlier: live.completed === undefined ? 'none' : 'completed' },
    effect: 'probed',
    key: `${runId}/${id}`,
    expects: live.picture,
    // Old tasks still run while new ones start: stopping the deployment keeps them. Afterwards there is nothing to undo.
    undo: { uses: 'ecs.stop-deployment@1', with: { ...target, back: taskDefinition } },
    retry: { attempts: 6, backoffMs: 2_000, factor: 2, maxMs: 30_000, on: ['throttle', 'network', 'conflict'] },
    timeoutMs: Math.max(4 * deadlineMs, 60 * 60_000),
    onError: 'undo',
    undoScope: 'chain',
    preview: {
      verb: 'update',
      target: `service ${live.service.serviceName}`,
      note: `forced new deployment, ${breakerText(live.seen)}`,
    },
  };
};

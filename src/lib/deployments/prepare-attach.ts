/** `platform deploy --attach`: follow what another person or CI has started. Reads only, so it takes no lock. */
import type { Operation } from '../cli/operation.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { PlatformError } from '../errors/platform-error.js';
import type { ActionStep } from '../plan/plan.js';
import { imageOf, type LiveService } from '../services/observe-live.js';
import type { DeployResult, PlannedService } from './deploy-types.js';
import { deployKind } from './operation-kinds.js';
import { planServices } from './service-plan.js';
import { plannedResult } from './service-results.js';

export interface AttachRequest {
  readonly ctx: Ctx;
  readonly at: ResolvedTarget;
  readonly live: readonly LiveService[];
}

export const prepareAttach = ({ ctx, at, live }: AttachRequest): Operation<DeployResult> => {
  const busy = live.filter((service) => service.inProgress !== undefined);
  if (busy.length === 0) {
    throw new PlatformError('E_NOT_FOUND', 'no deployment is in progress, so there is nothing to attach to', {
      details: { services: live.map((service) => service.service.name) },
    });
  }
  const runId = ctx.ids.runId();
  const planned = busy.map(attached);
  const plan = planServices({
    runId,
    nowMs: ctx.clocks.wall.now(),
    operation: 'deploy@1',
    target: at.target,
    danger: 'none',
    // Following changes nothing.
    isProtected: false,
    planned,
    steps: busy.map((service) => followStep(runId, service)),
    closing: planned,
    locks: [],
  });
  return {
    kind: deployKind,
    plan,
    intro: busy.map((service) => `${service.service.name}  following ${service.inProgress?.arn ?? ''}`),
    warnings: [],
    isProtected: false,
    dryRunResult: { services: planned.map(plannedResult) },
  };
};

const attached = ({ service, cluster, live }: LiveService): PlannedService => ({
  kind: 'attach',
  service: service.name,
  serviceName: service.serviceName,
  cluster,
  image: imageOf(live.definition, service.container),
  release: live.revision,
  previous: live.revision,
  previousImage: '',
});

const followStep = (runId: string, { service, cluster, picture, inProgress, completed }: LiveService): ActionStep => {
  const id = `update[${service.name}]`;
  return {
    kind: 'action',
    id,
    title: `follow the deployment of ${service.name}`,
    chain: service.name,
    needs: [],
    uses: 'ecs.follow-deployment@1',
    with: {
      cluster,
      service: service.serviceName,
      taskDefinition: picture.taskDefinition,
      deploymentId: picture.deploymentId,
      serviceDeployment: inProgress?.arn ?? '',
      deadlineMs: service.deadlineMs,
      earlier: completed === undefined ? 'none' : 'completed',
    },
    effect: 'read',
    key: `${runId}/${id}`,
    undo: { none: 'it only watches' },
    retry: { attempts: 4, backoffMs: 1_000, factor: 2, maxMs: 10_000, on: ['throttle', 'network'] },
    timeoutMs: 4 * service.deadlineMs,
    onError: 'abort',
    undoScope: 'chain',
    preview: { verb: 'wait', target: `service ${service.serviceName}` },
  };
};

/** From what was composed and seen to one plan for all chosen services. Pure. Start reading at planDeploy. */
import type { ResolvedEnvironment, ResolvedService } from '../config/project.js';
import { durationMs } from '../config/resolve.js';
import type { Plan, Step, Target } from '../plan/plan.js';
import { breakerText, imageOf } from '../services/observe-live.js';
import { lastStepOf, rolling } from '../strategies/rolling.js';
import type { Change, Facts, Smoke } from '../strategies/strategy.js';
import type { Composed } from './compose-release.js';
import type { DeployRequest, PlannedService } from './deploy-types.js';
import { planServices, serviceScopes } from './service-plan.js';

export interface DeployPlanRequest {
  readonly runId: string;
  readonly nowMs: number;
  readonly target: Target;
  readonly environment: ResolvedEnvironment;
  /** Dependencies first. */
  readonly composed: readonly Composed[];
  readonly request: Pick<DeployRequest, 'deadlineMs' | 'onTimeout' | 'undoScope'>;
}

export const planDeploy = (options: DeployPlanRequest): Plan => {
  const { runId, nowMs, target, composed } = options;
  const changed = composed.filter((candidate) => !candidate.isUnchanged);
  const lastSteps = new Map<string, string>();
  const steps: Step[] = [];
  for (const candidate of changed) {
    const needs = candidate.live.service.dependsOn.flatMap((name) => lastSteps.get(name) ?? []);
    const own = rolling.plan(changeOf(options, candidate, needs), factsOf(candidate));
    steps.push(...own);
    lastSteps.set(candidate.live.service.name, lastStepOf(own));
  }
  const planned = composed.map(plannedService);
  const closing = planned.filter((service) => service.kind === 'change');
  return planServices({
    runId,
    nowMs,
    operation: 'deploy@1',
    target,
    danger: 'none',
    isProtected: options.environment.isProtected,
    planned,
    steps,
    closing,
    locks: serviceScopes(closing),
  });
};

export const plannedService = ({ live, image, isUnchanged }: Composed): PlannedService => ({
  kind: isUnchanged ? 'unchanged' : 'change',
  service: live.service.name,
  serviceName: live.service.serviceName,
  cluster: live.cluster,
  image: image.image,
  release: isUnchanged ? live.live.revision : null,
  previous: live.live.revision,
  previousImage: imageOf(live.live.definition, live.service.container),
});

const changeOf = (options: DeployPlanRequest, candidate: Composed, needs: readonly string[]): Change => {
  const { runId, environment, request } = options;
  const { live, image, source, tags } = candidate;
  const smoke = smokeOf(live.service, environment);
  return {
    runId,
    purpose: 'deploy',
    service: live.service.name,
    cluster: live.cluster,
    serviceName: live.service.serviceName,
    release: { kind: 'register', family: live.service.family, source, tags },
    deadlineMs: request.deadlineMs ?? live.service.deadlineMs,
    onTimeout: request.onTimeout,
    ...(smoke ? { smoke } : {}),
    needs,
    undoScope: request.undoScope,
    shown: {
      before: imageOf(live.live.definition, live.service.container),
      after: image.image,
      breaker: breakerText(live.seen),
    },
  };
};

const factsOf = ({ live }: Composed): Facts => ({
  live: live.picture,
  ...(live.completed === undefined ? {} : { completed: live.completed }),
  breaker: live.seen.breaker,
});

/** A path is asked of the environment's load balancer. */
export const smokeOf = (service: ResolvedService, environment: ResolvedEnvironment): Smoke | undefined => {
  const smoke = service.config.smoke;
  if (!smoke) return undefined;
  const common = { timeoutMs: durationMs(smoke.timeout), attempts: smoke.attempts };
  if ('command' in smoke) return { kind: 'command', argv: smoke.command, ...common };
  const balancer = environment.config.loadBalancer;
  return {
    kind: 'http',
    url: smoke.url,
    expectStatus: smoke.expectStatus,
    ...common,
    ...(balancer ? { loadBalancer: { name: balancer.name, port: balancer.listenerPort } } : {}),
  };
};

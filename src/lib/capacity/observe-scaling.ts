/** What scales these services besides us. Reads only; a right that is missing makes a warning, not a refusal. */
import { type AutoscalingGateway, resourceIdOf, type ScalableTarget } from '../aws/autoscaling.js';
import { toPlatformError } from '../aws/errors.js';
import type { Warning } from '../cli/report.js';
import type { LiveService } from '../services/observe-live.js';
import type { ScalingFacts } from './scale-types.js';

export interface ObservedScaling {
  /** By name in platform.yaml; a service that nothing scales is absent. */
  readonly facts: ReadonlyMap<string, ScalingFacts>;
  readonly warnings: readonly Warning[];
}

const refOf = ({ cluster, service }: LiveService) => ({ cluster, service: service.serviceName });

export const observeScaling = async (
  autoscaling: AutoscalingGateway,
  live: readonly LiveService[],
): Promise<ObservedScaling> => {
  try {
    const targets = await autoscaling.targets(live.map(refOf));
    const found = await Promise.all(
      live.map(async (service): Promise<readonly [string, ScalingFacts] | undefined> => {
        const target = targets.get(resourceIdOf(refOf(service)));
        if (!target) return undefined;
        const policies = await autoscaling.policies(refOf(service));
        return [service.service.name, factsOf(target, policies)];
      }),
    );
    return { facts: new Map(found.filter((entry) => entry !== undefined)), warnings: [] };
  } catch (error) {
    const known = toPlatformError(error, 'application-autoscaling:DescribeScalableTargets');
    if (known.code !== 'E_DENIED') throw known;
    const message = `whether autoscaling changes these counts could not be asked: ${known.message}`;
    return { facts: new Map(), warnings: [{ code: 'autoscaling-unchecked', message }] };
  }
};

const factsOf = (target: ScalableTarget, policies: readonly { readonly name: string }[]): ScalingFacts => ({
  min: target.min,
  max: target.max,
  policies: policies.map((policy) => policy.name),
  suspended: [
    ...(target.suspended.scaleIn ? (['scale-in'] as const) : []),
    ...(target.suspended.scaleOut ? (['scale-out'] as const) : []),
    ...(target.suspended.scheduled ? (['scheduled'] as const) : []),
  ],
});

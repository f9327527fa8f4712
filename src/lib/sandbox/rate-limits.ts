/**
 * AWS's request limits: one token bucket per region and group of operations, refilled in AWS time. A bucket is one
 * number in the world's counters, so that a snapshot holds it: the time at which the bucket will be full again.
 */
import type { RateLimit, ServiceModule } from './service.js';
import type { World } from './world.js';

export interface LimitedCall {
  readonly module: ServiceModule;
  readonly region: string;
  readonly operation: string;
}

/** Takes a token from each bucket of this operation; returns the limit that is exhausted, and then takes none. */
export const takeTokens = (world: World, { module, region, operation }: LimitedCall): RateLimit | undefined => {
  const limits = (module.limits ?? []).map((limit, index) => ({ limit, key: `rate/${module.id}/${region}/${index}` }));
  const concerned = limits.filter(({ limit }) => limit.operations.includes(operation));
  const exhausted = concerned.find(({ limit, key }) => !hasToken(world, limit, key));
  if (exhausted) return exhausted.limit;
  for (const { limit, key } of concerned) {
    world.state.counters[key] = fullAgainAt(world, key) + msPerToken(limit);
  }
  return undefined;
};

const msPerToken = ({ perSecond }: RateLimit): number => 1_000 / perSecond;

const fullAgainAt = (world: World, key: string): number => Math.max(world.state.counters[key] ?? 0, world.now);

const hasToken = (world: World, limit: RateLimit, key: string): boolean => {
  const missingMs = fullAgainAt(world, key) - world.now;
  // A thousandth of a token of slack: the sums are in floating point.
  return missingMs <= msPerToken(limit) * (limit.burst - 1 + 0.001);
};

/** How many healthy and unhealthy targets a group had when: what HealthyHostCount and UnHealthyHostCount are made of. */
import type { Place } from '../neighbours.js';
import { elbv2State, type HostCounts, type TargetGroupState } from './state.js';

const keptMs = 61 * 60_000;
const keptChanges = 1_000;

/** Called after every change of a group's targets. */
export const noteHosts = ({ world, region }: Place, group: TargetGroupState): void => {
  const { traffic } = elbv2State(world, region);
  traffic.hosts ??= {};
  traffic.hosts[group.arn] ??= [];
  const changes = traffic.hosts[group.arn] as HostCounts[];
  let healthy = 0;
  let unhealthy = 0;
  for (const { state } of Object.values(group.targets)) {
    if (state === 'healthy') healthy += 1;
    if (state === 'unhealthy') unhealthy += 1;
  }
  changes.push([world.now, healthy, unhealthy]);
  // The newest change before the window tells what the window begins with.
  while (changes.length > keptChanges || (changes[1] !== undefined && changes[1][0] < world.now - keptMs))
    changes.shift();
};

/** The counts that a group had at some time in [from, to), each with its share of that time. */
export const hostsIn = (
  place: Place,
  ask: { readonly arn: string; readonly from: number; readonly to: number },
): readonly { readonly healthy: number; readonly unhealthy: number; readonly share: number }[] => {
  const { world, region } = place;
  const changes = elbv2State(world, region).traffic.hosts?.[ask.arn] ?? [];
  return changes.flatMap(([at, healthy, unhealthy], index) => {
    const begin = Math.max(ask.from, at);
    const end = Math.min(ask.to, changes[index + 1]?.[0] ?? ask.to);
    return end > begin ? [{ healthy, unhealthy, share: (end - begin) / (ask.to - ask.from) }] : [];
  });
};

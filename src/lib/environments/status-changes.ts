/** What has changed from one look at an environment to the next: as events for programs and as lines for people. Pure. */
import { type Json, sameJson } from '../plan/json.js';
import type { ServiceStatus, StatusResult } from './status-types.js';

export interface StatusEvent {
  readonly event: Json;
  readonly text: string;
}

/** Everything at the first look (`before` absent); then only what differs. */
export const statusEvents = (
  before: StatusResult | undefined,
  after: StatusResult,
  atMs: number,
): readonly StatusEvent[] => {
  const at = new Date(atMs).toISOString();
  const clock = at.slice(11, 19);
  const known = new Map(before?.services.map((entry) => [entry.service, entry]));
  const changed = after.services.filter((entry) => !sameJson(known.get(entry.service), entry));
  return [
    ...changed.map((entry): StatusEvent => {
      const old = known.get(entry.service);
      return {
        event: { event: 'service', at, from: old?.state ?? null, status: asJson(entry) },
        text: `${clock}  ${changeText(old, entry)}`,
      };
    }),
    ...(sameJson(before?.counts, after.counts)
      ? []
      : [{ event: { event: 'counts', at, counts: asJson(after.counts) }, text: `${clock}  ${countsText(after)}` }]),
    ...(sameJson(before?.lock ?? [], after.lock)
      ? []
      : [{ event: { event: 'lock', at, lock: asJson(after.lock) }, text: `${clock}  ${lockText(after)}` }]),
  ];
};

const asJson = (value: object): Json => JSON.parse(JSON.stringify(value)) as Json;

/** `api: deploying → healthy, release 13, 2/2 tasks, targets 2/2` */
const changeText = (before: ServiceStatus | undefined, after: ServiceStatus): string => {
  const state = before === undefined || before.state === after.state ? after.state : `${before.state} → ${after.state}`;
  const facts = [
    state,
    ...(after.state === 'missing' ? [] : [`release ${after.release}`, `${after.running}/${after.desired} tasks`]),
    ...(after.targets === undefined ? [] : [`targets ${after.targets.healthy}/${after.targets.total}`]),
    ...(after.deployment?.outcome === undefined ? [] : [`last deployment ${after.deployment.outcome}`]),
  ];
  return `${after.service}: ${[facts.join(', '), ...after.problems].join('; ')}`;
};

const countsText = ({ counts }: StatusResult): string =>
  Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([state, number]) => `${number} ${state}`)
    .join(', ');

const lockText = ({ lock }: StatusResult): string =>
  lock.length === 0
    ? 'not locked any more'
    : `locked: ${lock.map(({ scope, run, by }) => `${scope} by run ${run} (${by})`).join(', ')}`;

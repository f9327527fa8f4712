/** A deployment in progress that a run of ours holds the lock for: that run is what can be waited for, resumed or undone. */
import type { Ctx } from '../context/context.js';
import { isFinalState } from '../engine/decide.js';
import { foldAll } from '../engine/fold.js';
import { type Conflict, scopesCollide } from '../engine/ports.js';
import { lockRefusal } from '../engine/take-lock.js';
import type { Target } from '../plan/plan.js';
import type { LiveService } from '../services/observe-live.js';

type Stores = Pick<Ctx, 'journals' | 'locks'>;

/** Before the deployment itself is named as somebody else's. */
export const refuseOwnRun = async (ctx: Stores, target: Target, live: readonly LiveService[]): Promise<void> => {
  const busy = live.filter((service) => service.inProgress !== undefined);
  if (busy.length === 0) return;
  const locks = ctx.locks(target);
  const { holders } = await locks.read();
  const conflicts = holders
    .filter(({ scope }) => busy.some(({ service }) => scopesCollide(scope, { kind: 'service', service: service.name })))
    .map((holder) => ({ holder, liveness: locks.liveness?.(holder) ?? ('remote' as const) }));
  const unfinished: Conflict[] = [];
  for (const conflict of conflicts) if (!(await hasEnded(ctx, target, conflict))) unfinished.push(conflict);
  if (unfinished.length > 0) throw lockRefusal(unfinished);
};

/** Died between its end and the release of its lock: then the deployment is not its own any more. */
const hasEnded = (ctx: Stores, target: Target, { holder }: Conflict): Promise<boolean> =>
  ctx
    .journals(target)
    .read(holder.runId)
    .then((events) => isFinalState(foldAll(events).state))
    .catch(() => false);

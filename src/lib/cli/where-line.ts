/** The first line on stderr: where we are. `SANDBOX 60× · shop/staging` or `AWS 1234…9012 eu-west-1 · shop/staging`. Pure. */
import type { Place } from '../context/context.js';
import type { Target } from '../plan/plan.js';
import type { Line } from './report.js';

export const whereLine = (place: Place, target: Target): Line => {
  const project = `${target.project}/${target.environment}`;
  if (place.kind === 'sandbox') {
    const speed = place.speed > 0 ? `${place.speed}×` : 'manual clock';
    return [{ text: `SANDBOX ${speed}`, tone: 'accent' }, { text: ` · ${project}` }];
  }
  const account = target.account.replace(/^(\d{4})\d{4}(\d{4})$/, '$1…$2');
  return [{ text: `AWS ${account} ${target.region}`, tone: 'warn' }, { text: ` · ${project}` }];
};

/** The first line on stderr: where we are. `SANDBOX 60× · shop/staging` or `AWS 1234…9012 eu-west-1 · shop/staging`. Pure. */
import type { Place } from '../context/context.js';
import type { EnvelopeTarget } from './envelope.js';
import type { Line, Span } from './report.js';

/** A place without a project yet (`adopt`) is named by account and region alone. */
export const whereLine = (place: Place, target: Omit<EnvelopeTarget, 'place'>): Line => {
  const project = target.project === undefined ? (target.region ?? '') : `${target.project}/${target.environment}`;
  if (place.kind === 'sandbox') {
    const speed = place.speed > 0 ? `${place.speed}×` : 'manual clock';
    return [{ text: `SANDBOX ${speed}`, tone: 'accent' }, { text: ` · ${project}` }];
  }
  const account = (target.account ?? '').replace(/^(\d{4})\d{4}(\d{4})$/, '$1…$2');
  const where: Span = { text: `AWS ${account} ${target.region}`, tone: 'warn' };
  return target.project === undefined ? [where] : [where, { text: ` · ${project}` }];
};

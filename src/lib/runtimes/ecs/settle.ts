/** "Not there" right after a write may only mean that AWS's reads have not caught up: then a probe knows nothing. */
import type { ActionIo, Probed } from '../../engine/action.js';
import type { Json } from '../../plan/json.js';

export const absentUnlessSettling = (
  io: Pick<ActionIo<unknown>, 'now' | 'startedAt'>,
  settleMs: number,
  evidence: Json,
): Probed<never, never> => ({ kind: io.now() - io.startedAt < settleMs ? 'unknown' : 'absent', evidence });

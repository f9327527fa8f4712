import { randomBytes } from 'node:crypto';
import type { WallClock } from '../engine/clock.js';
import type { Ids } from './context.js';
import { alphabet, ulidGenerator } from './ulid.js';

const nonceDigits = 20;

export const idsFrom = (wall: Pick<WallClock, 'now'>): Ids => ({
  runId: ulidGenerator({ now: () => wall.now(), random: randomBytes }),
  nonce: () => [...randomBytes(nonceDigits)].map((byte) => alphabet.charAt(byte % 32)).join(''),
});

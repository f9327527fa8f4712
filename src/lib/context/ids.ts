/** Run ids are lower-case ULIDs: they sort by time and are safe as a folder's name. */
import { randomBytes } from 'node:crypto';
import type { WallClock } from '../engine/clock.js';
import type { Ids } from './context.js';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const timePart = (ms: number): string => {
  let rest = ms;
  let text = '';
  for (let index = 0; index < 10; index++) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
};

const randomPart = (length: number): string =>
  [...randomBytes(length)].map((byte) => alphabet.charAt(byte % 32)).join('');

export const idsFrom = (wall: Pick<WallClock, 'now'>): Ids => ({
  runId: () => timePart(wall.now()) + randomPart(16),
  nonce: () => randomPart(20),
});

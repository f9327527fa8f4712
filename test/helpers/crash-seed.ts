/** The seed of crash samples: a new one each time, printed, repeated with PLATFORM_TEST_SEED. */
import { randomInt } from 'node:crypto';
import { randomFrom } from './seeded.js';

export const crashSeed = (what: string): number => {
  const given = process.env['PLATFORM_TEST_SEED'];
  const seed = given === undefined ? randomInt(1_000_000_000) : Number(given);
  process.stderr.write(`${what}: PLATFORM_TEST_SEED=${seed}\n`);
  return seed;
};

/** The samples of `what` are the same for one seed, whatever else was drawn before. */
export const randomOf = (seed: number, what: string): (() => number) => {
  let mixed = seed >>> 0;
  for (const char of what) mixed = Math.imul(mixed ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return randomFrom(mixed);
};

export const pick = <T>(random: () => number, from: readonly T[]): T => {
  const chosen = from[Math.floor(random() * from.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
};

export const shuffled = <T>(random: () => number, from: readonly T[]): readonly T[] =>
  from
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);

/** Everything, not a sample of it (`npm run crash -- --all`). */
export const takesAll = (): boolean => process.env['PLATFORM_TEST_CRASH'] === 'all';

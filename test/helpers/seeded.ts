/** Randomness that a test can print and repeat: `SEED=123 npx vitest …`. */
export const seedFor = (what: string): number => {
  const given = process.env['SEED'];
  const seed = given === undefined ? Date.now() % 1_000_000_000 : Number(given);
  process.stderr.write(`${what}: SEED=${seed}\n`);
  return seed;
};

/** Mulberry32: numbers in [0, 1). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

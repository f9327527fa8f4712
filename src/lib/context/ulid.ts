/** Run ids are lower-case ULIDs: they sort by time as text and are safe as a folder's name. Imports nothing. */

/** Crockford's base 32: no i, l, o, u, so an id can be read aloud. */
export const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const randomDigits = 16;

export interface UlidSources {
  /** Wall milliseconds. */
  readonly now: () => number;
  /** So many random bytes. */
  readonly random: (bytes: number) => Uint8Array;
}

/**
 * Ids of one generator always rise, also within one millisecond and when the clock is set back: then the time stays and
 * the random part counts up by one.
 */
export const ulidGenerator = (sources: UlidSources): (() => string) => {
  let time = -1;
  let digits: readonly number[] = [];
  return () => {
    const now = sources.now();
    const counted = now > time ? undefined : plusOne(digits);
    if (now > time || counted === undefined) {
      // All 2^80 of one millisecond used up: the next one is borrowed.
      time = Math.max(now, time + 1);
      digits = [...sources.random(randomDigits)].map((byte) => byte % 32);
    } else {
      digits = counted;
    }
    return timeDigits(time) + digits.map((digit) => alphabet.charAt(digit)).join('');
  };
};

const timeDigits = (ms: number): string => {
  let text = '';
  for (let rest = ms, index = 0; index < 10; index += 1, rest = Math.floor(rest / 32)) {
    text = alphabet.charAt(rest % 32) + text;
  }
  return text;
};

/** Undefined when every digit is at its end. */
const plusOne = (digits: readonly number[]): readonly number[] | undefined => {
  const next = [...digits];
  for (let index = next.length - 1; index >= 0; index -= 1) {
    const digit = next[index] ?? 0;
    if (digit < 31) {
      next[index] = digit + 1;
      return next;
    }
    next[index] = 0;
  }
  return undefined;
};

/**
 * Run ids: lower-case ULIDs. They sort by time as text, and people name a run by its end, as far as that is unique.
 * Imports errors only.
 */
import { PlatformError } from '../errors/platform-error.js';

const runIdPattern = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

export const isRunId = (text: string): boolean => runIdPattern.test(text);

/** Shorter ends would be unique today and not tomorrow, and somebody copies them into a chat. */
const shortestShown = 6;

/** Gives each id its shortest end that no other one has. An id that is not among them is given whole. */
export const shortestUniqueSuffix = (ids: readonly string[]): ((id: string) => string) => {
  // Reversed and sorted, the longest common end of an id with any other is the one with a neighbour.
  const reversed = [...new Set(ids)].map((id) => [...id].reverse().join('')).sort();
  const lengths = new Map<string, number>();
  reversed.forEach((text, index) => {
    const common = Math.max(commonStart(text, reversed[index - 1]), commonStart(text, reversed[index + 1]));
    const id = [...text].reverse().join('');
    lengths.set(id, Math.min(id.length, Math.max(shortestShown, common + 1)));
  });
  return (id) => id.slice(-(lengths.get(id) ?? id.length));
};

const commonStart = (a: string, b: string | undefined): number => {
  let length = 0;
  while (b !== undefined && length < a.length && a[length] === b[length]) length += 1;
  return length;
};

const listedAtMost = 10;

/** From a whole id, or an end that only one run has, to the run's id. Case does not matter. */
export const resolveRunId = (input: string, ids: readonly string[]): string => {
  const wanted = input.trim().toLowerCase();
  if (!/^[0-9a-z-]+$/.test(wanted)) {
    throw new PlatformError('E_USAGE', `${JSON.stringify(input)} is no run id`, { hints: ['platform runs list'] });
  }
  const distinct = [...new Set(ids)];
  if (distinct.includes(wanted)) return wanted;
  const found = distinct.filter((id) => id.endsWith(wanted));
  const [only, second] = found;
  if (only === undefined)
    throw new PlatformError('E_NOT_FOUND', `there is no run ${input}`, { hints: ['platform runs list'] });
  if (second === undefined) return only;
  const newest = [...found].sort().reverse().slice(0, listedAtMost);
  const more = found.length > newest.length ? `, and ${found.length - newest.length} more` : '';
  throw new PlatformError('E_USAGE', `${found.length} runs end in ${input}: ${newest.join(', ')}${more}`, {
    hints: ['give more of the id'],
    details: { matches: newest },
  });
};

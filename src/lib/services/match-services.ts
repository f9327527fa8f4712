/** Which services words mean that may be patterns: `api`, `web-*`. Pure. */
import type { ResolvedService } from '../config/project.js';
import { PlatformError } from '../errors/platform-error.js';
import { chooseServices } from './choose-services.js';

const isPattern = (word: string): boolean => /[*?]/.test(word);

/** Without regular expressions: a hostile pattern must not take exponential time. `*` any text, `?` one character. */
export const matchesPattern = (pattern: string, text: string): boolean => {
  let [at, from, star, mark] = [0, 0, -1, 0];
  while (from < text.length) {
    if (pattern[at] === '?' || (pattern[at] === text[from] && pattern[at] !== '*')) {
      at += 1;
      from += 1;
    } else if (pattern[at] === '*') {
      star = at;
      mark = from;
      at += 1;
    } else if (star >= 0) {
      mark += 1;
      from = mark;
      at = star + 1;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
};

const namesInHint = 30;
const nameOf = ({ name }: ResolvedService): string => name;

/** In the order of platform.yaml; all of them when no word is given. A word that means none is E_NOT_FOUND. */
export const matchServices = (
  all: readonly ResolvedService[],
  words: readonly string[],
): readonly ResolvedService[] => {
  const plain = words.filter((word) => !isPattern(word));
  const patterns = words.filter(isPattern);
  const named = plain.length > 0 || patterns.length === 0 ? chooseServices(all, plain) : [];
  for (const pattern of patterns) {
    if (all.some((service) => matchesPattern(pattern, service.name))) continue;
    throw new PlatformError('E_NOT_FOUND', `no service of platform.yaml matches ${pattern}`, {
      hints: [`services: ${all.slice(0, namesInHint).map(nameOf).join(', ')}${all.length > namesInHint ? ', …' : ''}`],
      details: { pattern },
    });
  }
  return all.filter(
    (service) => named.includes(service) || patterns.some((pattern) => matchesPattern(pattern, service.name)),
  );
};

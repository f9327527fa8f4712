/** What is wrong with a file, said for people: text, did-you-mean, and the one error that carries all of it. Pure. */
import { PlatformError } from '../errors/platform-error.js';
import type { Diagnostic, Position } from './project.js';

export type Path = readonly (string | number)[];

/** One text per path. Keys never hold U+0000: YAML does not allow it. */
export const pathKey = (path: Path): string => path.join('\u0000');

/** `services.api.smoke.url`, `dependsOn[0]`: how people write a path. */
export const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');

const maxQuoted = 80;
// Control, zero-width and bidirectional characters: shown as \u{…}, so that a file cannot write to the terminal.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text from a file, made harmless. */
export const visible = (text: string): string =>
  text.replace(invisible, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);

/** Harmless and short, in back-ticks. */
export const quoted = (text: string): string =>
  `\`${visible(text.length > maxQuoted ? `${text.slice(0, maxQuoted)}…` : text)}\``;

/** Insertions, deletions, substitutions and swapped neighbours. */
const editDistance = (a: string, b: string): number => {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (before[j - 2] ?? 0) + 1 : substitution;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution, swap));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
};

/** The nearest of `known`, when it is near enough to be what was meant. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > 64) return undefined;
  const limit = Math.max(1, Math.floor(word.length / 3));
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
};

/** A did-you-mean, else the list of what is allowed. */
export const suggest = (word: string, known: readonly string[]): string | undefined => {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean ${quoted(near)}?`;
  if (known.length === 0) return undefined;
  const shown = known.slice(0, 30).join(', ');
  return `allowed here: ${shown}${known.length > 30 ? ', …' : ''}`;
};

export const positionText = (at: Position): string => `${at.file}:${at.line}:${at.column}`;

const comparePosition = (a: Diagnostic, b: Diagnostic): number => {
  if (a.at === undefined || b.at === undefined) return a.at === b.at ? 0 : a.at === undefined ? 1 : -1;
  if (a.at.file !== b.at.file) return a.at.file < b.at.file ? -1 : 1;
  return a.at.line - b.at.line || a.at.column - b.at.column;
};

/** In file order, each said once (an alias or a second environment would repeat it). */
export const tidy = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => {
  const seen = new Map<string, Diagnostic>();
  for (const one of diagnostics) {
    const key = `${one.at === undefined ? '' : positionText(one.at)} ${one.message}`;
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()].sort(comparePosition);
};

export const diagnosticLines = (diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics.flatMap(({ at, message, hint }) => [
    `  ${at === undefined ? '' : `${positionText(at)}  `}${message}`,
    ...(hint === undefined ? [] : [`      ${hint}`]),
  ]);

const maxListed = 100;

/** All errors at once. `details.diagnostics` has them for machines, the message for people. */
export const configError = (
  subject: string,
  diagnostics: readonly Diagnostic[],
  options: { readonly hints?: readonly string[] } = {},
): PlatformError => {
  const all = tidy(diagnostics);
  const errors = all.filter(({ severity }) => severity === 'error').length;
  const listed = all.slice(0, maxListed);
  const rest = all.length - listed.length;
  const message = [
    `${subject} is not valid: ${errors} ${errors === 1 ? 'error' : 'errors'}`,
    ...diagnosticLines(listed),
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
  ].join('\n');
  return new PlatformError('E_CONFIG', message, {
    hints: options.hints ?? ['platform config validate'],
    details: { diagnostics: listed },
  });
};

/** Throws when there is an error among them; warnings alone pass. */
export const assertValid = (subject: string, diagnostics: readonly Diagnostic[]): void => {
  if (diagnostics.some(({ severity }) => severity === 'error')) throw configError(subject, diagnostics);
};

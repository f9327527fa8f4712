/** Lines of parts → text, coloured or not. Every part passes through foreignText: nobody can smuggle an escape sequence. */
import { foreignText } from './foreign-text.js';
import type { Line, Span } from './report.js';

type Tone = NonNullable<Span['tone']>;

const codes: Readonly<Record<Tone, readonly [number, number]>> = {
  strong: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  accent: [36, 39],
};

export interface Paint {
  (line: Line): string;
  readonly tone: (text: string, tone: Tone) => string;
  readonly kind: 'colour' | 'plain';
}

export const painter = (colour: 'colour' | 'plain'): Paint => {
  const tone = (text: string, name: Tone): string => {
    const safe = foreignText(text);
    return colour === 'plain' ? safe : `\u001b[${codes[name][0]}m${safe}\u001b[${codes[name][1]}m`;
  };
  const paint = (line: Line): string =>
    typeof line === 'string'
      ? foreignText(line)
      : line.map((span) => (span.tone ? tone(span.text, span.tone) : foreignText(span.text))).join('');
  return Object.assign(paint, { tone, kind: colour });
};

/** Columns that a text takes on screen; colour codes take none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: matches the colour codes written above.
const sgr = /\u001b\[\d+m/g;
export const widthOf = (text: string): number => [...text.replace(sgr, '')].length;

/** Cuts plain text to a width, with an ellipsis. */
export const cut = (text: string, width: number): string => {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
};

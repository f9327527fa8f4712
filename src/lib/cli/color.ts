/** Lines of parts → text, coloured, linked, or neither. Every part passes through foreignText: nobody can smuggle an escape sequence. */
import { isConsoleLink } from '../aws/console-links.js';
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

/** OSC 8. Only addresses of the AWS console become links: a tag or a log line must not lead anywhere else. */
const linked = (text: string, url: string): string =>
  isConsoleLink(url) ? `\u001b]8;;${foreignText(url)}\u001b\\${text}\u001b]8;;\u001b\\` : text;

export const painter = (colour: 'colour' | 'plain', links: 'links' | 'no-links' = 'no-links'): Paint => {
  const tone = (text: string, name: Tone): string => {
    const safe = foreignText(text);
    return colour === 'plain' ? safe : `\u001b[${codes[name][0]}m${safe}\u001b[${codes[name][1]}m`;
  };
  const span = ({ text, tone: name, link }: Span): string => {
    const shown = name === undefined ? foreignText(text) : tone(text, name);
    return link === undefined || links === 'no-links' ? shown : linked(shown, link);
  };
  const paint = (line: Line): string => (typeof line === 'string' ? foreignText(line) : line.map(span).join(''));
  return Object.assign(paint, { tone, kind: colour });
};

/** Columns that a text takes on screen; colours and the addresses of links take none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: matches the sequences written above.
const sequences = /\u001b\[\d+m|\u001b\]8;;[^\u001b]*\u001b\\/g;
export const widthOf = (text: string): number => [...text.replace(sequences, '')].length;

/** Cuts plain text to a width, with an ellipsis. */
export const cut = (text: string, width: number): string => {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
};

/**
 * Rows in aligned columns, fitted to a width: the columns that matter most are kept, long ones are cut, the rest is left
 * out. For nouns that make lines; pure text, like duration.ts and foreign-text.ts.
 */
import { cut, widthOf } from './color.js';
import { foreignText } from './foreign-text.js';
import type { Line, Span } from './report.js';

export interface Column {
  readonly title: string;
  /** The higher, the longer it stays when columns get scarce. */
  readonly priority: number;
  /** It may be cut down to this many characters; absent: it is shown whole or not at all. */
  readonly min?: number;
  /** Which end a cut leaves: the end of an image is its tag. */
  readonly keeps?: 'start' | 'end';
}

/** One cell per column, empty where there is nothing to say. */
export type Row = readonly Span[];

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly width: number;
}

const gap = 2;
const textOf = (row: Row, index: number): string => foreignText(row[index]?.text ?? '');

/** The head, then one line per row. A column in which nothing is said is not there. */
export const tableLines = (table: Table): readonly Line[] => {
  const widths = fitWidths(table);
  const head: Row = table.columns.map(({ title }) => ({ text: title, tone: 'dim' }));
  return [head, ...table.rows].map((row) => rowLine(table.columns, row, widths));
};

/** Column index → characters; columns that are left out are absent. */
const fitWidths = ({ columns, rows, width }: Table): ReadonlyMap<number, number> => {
  const natural = columns.map((column, index) => {
    const longest = Math.max(0, ...rows.map((row) => widthOf(textOf(row, index))));
    return longest === 0 ? 0 : Math.max(longest, column.title.length);
  });
  const least = natural.map((size, index) => Math.min(size, Math.max(columns[index]?.min ?? size, 1)));
  const byPriority = columns.map((_, index) => index).filter((index) => (natural[index] ?? 0) > 0);
  byPriority.sort((a, b) => (columns[b]?.priority ?? 0) - (columns[a]?.priority ?? 0));
  const chosen = new Map<number, number>();
  let used = -gap;
  for (const index of byPriority) {
    const size = least[index] ?? 0;
    if (chosen.size > 0 && used + gap + size > width) continue;
    chosen.set(index, size);
    used += gap + size;
  }
  for (const [index, size] of chosen) {
    const more = Math.min((natural[index] ?? 0) - size, Math.max(0, width - used));
    chosen.set(index, size + more);
    used += more;
  }
  return chosen;
};

const rowLine = (columns: readonly Column[], row: Row, widths: ReadonlyMap<number, number>): Line => {
  const shown = columns.map((_, index) => index).filter((index) => widths.has(index));
  const last = shown.filter((index) => textOf(row, index) !== '').at(-1);
  return shown.flatMap((index): Span[] => {
    if (last === undefined || index > last) return [];
    const size = widths.get(index) ?? 0;
    const text = cutTo(textOf(row, index), size, columns[index]?.keeps ?? 'start');
    const blanks = index === last ? 0 : size - widthOf(text) + gap;
    return [{ ...row[index], text }, ...(blanks > 0 ? [{ text: ' '.repeat(blanks) }] : [])];
  });
};

const cutTo = (text: string, width: number, keeps: 'start' | 'end'): string => {
  const characters = [...text];
  if (characters.length <= width) return text;
  return keeps === 'start' ? cut(text, width) : `…${characters.slice(characters.length - width + 1).join('')}`;
};

/** Words in lines of at most `width` characters. A longer word (an ARN) has a line of its own and is not broken. */
export const wrapWords = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of foreignText(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line === '' ? lines : [...lines, line];
};

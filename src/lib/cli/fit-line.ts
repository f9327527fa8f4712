/**
 * A line that is wider than the terminal, broken between words; what goes on is indented below what it belongs to. A
 * terminal would break it in the middle of a word and begin the rest at the edge. A plain string is left alone: it may be
 * a script or a document, which is copied as it is. Pure.
 */
import { foreignText } from './foreign-text.js';
import type { Line, Span } from './report.js';

/** A label (`  deployment `) is a first part of its own; its text goes on below itself. */
const maxIndent = 24;

const visible = (line: readonly Span[]): readonly Span[] =>
  line.map((span) => ({ ...span, text: foreignText(span.text) }));

const indentOf = (spans: readonly Span[]): number => {
  const [first, second] = spans;
  const own = first?.text ?? '';
  const label = second === undefined ? own.length - own.trimStart().length + 2 : own.length;
  return label <= maxIndent ? label : 4;
};

/** Words with the blanks before them, each with its span's looks. */
const wordsOf = (spans: readonly Span[]): readonly Span[] =>
  spans.flatMap(({ text, ...looks }) => (text.match(/\s*\S+|\s+$/g) ?? []).map((word) => ({ ...looks, text: word })));

export const fittedLines = (line: Line, columns: number): readonly Line[] => {
  if (typeof line === 'string') return [line];
  const spans = visible(line);
  const width = [...spans.map(({ text }) => text).join('')].length;
  if (width <= columns) return [line];
  const indent = ' '.repeat(indentOf(spans));
  const lines: Span[][] = [];
  let current: Span[] = [];
  let used = 0;
  for (const word of wordsOf(spans)) {
    const length = [...word.text].length;
    // Blanks alone never begin a line, and a word too long for any line is left to the terminal.
    if (used + length > columns && current.some(({ text }) => text.trim() !== '')) {
      lines.push(current);
      const rest = word.text.trimStart();
      current = rest === '' ? [{ text: indent }] : [{ text: indent }, { ...word, text: rest }];
      used = indent.length + [...rest].length;
    } else {
      current.push(word);
      used += length;
    }
  }
  return [...lines, current].filter((one) => one.some(({ text }) => text.trim() !== ''));
};

/** Differences as lines for people, fitted to a width: added, removed, changed. Pure; `diff` and `rollback` share it. */
import type { Line, Span } from '../cli/report.js';
import { wrapWords } from '../cli/table.js';
import { shortImage } from '../images/image-reference.js';
import type { Difference } from './definition-diff.js';

const marks = {
  added: { mark: '+', tone: 'good' },
  removed: { mark: '-', tone: 'bad' },
  changed: { mark: '~', tone: 'warn' },
} as const;

const kindOf = ({ before, after }: Difference): keyof typeof marks =>
  before === null ? 'added' : after === null ? 'removed' : 'changed';

/** Without columns a difference is one line, however long. */
export const differenceLines = (differences: readonly Difference[], columns?: number): readonly Line[] =>
  differences.flatMap((difference) => linesOf(difference, columns ?? Number.POSITIVE_INFINITY));

const linesOf = (difference: Difference, columns: number): readonly Line[] => {
  const { mark, tone } = marks[kindOf(difference)];
  const { field } = difference;
  const values = [difference.before, difference.after].filter((value) => value !== null).map(shownBy(difference));
  const head: Span = { text: `  ${mark} `, tone };
  const short = `${values.join(' → ')}`;
  if (4 + field.length + 2 + short.length <= columns)
    return [[head, { text: `${field}: `, tone: 'dim' }, { text: short }]];
  return [[head, { text: field, tone: 'dim' }], ...longLines(difference, columns)];
};

/** Too long for one line: what was and what will be, one below the other. */
const longLines = (difference: Difference, columns: number): readonly Line[] =>
  (['before', 'after'] as const).flatMap((side) => {
    const value = difference[side];
    if (value === null) return [];
    const { mark, tone } = side === 'before' ? marks.removed : marks.added;
    return wrapWords(shownBy(difference)(value), columns - 8).map(
      (line, index): Line => [{ text: `      ${index === 0 ? mark : ' '} `, tone }, { text: line }],
    );
  });

const shownBy =
  ({ kind }: Difference) =>
  (text: string): string =>
    kind === 'image' ? shortImage(text) : text;

/** Progress rows → aligned lines: label, what, bar, details. No boxes, no emoji. Pure. */
import { cut, type Paint, widthOf } from '../color.js';
import { formatDuration, formatElapsed } from '../duration.js';
import { foreignText } from '../foreign-text.js';
import type { ProgressRow } from '../operation.js';

/** Everything that a view shows at one moment. */
export interface Frame {
  readonly rows: readonly ProgressRow[];
  /** AWS milliseconds since the run began, and AWS milliseconds per real one. */
  readonly elapsedMs: number;
  readonly rate: number;
  readonly usuallyMs?: number;
  /** Short, for people: the unique end of the run's id. */
  readonly run?: string;
  /** Waiting for a lock, handing over after Ctrl-C. */
  readonly notice?: string;
  /** The last frame: nothing can be interrupted any more. */
  readonly isOver?: boolean;
}

const barWidth = 10;

export const bar = (fraction: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * barWidth);
  return '█'.repeat(full) + '░'.repeat(barWidth - full);
};

const tones = { waiting: 'dim', active: 'accent', good: 'good', bad: 'bad', warn: 'warn' } as const;

interface Widths {
  readonly label: number;
  readonly what: number;
  readonly details: readonly number[];
}

const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => widthOf(foreignText(text))));

const widthsOf = (rows: readonly ProgressRow[]): Widths => ({
  label: longest(rows.map(({ label }) => label)),
  what: longest(
    rows.filter(({ fraction, details }) => fraction !== undefined || details.length > 0).map(({ what }) => what),
  ),
  details: Array.from({ length: Math.max(0, ...rows.map(({ details }) => details.length)) }, (_, index) =>
    longest(rows.map(({ details }) => details[index] ?? '')),
  ),
});

const pad = (text: string, width: number): string => {
  const safe = foreignText(text);
  return safe + ' '.repeat(Math.max(0, width - widthOf(safe)));
};

/** Cells from left to right; those that do not fit any more are left out, the first one too long is cut. */
const rowLine = (
  row: ProgressRow,
  options: { readonly widths: Widths; readonly columns: number; readonly paint: Paint },
): string => {
  const { widths, columns, paint } = options;
  const hasBars = row.fraction !== undefined;
  const cells: { readonly text: string; readonly tone?: 'dim' | 'accent' | 'good' | 'bad' | 'warn' | 'strong' }[] = [
    { text: pad(row.label, widths.label), tone: 'strong' },
    { text: pad(row.what, widths.what), tone: tones[row.state] },
    ...(hasBars
      ? [{ text: bar(row.fraction ?? 0), tone: tones[row.state] }]
      : row.details.length > 0
        ? [{ text: ' '.repeat(barWidth) }]
        : []),
    ...row.details.map((detail, index) => ({ text: pad(detail, widths.details[index] ?? 0) })),
  ];
  let line = '';
  let used = 0;
  for (const { text, tone } of cells) {
    const gap = used === 0 ? 0 : 2;
    const room = columns - used - gap;
    if (room < 4) break;
    const shown = cut(text, room);
    line += ' '.repeat(gap) + (tone === undefined ? shown : paint.tone(shown, tone));
    used += gap + widthOf(shown);
  }
  return line.trimEnd();
};

export const footer = (frame: Frame): string =>
  [
    ...(frame.run === undefined ? [] : [`run ${frame.run}`]),
    formatElapsed(frame.elapsedMs, frame.rate),
    ...(frame.usuallyMs === undefined ? [] : [`usually ${formatDuration(frame.usuallyMs)}`]),
    ...(frame.isOver ? [] : [frame.notice ?? 'Ctrl-C detaches, AWS goes on']),
  ].join(' · ');

export const frameLines = (
  frame: Frame,
  options: { readonly columns: number; readonly paint: Paint },
): readonly string[] => {
  const widths = widthsOf(frame.rows);
  return [
    ...frame.rows.map((row) => rowLine(row, { widths, ...options })),
    options.paint.tone(cut(footer(frame), options.columns), 'dim'),
  ];
};

/** One row as a plain line: `api: rolling, 2/4 running, targets 1/2 healthy`. */
export const plainRow = (row: ProgressRow): string =>
  foreignText(`${row.label}: ${[row.what, ...row.details].filter((text) => text !== '').join(', ')}`);

/** Two plain rows with one signature say the same: only durations and percentages of a wait have moved. */
export const rowSignature = (row: ProgressRow): string =>
  `${row.state} ${plainRow(row).replace(/\d+(\.\d+)?\s?(ms|s|m|h|%)(\s\d+(s|m|h))?/g, '#')}`;

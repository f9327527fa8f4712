/**
 * A screen that is redrawn in place, on the terminal's alternate buffer: whole frames in one write, no clearing first, so
 * that nothing flickers; drawn again when the window changes. What was there before comes back at the end, with the last
 * frame below it. Loaded only on a terminal.
 */
import { type Paint, widthOf } from '../color.js';
import type { Line, Span } from '../report.js';
import type { Terminal } from '../terminal.js';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface Screen {
  /** `draw` is asked again when the window changes its size. */
  show(draw: (size: ScreenSize) => readonly Line[]): void;
  /** Gives the terminal back. Safe to call twice. */
  close(): void;
}

const csi = '\u001b[';
const enter = `${csi}?1049h${csi}?25l`;
const leave = `${csi}?25h${csi}?1049l`;
// Terminals that know it show the frame at once; the others ignore it.
const [beginFrame, endFrame] = [`${csi}?2026h`, `${csi}?2026l`];

export const openScreen = (terminal: Terminal, paint: Paint): Screen => {
  let draw: ((size: ScreenSize) => readonly Line[]) | undefined;
  let state: 'closed' | 'open' | 'over' = 'closed';
  const linesNow = (): readonly string[] => {
    const columns = terminal.outColumns();
    return (draw?.({ columns, rows: terminal.rows() }) ?? []).map((line) => paint(fitted(line, columns)));
  };
  const redraw = (): void => {
    if (state !== 'open') return;
    const lines = linesNow().map((line) => `${line}${csi}K`);
    terminal.out(`${beginFrame}${csi}H${lines.join('\r\n')}${csi}J${endFrame}`);
  };
  const restore = (): void => {
    if (state === 'open') terminal.out(leave);
    state = 'over';
  };
  const stopListening = terminal.onResize(redraw);
  process.once('exit', restore);
  return {
    show: (next) => {
      if (state === 'over') return;
      draw = next;
      if (state === 'closed') terminal.out(enter);
      state = 'open';
      redraw();
    },
    close: () => {
      if (state === 'over') return;
      stopListening();
      process.off('exit', restore);
      const last = state === 'open' ? linesNow() : [];
      restore();
      for (const line of last) terminal.out(`${line}\n`);
    },
  };
};

/** A line that the terminal would wrap breaks the frame: it is cut at the last column. */
const fitted = (line: Line, columns: number): Line => {
  const spans = typeof line === 'string' ? [{ text: line }] : line;
  let left = columns;
  return spans.flatMap((span): Span[] => {
    const text = [...span.text].slice(0, Math.max(0, left)).join('');
    left -= widthOf(text);
    return text === '' ? [] : [{ ...span, text }];
  });
};

/**
 * The live view on a terminal, drawn by listr2: one task whose title is the whole frame, redrawn in place on stderr.
 * listr2 gets no signal handling, no retries and no work of ours; it only draws. Loaded only on a terminal.
 */
import { Listr, ListrDefaultRendererLogLevels, ListrLogger, ProcessOutput } from 'listr2';
import type { Paint } from '../color.js';
import type { Terminal } from '../terminal.js';
import { type Frame, frameLines } from './frame.js';
import type { ProgressView } from './progress-view.js';

const tickMs = 250;

export interface LiveViewOptions {
  readonly terminal: Terminal;
  readonly paint: Paint;
  /** The frame of this very moment, for the clock in the last line. */
  readonly current: (last: Frame) => Frame;
}

const noIcons = Object.fromEntries(Object.values(ListrDefaultRendererLogLevels).map((level) => [level, '']));

/** listr2 cuts lines by the width of stdout, even when stdout is a pipe: frames must fit both. */
const columnsFor = (terminal: Terminal): number => Math.min(terminal.columns(), process.stdout.columns ?? 80) - 3;

export const liveView = ({ terminal, paint, current }: LiveViewOptions): ProgressView => {
  let last: Frame | undefined;
  let draw: (frame: Frame) => void = () => undefined;
  let finish: () => void = () => undefined;
  const list = new Listr(
    [
      {
        title: ' ',
        task: (_, task) =>
          new Promise<void>((resolve) => {
            finish = resolve;
            draw = (frame) => {
              task.title = frameLines(frame, { columns: columnsFor(terminal), paint }).join('\n');
            };
            if (last) draw(last);
          }),
      },
    ],
    {
      registerSignalListeners: false,
      renderer: 'default',
      rendererOptions: {
        icon: noIcons,
        indentation: 0,
        lazy: true,
        formatOutput: 'truncate',
        logger: new ListrLogger({ useIcons: false, processOutput: new ProcessOutput(process.stderr, process.stderr) }),
      },
    },
  );
  let running: Promise<unknown> | undefined;
  const timer = setInterval(() => last && draw(current(last)), tickMs);
  return {
    show: (frame) => {
      last = frame;
      running ??= list.run();
      draw(frame);
    },
    stop: async () => {
      clearInterval(timer);
      if (last) draw({ ...current(last), isOver: true });
      finish();
      await running;
    },
  };
};

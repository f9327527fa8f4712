/** Engine events → frames for a view. Holds the newest view and the newest poll progress per step; draws nothing. */

import type { EngineEvent } from '../engine/api.js';
import type { Clocks } from '../engine/clock.js';
import type { RunView } from '../engine/view.js';
import type { OperationKind } from './operation.js';
import type { Frame } from './render/frame.js';

export interface RunProgress {
  /** The frame after this event; undefined while there is nothing to show. */
  onEvent(event: EngineEvent): Frame | undefined;
  /** The same frame a moment later: elapsed time has moved. */
  current(frame: Frame): Frame;
}

export interface RunProgressOptions {
  readonly kind: OperationKind<unknown>;
  readonly clocks: Clocks;
  readonly usuallyMs?: number | undefined;
  readonly interrupt: AbortSignal;
}

export const runProgress = ({ kind, clocks, usuallyMs, interrupt }: RunProgressOptions): RunProgress => {
  const startedAt = clocks.service.now();
  const latest = new Map<string, unknown>();
  let view: RunView | undefined;
  let waiting: string | undefined;
  const notice = (): string | undefined => {
    if (interrupt.aborted) return 'handing over: AWS goes on, this run can be resumed';
    return waiting;
  };
  const moment = (): Pick<Frame, 'elapsedMs' | 'rate'> & { notice?: string } => {
    const text = notice();
    return {
      elapsedMs: clocks.service.now() - startedAt,
      rate: clocks.service.rate,
      ...(text === undefined ? {} : { notice: text }),
    };
  };
  const frame = (): Frame => ({
    rows: view === undefined ? [] : kind.progress(view, latest),
    ...moment(),
    ...(usuallyMs === undefined ? {} : { usuallyMs }),
    ...(view === undefined ? {} : { run: view.runId.slice(-4) }),
  });
  return {
    onEvent: (event) => {
      switch (event.kind) {
        case 'journal':
          waiting = undefined;
          view = event.view;
          return frame();
        case 'progress':
          view = event.view;
          latest.set(event.step, event.progress);
          return frame();
        case 'lock-wait':
          waiting = `waiting for ${event.conflicts.map(({ holder }) => `${holder.operation} by ${holder.writer.user}@${holder.writer.host}`).join(', ')}`;
          return frame();
      }
    },
    current: (last) => {
      const { notice: _, ...rest } = last;
      return { ...rest, ...moment() };
    },
  };
};

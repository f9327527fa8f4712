/** What shows a run while it goes on. Views only draw: signals, retries and time-outs are the engine's. */
import type { Frame } from './frame.js';

export interface ProgressView {
  show(frame: Frame): void;
  /** Leaves the last frame on screen. */
  stop(): Promise<void>;
}

export const noView: ProgressView = { show: () => undefined, stop: async () => undefined };

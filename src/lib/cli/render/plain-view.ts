/** Progress without a terminal: one line on stderr per change. On GitHub the lines are folded into a group. */
import { formatDuration } from '../duration.js';
import { foreignText, notAWorkflowCommand } from '../foreign-text.js';
import { groupEnd, groupStart } from '../github.js';
import type { Terminal } from '../terminal.js';
import { type Frame, plainRow, rowSignature } from './frame.js';
import type { ProgressView } from './progress-view.js';

export const plainView = (terminal: Terminal, title: string): ProgressView => {
  const said = new Map<string, string>();
  let notice: string | undefined;
  if (terminal.isGithub) terminal.err(`${groupStart(title)}\n`);
  const say = (frame: Frame, text: string): void => {
    const line = `[+${formatDuration(frame.elapsedMs)}] ${text}`;
    terminal.err(`${terminal.isGithub ? notAWorkflowCommand(line) : line}\n`);
  };
  return {
    show: (frame) => {
      if (frame.notice !== undefined && frame.notice !== notice) say(frame, foreignText(frame.notice));
      notice = frame.notice;
      for (const row of frame.rows) {
        const signature = rowSignature(row);
        if (said.get(row.key) === signature) continue;
        said.set(row.key, signature);
        say(frame, plainRow(row));
      }
    },
    stop: async () => {
      if (terminal.isGithub) terminal.err(`${groupEnd}\n`);
    },
  };
};

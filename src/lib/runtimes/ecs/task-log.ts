/**
 * Follows the log of one container of one task, forward by tokens: nothing is read twice and nothing is left out, also
 * over failed reads. How far it came is kept in this process; another one that goes on with the run begins at the top.
 */

import { classify } from '../../aws/errors.js';
import type { LogLine } from '../../aws/logs.js';
import type { LogTarget } from './evidence.js';
import type { EcsPorts } from './ports.js';

export interface TaskLog {
  readonly token: string | undefined;
  /** The last lines, oldest first, for the report. */
  readonly tail: readonly LogLine[];
  readonly count: number;
  /** AWS time at which lines came last. */
  readonly lastAtMs: number | undefined;
  /** Why it cannot be read, once that is known. */
  readonly unreadable: string | undefined;
}

export interface LogRead {
  readonly lines: readonly LogLine[];
  /** more: there are further pages, or a read failed and is to be tried again. */
  readonly state: 'more' | 'caught-up';
  readonly log: TaskLog;
}

const tailLines = 50;
/** Pages of a megabyte each: what one look holds in memory, however much the container writes. */
const pagesPerLook = 4;

const nothingRead: TaskLog = { token: undefined, tail: [], count: 0, lastAtMs: undefined, unreadable: undefined };

export const streamOf = ({ prefix, container }: LogTarget, taskId: string): string =>
  `${prefix}/${container}/${taskId}`;

export const readTaskLog = async (
  ports: Pick<EcsPorts, 'logs' | 'memory' | 'clock'>,
  of: { readonly task: string; readonly group: string; readonly stream: string },
): Promise<LogRead> => {
  const before = ports.memory.taskLogs.get(of.task) ?? nothingRead;
  if (before.unreadable !== undefined) return { lines: [], state: 'caught-up', log: before };
  const lines: LogLine[] = [];
  let { token } = before;
  let state: LogRead['state'] = 'more';
  let unreadable: string | undefined;
  try {
    for (let page = 0; page < pagesPerLook && state === 'more'; page += 1) {
      const answer = await ports.logs.page({ group: of.group, stream: of.stream, token });
      lines.push(...answer.lines);
      // AWS repeats the token at the end; a page without lines may still lie in the middle.
      if (answer.token === undefined || answer.token === token) state = 'caught-up';
      token = answer.token ?? token;
    }
  } catch (error) {
    // What was read before the failure counts; the next look goes on at its token.
    if (classify(error) === 'denied') unreadable = error instanceof Error ? error.message : String(error);
    else if (lines.length === 0) throw error;
  }
  const log: TaskLog = {
    token,
    tail: [...before.tail, ...lines].slice(-tailLines),
    count: before.count + lines.length,
    lastAtMs: lines.length > 0 ? ports.clock.now() : before.lastAtMs,
    unreadable,
  };
  ports.memory.taskLogs.set(of.task, log);
  return { lines, state: unreadable === undefined ? state : 'caught-up', log };
};

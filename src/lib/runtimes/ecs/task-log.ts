/**
 * Follows the log of one container of one task, forward by tokens: nothing is read twice and nothing is left out, also
 * over failed reads. How far it came is kept in this process; another one that goes on with the run begins at the top.
 */
import { classify } from '../../aws/errors.js';
import type { LogLine, LogPage } from '../../aws/logs.js';
import type { LogTarget } from './evidence.js';
import type { EcsPorts } from './ports.js';

export interface TaskLog {
  readonly token: string | undefined;
  /** The last lines, oldest first, for the report. */
  readonly tail: readonly LogLine[];
  readonly count: number;
  /** AWS time at which lines came last. */
  readonly lastAtMs: number | undefined;
  /** Since when no read has succeeded, and why. `denied` will not pass by itself. */
  readonly trouble: { readonly sinceMs: number; readonly kind: 'passing' | 'denied'; readonly why: string } | undefined;
}

export interface LogRead {
  readonly lines: readonly LogLine[];
  /** more: there are further pages; failed: this read is to be tried again. */
  readonly state: 'more' | 'caught-up' | 'failed';
  readonly log: TaskLog;
}

const tailLines = 50;
/** Pages of a megabyte each: what one look holds in memory, however much the container writes. */
const pagesPerLook = 4;

const nothingRead: TaskLog = { token: undefined, tail: [], count: 0, lastAtMs: undefined, trouble: undefined };

export const streamOf = ({ prefix, container }: LogTarget, taskId: string): string =>
  `${prefix}/${container}/${taskId}`;

type Ports = Pick<EcsPorts, 'logs' | 'memory' | 'clock'>;

export interface LogOf {
  readonly task: string;
  readonly group: string;
  readonly stream: string;
}

export const readTaskLog = async (ports: Ports, of: LogOf): Promise<LogRead> => {
  let log = ports.memory.taskLogs.get(of.task) ?? nothingRead;
  if (log.trouble?.kind === 'denied') return { lines: [], state: 'failed', log };
  const lines: LogLine[] = [];
  let state: LogRead['state'] = 'more';
  for (let page = 0; page < pagesPerLook && state === 'more'; page += 1) {
    const answer = await pageOrTrouble(ports, of, log);
    if ('why' in answer) {
      log = { ...log, trouble: answer };
      state = 'failed';
    } else {
      lines.push(...answer.lines);
      // AWS repeats the token at the end; a page without lines may still lie in the middle.
      if (answer.token === undefined || answer.token === log.token) state = 'caught-up';
      log = after(log, answer, ports.clock.now());
    }
    ports.memory.taskLogs.set(of.task, log);
  }
  return { lines, state, log };
};

const after = (log: TaskLog, page: LogPage, nowMs: number): TaskLog => ({
  token: page.token ?? log.token,
  tail: [...log.tail, ...page.lines].slice(-tailLines),
  count: log.count + page.lines.length,
  lastAtMs: page.lines.length > 0 ? nowMs : log.lastAtMs,
  trouble: undefined,
});

/** How the task ends is seen without its log, so a failed read ends nothing. Expired credentials are the engine's to mend. */
const pageOrTrouble = async (
  ports: Ports,
  of: LogOf,
  log: TaskLog,
): Promise<LogPage | NonNullable<TaskLog['trouble']>> => {
  try {
    return await ports.logs.page({ group: of.group, stream: of.stream, token: log.token });
  } catch (error) {
    const kind = classify(error);
    if (kind === 'auth') throw error;
    return {
      sinceMs: log.trouble?.sinceMs ?? ports.clock.now(),
      kind: kind === 'denied' ? 'denied' : 'passing',
      why: error instanceof Error ? error.message : String(error),
    };
  }
};

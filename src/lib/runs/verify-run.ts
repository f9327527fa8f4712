import type { Report } from '../cli/report.js';
import { isConsistentEnd } from '../engine/outcomes.js';
import { PlatformError } from '../errors/platform-error.js';
import { isIntact } from '../plan/plan.js';
import type { RunRecord } from './run-record.js';

export interface RunVerifyResult {
  readonly id: string;
  readonly events: number;
  readonly epochs: number;
  readonly writers: readonly string[];
  /** The head of the chain: keep it elsewhere to notice a rewritten history later. */
  readonly head: string;
}

/** The store has checked every line's sum and link already (a broken one is exit 9 before we get here); this checks what the chain cannot. */
export const verifyRun = (record: RunRecord): Report<RunVerifyResult> => {
  const { view, events } = record;
  if (!isIntact(view.plan)) throw altered(record, 'the plan does not match its digest');
  const end = events.find((event) => event.type === 'run.ended');
  if (end?.type === 'run.ended' && !isConsistentEnd(end)) throw altered(record, 'its recorded end contradicts itself');
  const writers = [
    ...new Set(events.map((event) => `${event.writer.user}@${event.writer.host} pid ${event.writer.pid}`)),
  ];
  const epochs = new Set(events.map((event) => event.epoch)).size;
  const head = events.at(-1)?.sum ?? '';
  return {
    result: { id: record.runId, events: events.length, epochs, writers, head },
    runId: record.runId,
    lines: [
      [
        { text: 'whole', tone: 'good' },
        {
          text: `: ${events.length} events, ${epochs} ${epochs === 1 ? 'writer' : 'writers in turn'}, plan digest fits`,
        },
      ],
      [{ text: `head ${head}`, tone: 'dim' }],
    ],
  };
};

const altered = (record: RunRecord, why: string): PlatformError =>
  new PlatformError('E_JOURNAL', `the journal of run ${record.runId} was altered: ${why}`, {
    hints: [],
    details: { reason: 'altered' },
  });

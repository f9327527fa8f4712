/**
 * The one history that a run's epoch files tell. The newest epoch with a whole seal decides; its seal says how much of
 * which earlier epoch counts, and so on down to epoch 1. Files that no seal names never began.
 */
import { isPlatformError, PlatformError } from '../../errors/platform-error.js';
import type { JournalEvent } from '../event.js';
import type { Disk } from './disk.js';
import type { SealedBase } from './epoch-file.js';
import {
  altered,
  type EpochSlice,
  epochFileName,
  epochOfFileName,
  isBaseOf,
  readEvents,
  readSeal,
} from './epoch-file.js';
import { join } from './state-folder.js';

export interface History {
  readonly events: readonly JournalEvent[];
  /** What the next epoch has to name: all of the newest one's whole lines. */
  readonly base: SealedBase;
  /** The files that hold it, oldest first. */
  readonly paths: readonly string[];
}

export interface HistoryQuery {
  readonly folder: string;
  readonly runId: string;
  /** Only epochs below this one; all when absent. */
  readonly below?: number;
}

/** Numbers of the epochs that have a file, highest first. Undefined when there is no such folder. */
export const listEpochs = async (disk: Disk, folder: string): Promise<readonly number[] | undefined> => {
  const names = await disk.names(folder);
  if (names === undefined) return undefined;
  const epochs = names.map(epochOfFileName).filter((epoch) => epoch !== undefined);
  return epochs.sort((a, b) => b - a);
};

/**
 * Reads twice before it says that a journal was altered: a writer that takes back half a line (disk full) while we
 * read could show us a mixture once.
 */
export const readHistory = async (disk: Disk, query: HistoryQuery): Promise<History> => {
  try {
    return await readOnce(disk, query);
  } catch (error) {
    if (!isPlatformError(error) || error.code !== 'E_JOURNAL') throw error;
    return readOnce(disk, query);
  }
};

interface Part {
  readonly slice: EpochSlice;
  readonly base: SealedBase | undefined;
}

const readOnce = async (disk: Disk, query: HistoryQuery): Promise<History> => {
  const epochs = (await listEpochs(disk, query.folder)) ?? [];
  if (epochs.length === 0) {
    throw new PlatformError('E_NOT_FOUND', `there is no journal of run ${query.runId}`, {
      hints: ['platform runs list'],
    });
  }
  const below = epochs.filter((epoch) => query.below === undefined || epoch < query.below);
  return assemble(query, await newestChain(disk, query, below));
};

/** Newest first. A void epoch is passed over at the top; further down, a seal has named its base and it must be whole. */
const newestChain = async (disk: Disk, query: HistoryQuery, epochs: readonly number[]): Promise<readonly Part[]> => {
  for (const epoch of epochs) {
    const top = await readPart(disk, query, { epoch, sealedAt: undefined });
    if (top === undefined) continue;
    const parts = [top];
    for (let base = top.base; base !== undefined; ) {
      const part: Part | undefined = await readPart(disk, query, { epoch: base.epoch, sealedAt: base.bytes });
      if (part === undefined) throw altered(query.runId, base.seq, `${epochFileName(base.epoch)} is gone`);
      parts.push(part);
      base = part.base;
    }
    return parts;
  }
  throw altered(query.runId, 1, `${epochFileName(1)} is gone`);
};

/** Undefined when the epoch never began or its file is not there. */
const readPart = async (
  disk: Disk,
  query: HistoryQuery,
  wanted: { readonly epoch: number; readonly sealedAt: number | undefined },
): Promise<Part | undefined> => {
  const { epoch, sealedAt } = wanted;
  const content = await disk.read(join(query.folder, epochFileName(epoch)));
  if (content === undefined) return undefined;
  const slice = { runId: query.runId, epoch, content, sealedAt };
  if (epoch === 1) return { slice: { ...slice, from: 0 }, base: undefined };
  const reading = readSeal(content, { runId: query.runId, epoch });
  switch (reading.kind) {
    case 'void':
      return undefined;
    case 'altered':
      throw altered(query.runId, await firstSeqOf(disk, query, epoch), reading.why);
    case 'seal':
      return { slice: { ...slice, from: reading.bytes }, base: reading.seal.base };
  }
};

/** For the message only: an unreadable seal stood before the event that follows everything older. */
const firstSeqOf = async (disk: Disk, query: HistoryQuery, epoch: number): Promise<number> => {
  const older = await readOnce(disk, { ...query, below: epoch }).catch(() => undefined);
  return (older?.base.seq ?? 0) + 1;
};

const assemble = (query: HistoryQuery, newestFirst: readonly Part[]): History => {
  const events: JournalEvent[] = [];
  const parts = [...newestFirst].reverse();
  let bytes = 0;
  for (const { slice, base } of parts) {
    const last = events.at(-1);
    if (base !== undefined && !isBaseOf(base, last)) {
      throw altered(query.runId, last?.seq ?? base.seq, `it is not the one that ${epochFileName(slice.epoch)} sealed`);
    }
    const read = readEvents(slice, last);
    events.push(...read.events);
    bytes = read.bytes;
  }
  const last = events.at(-1);
  const epoch = parts.at(-1)?.slice.epoch ?? 1;
  return {
    events,
    base: { epoch, bytes, seq: last?.seq ?? 0, sum: last?.sum ?? '' },
    paths: parts.map(({ slice }) => join(query.folder, epochFileName(slice.epoch))),
  };
};

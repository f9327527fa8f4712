/** Journal and lock of a target: files in the state folder, until an environment is bootstrapped for more. */
import type { WallClock } from '../engine/clock.js';
import { type FileJournalStore, fileJournalStore, fileJournalsAt } from '../engine/journal/file-journal.js';
import { nodeDisk } from '../engine/journal/node-disk.js';
import { fileLockStore } from '../engine/lock/file-lock.js';
import { systemProbe } from '../engine/lock/process-probe.js';
import type { JournalStore, LockStore } from '../engine/ports.js';
import type { Target } from '../plan/plan.js';

export interface StoreOptions {
  readonly state: string;
  readonly target: Target;
  readonly wall: WallClock;
  readonly nonce: () => string;
}

export const journalsFor = ({ state, target, wall }: StoreOptions): JournalStore =>
  fileJournalStore({ disk: nodeDisk(), root: state, target, clock: wall });

export const locksFor = ({ state, target, wall, nonce }: StoreOptions): LockStore =>
  fileLockStore({ disk: nodeDisk(), root: state, target, clock: wall, nonce, probe: systemProbe() });

const isFileStore = (store: JournalStore): store is FileJournalStore => store.kind === 'file' && 'addressOf' in store;

/** Finds the journal of another run by the address in its lock row; undefined when it cannot be reached from here. */
export const journalsAt = (own: JournalStore): ((address: string) => JournalStore | undefined) =>
  isFileStore(own) ? fileJournalsAt(own) : () => own;

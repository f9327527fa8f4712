/** What a backend gives the conformance suite, and the few words its tests are written in. */
import type { JournalEvent } from '../../../src/lib/engine/event.js';
import type { JournalStore, LockStore } from '../../../src/lib/engine/ports.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import type { TestClock, TestProcesses } from '../../helpers/storage-fixtures.js';

export interface StorageWorld {
  readonly clock: TestClock;
  /** This host's process table; a second host has an empty one. */
  readonly processes: TestProcesses;
  /** Stores as one more process of this host, or of another, would open them. */
  journals(): JournalStore;
  locks(host?: 'this' | 'other'): LockStore;
  readonly damage?: StorageDamage;
  close(): Promise<void>;
}

export interface StorageDamage {
  /** A whole world per byte is slow on a real disk; a simulated one tries every byte. */
  readonly tearEveryBytes: number;
  /** As a kill inside the append of `event` leaves it: its first bytes. Returns how long the whole line is. */
  tear(event: JournalEvent, bytes: number): Promise<number>;
  /** As a fenced writer leaves it that wakes up after the seal. */
  appendLate(event: JournalEvent): Promise<void>;
  /** Changes one byte of an event that is stored. */
  alter(runId: string, seq: number): Promise<void>;
}

export interface StorageBackend {
  readonly name: string;
  open(): Promise<StorageWorld>;
}

export type Open = () => Promise<StorageWorld>;

export const textsOf = (events: readonly JournalEvent[]): readonly string[] =>
  events.map((event) => (event.type === 'step.observed' ? (event.evidence as { text: string }).text : event.type));

/** `done`, or why it was refused. */
export const outcomeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return (error.details as { reason?: string } | undefined)?.reason ?? error.code;
  }
};

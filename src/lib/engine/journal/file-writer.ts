/** Appends to one epoch file, in the order of the calls. file-journal.ts argues why this is safe. */
import { PlatformError } from '../../errors/platform-error.js';
import type { WallClock } from '../clock.js';
import type { EventBody, JournalEvent, Writer } from '../event.js';
import type { JournalWriter } from '../ports.js';
import { sealEvent } from './chain.js';
import type { Disk, DiskFile } from './disk.js';
import { epochFileName, lineOf } from './epoch-file.js';
import { join } from './state-folder.js';
import { storageError } from './storage-error.js';

export interface FileWriterOptions {
  readonly disk: Disk;
  readonly clock: Pick<WallClock, 'now'>;
  readonly folder: string;
  readonly file: DiskFile;
  readonly runId: string;
  readonly epoch: number;
  readonly writer: Writer;
  readonly events: readonly JournalEvent[];
  /** Bytes in the file now. */
  readonly length: number;
}

export const fencedError = (runId: string, epoch: number): PlatformError =>
  new PlatformError('E_JOURNAL', `run ${runId} was taken over by another process; this one stops`, {
    hints: [`platform runs show ${runId}`],
    details: { reason: 'fenced', runId, epoch },
  });

/** True when a newer epoch exists: our word counts no more, or may not. */
export const isFenced = async (disk: Disk, folder: string, epoch: number): Promise<boolean> =>
  (await disk.lstat(join(folder, epochFileName(epoch + 1)))) !== undefined;

export class FileJournalWriter implements JournalWriter {
  readonly runId: string;
  readonly epoch: number;
  private readonly known: JournalEvent[];
  private length: number;
  private queue: Promise<unknown> = Promise.resolve();
  /** Why nothing may be appended any more. Once set, it stays: an event behind a hole would break the chain. */
  private dead: unknown;

  constructor(private readonly options: FileWriterOptions) {
    this.runId = options.runId;
    this.epoch = options.epoch;
    this.known = [...options.events];
    this.length = options.length;
  }

  get events(): readonly JournalEvent[] {
    return this.known;
  }

  append(body: EventBody): Promise<JournalEvent> {
    const turn = this.queue.then(() => this.appendNow(body));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    const closing = this.queue.then(async () => {
      this.dead ??= closed;
      await this.options.file.close();
    });
    this.queue = closing.catch(() => undefined);
    await closing;
  }

  private async appendNow(body: EventBody): Promise<JournalEvent> {
    if (this.dead !== undefined) throw this.dead;
    const event = this.sealNext(body);
    const line = lineOf(event);
    await this.write(line);
    try {
      await this.options.file.sync();
      if (await isFenced(this.options.disk, this.options.folder, this.epoch)) throw fencedError(this.runId, this.epoch);
    } catch (error) {
      throw await this.die(error);
    }
    this.length += line.length;
    this.known.push(event);
    return event;
  }

  private sealNext(body: EventBody): JournalEvent {
    const last = this.known.at(-1);
    const { runId, epoch } = this;
    const at = new Date(this.options.clock.now()).toISOString();
    const { writer } = this.options;
    return sealEvent(body, { runId, seq: (last?.seq ?? 0) + 1, at, epoch, writer, prev: last?.sum ?? '' });
  }

  private async write(line: Uint8Array): Promise<void> {
    try {
      await this.options.file.append(line);
    } catch (error) {
      if (!(await this.tookBack(line.length))) await this.die(error);
      throw storageError(error, this.doing);
    }
  }

  /**
   * Half a line has no newline, so no seal can contain it and taking it back changes no history. A whole line may be
   * sealed already: it stays, and this writer is finished.
   */
  private async tookBack(lineLength: number): Promise<boolean> {
    try {
      if ((await this.options.file.size()) >= this.length + lineLength) return false;
      await this.options.file.truncate(this.length);
      return true;
    } catch {
      return false;
    }
  }

  private async die(error: unknown): Promise<unknown> {
    await this.options.file.close().catch(() => undefined);
    try {
      this.dead = storageError(error, this.doing);
    } catch (unknown) {
      this.dead = unknown;
    }
    return this.dead;
  }

  private get doing(): string {
    return `write the journal of run ${this.runId}`;
  }
}

const closed = new PlatformError('E_BUG', 'the journal was closed before this event');

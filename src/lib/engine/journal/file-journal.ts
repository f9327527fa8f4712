/**
 * Journals on files, one folder per run: `<environment's folder>/runs/<run>/journal.<epoch>.jsonl`. Start reading here,
 * then file-writer.ts (append), history.ts (which lines count) and epoch-file.ts (the bytes).
 * May import engine types, plan, errors.
 *
 * Why a fenced writer can do no harm. Z writes epoch N; T takes over, perhaps while Z sleeps in the middle of something.
 *
 *   Z appends:    Z1 write line · Z2 fsync · Z3 look for the file of N+1: absent → the append counts, Z may act
 *   T takes over: T1 create the file of N+1 (O_EXCL) · T2 read N up to its last newline · T3 write the seal line: "of N,
 *                 so many bytes, up to event s with sum c, are history" · T4 fsync · T5 look for the file of N+2
 *
 * 1. No effect without a line in the sealed history. Z acts only if Z3 found nothing, so Z3 came before T1. Then Z1
 *    came before T2, T2 saw the whole line, and the seal contains it. T also syncs N before it seals (T2), so what the
 *    seal names survives a power cut.
 * 2. A line that the seal does not contain was refused. Z1 came after T2, hence Z3 after T1: Z3 finds the file and Z
 *    throws `fenced`. Readers stop at the seal's byte count, so such a late line does not exist for anybody.
 * 3. What is left: Z1 before T2 and Z3 after T1. The line is history although Z was refused. That is an intent without
 *    an effect, the ordinary doubt after a crash: the step is probed. The reverse, an effect without an intent, is 1.
 * 4. T dies, or sleeps, between T1 and the end of T3: the file of N+1 has no newline, and it is void. Z is fenced all
 *    the same. The next taker U creates N+2 and reads N+1 *after* that: with a whole seal it builds on N+1; without
 *    one it builds on N, whose lines it reads afresh. If T wakes up and completes its seal, T5 comes after U's
 *    creation, so T is refused (and every later append of T would be): N+1 has acted nowhere, and as N+2 is higher and
 *    names N as its base, nobody reads it. So seals are followed from the highest whole one down, and never guessed.
 * 5. Epoch numbers are made one by one (the highest that exists, plus one, O_EXCL; lost race → look again), and never
 *    deleted: a newer epoch implies that N+1 exists, so Z3 need look for one name only.
 * 6. Old files are never touched: a torn tail is repaired by sealing in front of it. Only its writer truncates a file,
 *    and only half a line (file-writer.ts).
 *
 * This needs a file system on which O_EXCL and "visible after create" hold between processes: a local one. Journals
 * shared between machines are another backend's work.
 */
import { PlatformError } from '../../errors/platform-error.js';
import type { Target } from '../../plan/plan.js';
import type { WallClock } from '../clock.js';
import type { Writer } from '../event.js';
import type { JournalStore, JournalWriter, RunSummary } from '../ports.js';
import type { Disk, DiskFile } from './disk.js';
import { epochFileName, lineOf, sealEpoch } from './epoch-file.js';
import { FileJournalWriter, fencedError, isFenced } from './file-writer.js';
import { listEpochs, readHistory } from './history.js';
import { ensureFolder, findFolder, isPathComponent, join, pathComponent, targetComponents } from './state-folder.js';
import { orStorageError } from './storage-error.js';

export interface FileJournalOptions {
  readonly disk: Disk;
  /** The state folder, absolute: `$XDG_STATE_HOME/platform`. */
  readonly root: string;
  readonly target: Target;
  readonly clock: Pick<WallClock, 'now'>;
}

export interface FileJournalStore extends JournalStore {
  readonly kind: 'file';
  /** `file:<account | sandbox-ID>/<region>/<project>/<environment>/runs/<run>`, below the state folder. */
  addressOf(runId: string): string;
}

export const fileJournalStore = (options: FileJournalOptions): FileJournalStore => new FileStore(options);

/** For `EngineOptions.journalsAt`: an address is served by the store it belongs to and never used as a path. */
export const fileJournalsAt =
  (store: FileJournalStore) =>
  (address: string): JournalStore | undefined => {
    const runId = address.slice(address.lastIndexOf('/') + 1);
    return address.startsWith('file:') && address === store.addressOf(runId) ? store : undefined;
  };

const takeOverAttempts = 1000;

class FileStore implements FileJournalStore {
  readonly kind = 'file';
  private readonly components: readonly string[];

  constructor(private readonly options: FileJournalOptions) {
    this.components = targetComponents(options.target);
  }

  addressOf(runId: string): string {
    return `file:${this.runComponents(runId).join('/')}`;
  }

  create(runId: string, writer: Writer): Promise<JournalWriter> {
    return orStorageError(`create the journal of run ${runId}`, async () => {
      const { disk } = this.options;
      const folder = await ensureFolder(disk, this.options.root, this.runComponents(runId));
      const file = await disk.createExclusive(join(folder, epochFileName(1)));
      if (file === undefined) {
        throw new PlatformError('E_JOURNAL', `run ${runId} has a journal already`, {
          hints: [`platform runs show ${runId}`],
          details: { reason: 'exists', runId },
        });
      }
      await closingOnFailure(file, async () => {
        await file.sync();
        await disk.syncFolder(folder);
      });
      return this.writerOf({ folder, file, runId, epoch: 1, writer, events: [], length: 0 });
    });
  }

  takeOver(runId: string, writer: Writer): Promise<JournalWriter> {
    return orStorageError(`take over the journal of run ${runId}`, async () => {
      const folder = await this.existing(runId);
      // Before anything is made: a journal that cannot be read must not fence a writer that may be alive.
      await readHistory(this.options.disk, { folder, runId });
      const { epoch, file } = await this.createNext(folder, runId);
      return closingOnFailure(file, () => this.begin({ folder, file, runId, epoch, writer }));
    });
  }

  read(runId: string): ReturnType<JournalStore['read']> {
    return orStorageError(`read the journal of run ${runId}`, async () => {
      const folder = await this.existing(runId);
      return (await readHistory(this.options.disk, { folder, runId })).events;
    });
  }

  list(): Promise<readonly RunSummary[]> {
    return orStorageError('list the runs', async () => {
      const { disk } = this.options;
      const folder = await findFolder(disk, this.options.root, [...this.components, 'runs']);
      const names = folder === undefined ? [] : ((await disk.names(folder)) ?? []);
      const runs: RunSummary[] = [];
      for (const runId of [...names].sort().reverse()) {
        if (!isPathComponent(runId)) continue;
        // A folder without its first file is a run that was killed before it was born.
        if ((await disk.lstat(join(folder ?? '', runId, epochFileName(1)))) === undefined) continue;
        runs.push({ runId, address: this.addressOf(runId) });
      }
      return runs;
    });
  }

  private async createNext(folder: string, runId: string): Promise<{ epoch: number; file: DiskFile }> {
    for (let attempt = 0; attempt < takeOverAttempts; attempt += 1) {
      const [highest = 0] = (await listEpochs(this.options.disk, folder)) ?? [];
      const epoch = highest + 1;
      const file = await this.options.disk.createExclusive(join(folder, epochFileName(epoch)));
      if (file !== undefined) return { epoch, file };
    }
    throw new PlatformError('E_JOURNAL', `too many processes take over run ${runId} at once`, {
      details: { reason: 'contended', runId },
    });
  }

  /** T2 to T5 of the argument above. */
  private async begin(open: OpenEpoch): Promise<JournalWriter> {
    const { disk, clock } = this.options;
    const { folder, file, runId, epoch, writer } = open;
    const history = await readHistory(disk, { folder, runId, below: epoch });
    for (const path of history.paths) await disk.syncFile(path);
    const at = new Date(clock.now()).toISOString();
    const line = lineOf(sealEpoch({ runId, epoch, at, writer, base: history.base }));
    await file.append(line);
    await file.sync();
    await disk.syncFolder(folder);
    if (await isFenced(disk, folder, epoch)) throw fencedError(runId, epoch);
    return this.writerOf({ ...open, events: history.events, length: line.length });
  }

  private writerOf(open: Omit<ConstructorParameters<typeof FileJournalWriter>[0], 'disk' | 'clock'>): JournalWriter {
    return new FileJournalWriter({ disk: this.options.disk, clock: this.options.clock, ...open });
  }

  private async existing(runId: string): Promise<string> {
    const folder = await findFolder(this.options.disk, this.options.root, this.runComponents(runId));
    if (folder !== undefined) return folder;
    throw new PlatformError('E_NOT_FOUND', `there is no journal of run ${runId}`, { hints: ['platform runs list'] });
  }

  private runComponents(runId: string): readonly string[] {
    return [...this.components, 'runs', pathComponent('run id', runId)];
  }
}

const closingOnFailure = async <T>(file: DiskFile, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
};

interface OpenEpoch {
  readonly folder: string;
  readonly file: DiskFile;
  readonly runId: string;
  readonly epoch: number;
  readonly writer: Writer;
}

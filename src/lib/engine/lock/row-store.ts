/**
 * One lock row with compare-and-swap, on files: `lock/row.<n>.json`, the highest n is the row. No lock file is ever
 * held, so a process that is killed at any point leaves nothing that blocks the others.
 *
 * A change writes the next row to a file of its own, syncs it and *links* it to row.<n+1>.json: whole or not at all, and
 * only if nobody else was there. Rows that are long superseded are removed, lowest first. That opens one hole: a
 * process that slept while n+1 was made, superseded and removed could make n+1 again. So after its link it reads its
 * base n again. If the very same row is still there, n+1 cannot have been removed (n goes first), so the link was the
 * first n+1 and the change counts. If not, the outcome is unknown, and the caller looks for its own nonce in the row.
 * A row made by such a sleeper is below the highest one: nobody ever reads it as the row.
 */
import { PlatformError } from '../../errors/platform-error.js';
import { canonical, digestOf } from '../../plan/json.js';
import type { Disk } from '../journal/disk.js';
import { join } from '../journal/state-folder.js';
import type { LockRow } from '../ports.js';

export interface VersionedRow {
  /** 0: no row was ever written. */
  readonly n: number;
  /** Fresh in every row: two rows are the same row only if their ids are equal. */
  readonly id: string;
  readonly row: LockRow;
}

export interface RowStoreOptions {
  readonly disk: Disk;
  readonly nonce: () => string;
  /** Makes the folder for a writer, or finds it for a reader (undefined: nothing there yet). */
  readonly folderFor: (use: 'read' | 'write') => Promise<string | undefined>;
  /** Wall milliseconds; only to tell forgotten temporary files from fresh ones. */
  readonly now: () => number;
  /** How many superseded rows are left behind the newest; readers meet a removed one less often when there are more. */
  readonly keptRows?: number;
}

/** `changed`: durable and ours. `raced`: somebody was faster. `unknown`: read the row and look for yourself. */
export type Swap = 'changed' | 'raced' | 'unknown';

export interface RowStore {
  read(): Promise<VersionedRow>;
  swap(base: VersionedRow, next: LockRow): Promise<Swap>;
}

const defaultKeptRows = 32;
const forgottenMs = 3_600_000;

const rowName = (n: number): string => `row.${n}.json`;

const numberOf = (name: string): number | undefined => {
  const match = /^row\.([1-9][0-9]{0,14})\.json$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
};

const noRow: VersionedRow = { n: 0, id: '', row: { counter: 0, holders: [] } };

const altered = (name: string): PlatformError =>
  new PlatformError('E_JOURNAL', `the lock file ${name} is not what was written`, {
    hints: ['make sure that no run is active, then restore the file from a backup'],
    details: { reason: 'altered', file: name },
  });

const encode = (versioned: VersionedRow): Uint8Array =>
  Buffer.from(`${canonical({ v: 1, ...versioned, sum: digestOf(versioned) })}\n`);

const decode = (bytes: Uint8Array, name: string): VersionedRow => {
  try {
    const { n, id, row, sum } = JSON.parse(Buffer.from(bytes).toString('utf8')) as VersionedRow & { sum: string };
    if (sum === digestOf({ n, id, row })) return { n, id, row };
  } catch {
    // Falls through to the same refusal.
  }
  throw altered(name);
};

export const fileRowStore = (options: RowStoreOptions): RowStore => new FileRowStore(options);

class FileRowStore implements RowStore {
  constructor(private readonly options: RowStoreOptions) {}

  async read(): Promise<VersionedRow> {
    const folder = await this.options.folderFor('read');
    if (folder === undefined) return noRow;
    for (;;) {
      const highest = Math.max(0, ...(await this.numbers(folder)));
      if (highest === 0) return noRow;
      const found = await this.readRow(folder, highest);
      // Removed since it was listed: many newer ones exist.
      if (found !== undefined) return found;
    }
  }

  async swap(base: VersionedRow, next: LockRow): Promise<Swap> {
    const { disk } = this.options;
    const folder = await this.options.folderFor('write');
    if (folder === undefined) return 'raced';
    const versioned = { n: base.n + 1, id: this.options.nonce(), row: next };
    const draft = join(folder, `draft.${digestOf(versioned.id).slice(0, 32)}`);
    await this.writeDraft(draft, versioned);
    const linked = await disk.link(draft, join(folder, rowName(versioned.n)));
    await disk.remove(draft);
    if (linked !== 'linked') return 'raced';
    await disk.syncFolder(folder);
    const isFirst = base.n === 0 ? !(await this.wasSuperseded(folder)) : await this.isStillThere(folder, base);
    if (!isFirst) return 'unknown';
    await this.tidy(folder, versioned.n);
    return 'changed';
  }

  private async writeDraft(path: string, versioned: VersionedRow): Promise<void> {
    const file = await this.options.disk.createExclusive(path);
    if (file === undefined) throw new PlatformError('E_BUG', 'a nonce was used twice');
    try {
      await file.append(encode(versioned));
      await file.sync();
    } catch (error) {
      await this.options.disk.remove(path).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
  }

  private async isStillThere(folder: string, base: VersionedRow): Promise<boolean> {
    return (await this.readRow(folder, base.n))?.id === base.id;
  }

  /** Row 1 has no base to look at: it is the first one unless newer rows are there already. */
  private async wasSuperseded(folder: string): Promise<boolean> {
    return Math.max(...(await this.numbers(folder))) > 1;
  }

  private async readRow(folder: string, n: number): Promise<VersionedRow | undefined> {
    const bytes = await this.options.disk.read(join(folder, rowName(n)));
    return bytes === undefined ? undefined : decode(bytes, join(folder, rowName(n)));
  }

  private async numbers(folder: string): Promise<readonly number[]> {
    const names = (await this.options.disk.names(folder)) ?? [];
    return names.map(numberOf).filter((n) => n !== undefined);
  }

  /** Lowest first, as the argument above needs. Never fails a change that has happened. */
  private async tidy(folder: string, highest: number): Promise<void> {
    const { disk, keptRows = defaultKeptRows } = this.options;
    if (highest % keptRows !== 0) return;
    try {
      const old = (await this.numbers(folder)).filter((n) => n <= highest - keptRows);
      for (const n of [...old].sort((a, b) => a - b)) await disk.remove(join(folder, rowName(n)));
      for (const name of (await disk.names(folder)) ?? []) await this.removeForgotten(folder, name);
    } catch {
      // The next one tidies.
    }
  }

  /** A draft is needed for milliseconds; one that is removed too early only makes its writer try again. */
  private async removeForgotten(folder: string, name: string): Promise<void> {
    if (!name.startsWith('draft.')) return;
    const path = join(folder, name);
    const stat = await this.options.disk.lstat(path);
    if (stat !== undefined && this.options.now() - stat.modifiedAt > forgottenMs) await this.options.disk.remove(path);
  }
}

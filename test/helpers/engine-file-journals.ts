/**
 * The product's file journal on a disk in memory, as a backend of the crash matrix: every write to the disk is a point to
 * die at, and `torn` leaves half of an appended line behind.
 */
import type { Disk, DiskFile } from '../../src/lib/engine/journal/disk.js';
import { fileJournalStore } from '../../src/lib/engine/journal/file-journal.js';
import type { MatrixJournals, MatrixWorld } from './engine-crash-matrix.js';
import type { StoreCall, Through } from './engine-memory-stores.js';
import { MemoryDisk } from './memory-disk.js';

const target = { account: '123456789012', region: 'eu-west-1', environment: 'staging', project: 'shop' };

const flat = <T>(through: Through, call: StoreCall, work: () => Promise<T>): Promise<T> =>
  through<Promise<T>>(call, work).then((answer) => answer);

const mortalFile = (file: DiskFile, through: Through): DiskFile => {
  const point = <T>(kind: StoreCall['kind'], work: () => Promise<T>, tear?: () => void): Promise<T> =>
    flat(through, { kind, runId: '', ...(tear ? { tear } : {}) }, work);
  return {
    append: (bytes) =>
      point(
        'append',
        () => file.append(bytes),
        () => void file.append(bytes.subarray(0, bytes.length >> 1)),
      ),
    sync: () => point('sync', () => file.sync()),
    truncate: (size) => point('sync', () => file.truncate(size)),
    size: () => file.size(),
    close: () => file.close(),
  };
};

const mortalDisk = (disk: Disk, through: Through): Disk => ({
  ...disk,
  createExclusive: async (path) => {
    const file = await flat(through, { kind: 'create', runId: path }, () => disk.createExclusive(path));
    return file && mortalFile(file, through);
  },
  makeFolder: (path) => flat(through, { kind: 'create', runId: path }, () => disk.makeFolder(path)),
});

export const fileJournals = (world: MatrixWorld): MatrixJournals => {
  const hardware = new MemoryDisk();
  const store = (disk: Disk) =>
    fileJournalStore({ disk, root: '/state', target, clock: { now: () => world.clocks().wall.now() } });
  return {
    store: (through) => store(mortalDisk(hardware.process().disk, through)),
    events: (runId) => store(hardware.process().disk).read(runId),
  };
};

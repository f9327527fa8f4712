/**
 * A disk in memory that can lose its power. One MemoryDisk is the hardware; `process()` gives one process's view of it,
 * which can be killed on its own: a dead view throws from every call, so that no `finally` can tidy up.
 */
import type { Disk, DiskFile, DiskStat } from '../../src/lib/engine/journal/disk.js';

interface FileNode {
  readonly kind: 'file';
  data: Buffer;
  durable: Buffer;
  mode: number;
}

interface OtherNode {
  readonly kind: 'folder' | 'symlink';
  mode: number;
  uid: number;
}

type Node = FileNode | OtherNode;

export type DiskOperation =
  | 'lstat'
  | 'makeFolder'
  | 'chmod'
  | 'createExclusive'
  | 'append'
  | 'sync'
  | 'truncate'
  | 'read'
  | 'names'
  | 'link'
  | 'remove'
  | 'syncFolder';

export class KilledError extends Error {
  override readonly name = 'KilledError';
}

export interface ProcessOptions {
  /** Runs before every operation; may let others act, or throw to end this process there. */
  readonly before?: (operation: DiskOperation, path: string, index: number) => void | Promise<void>;
  /** Dies in the operation with this number (from 0). `tornBytes`: so much of an append is done first. */
  readonly dieAt?: { readonly index: number; readonly tornBytes?: number };
}

export interface MemoryProcess {
  readonly disk: Disk;
  /** Operations so far. */
  readonly count: () => number;
  kill(): void;
}

const systemError = (code: string): Error => Object.assign(new Error(`${code}: simulated`), { code });

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

const uid = 1000;

export class MemoryDisk {
  private names = new Map<string, Node>();
  private durableNames = new Map<string, Node>();
  /** Bytes that still fit; appends write what fits and then fail, as disks do. */
  freeBytes = Number.POSITIVE_INFINITY;
  readOnly = false;
  /** Throws this system error from the next operation of that kind; once. */
  private readonly faults: { operation: DiskOperation; code: string; after: boolean }[] = [];
  now = 0;

  constructor() {
    this.plant('/', 'folder');
    this.plant('/state', 'folder');
  }

  /** `after`: the operation is done and its answer is lost. */
  failNext(operation: DiskOperation, code: string, when: 'instead' | 'after' = 'instead'): void {
    this.faults.push({ operation, code, after: when === 'after' });
  }

  plant(path: string, kind: 'folder' | 'symlink', owner = uid, mode = 0o700): void {
    const node: Node = { kind, mode, uid: owner };
    this.names.set(path, node);
    this.durableNames.set(path, node);
  }

  content(path: string): Buffer | undefined {
    const node = this.names.get(path);
    return node?.kind === 'file' ? Buffer.from(node.data) : undefined;
  }

  put(path: string, data: Uint8Array): void {
    const node: FileNode = { kind: 'file', data: Buffer.from(data), durable: Buffer.from(data), mode: 0o600 };
    this.names.set(path, node);
    this.durableNames.set(path, node);
  }

  mode(path: string): number | undefined {
    return this.names.get(path)?.mode;
  }

  paths(): readonly string[] {
    return [...this.names.keys()].sort();
  }

  copy(): MemoryDisk {
    const twin = new MemoryDisk();
    const copies = new Map<Node, Node>();
    const copyOf = (node: Node): Node => {
      const known = copies.get(node) ?? { ...node };
      copies.set(node, known);
      return known;
    };
    twin.names = new Map([...this.names].map(([path, node]) => [path, copyOf(node)]));
    twin.durableNames = new Map([...this.durableNames].map(([path, node]) => [path, copyOf(node)]));
    return twin;
  }

  /** What was synced stays. Of the rest each name is there or not, and each file ends at any byte. */
  cutPower(random: () => number): void {
    const kept = new Map<string, Node>();
    for (const path of new Set([...this.names.keys(), ...this.durableNames.keys()])) {
      const [visible, durable] = [this.names.get(path), this.durableNames.get(path)];
      const node = visible === durable || random() < 0.5 ? visible : durable;
      if (node !== undefined) kept.set(path, node);
    }
    for (const path of kept.keys()) if (!kept.has(parentOf(path))) kept.delete(path);
    for (const node of new Set(kept.values())) {
      if (node.kind !== 'file') continue;
      const from = Math.min(node.durable.length, node.data.length);
      const length = from + Math.floor(random() * (node.data.length - from + 1));
      node.data = node.data.subarray(0, length);
      node.durable = node.data;
    }
    this.names = kept;
    this.durableNames = new Map(kept);
  }

  process(options: ProcessOptions = {}): MemoryProcess {
    let alive = true;
    let count = 0;
    /** Every operation goes through here: hooks, faults, death. Its work is synchronous, so it is atomic. */
    const run = async <T>(operation: DiskOperation, path: string, work: (tornBytes?: number) => T): Promise<T> => {
      const index = count;
      count += 1;
      await options.before?.(operation, path, index);
      if (!alive) throw new KilledError('killed');
      if (options.dieAt?.index === index) {
        alive = false;
        if (operation === 'append' && options.dieAt.tornBytes !== undefined) work(options.dieAt.tornBytes);
        throw new KilledError(`killed in ${operation} ${path}`);
      }
      const fault = this.faults.find((one) => one.operation === operation);
      if (fault) this.faults.splice(this.faults.indexOf(fault), 1);
      if (fault && !fault.after) throw systemError(fault.code);
      const result = work();
      if (fault) throw systemError(fault.code);
      return result;
    };
    const kill = (): void => {
      alive = false;
    };
    return { disk: this.view(run), count: () => count, kill };
  }

  private view(run: Run): Disk {
    return {
      uid,
      lstat: (path) => run('lstat', path, () => this.stat(path)),
      makeFolder: (path) => run('makeFolder', path, () => this.makeFolder(path)),
      chmod: (path, mode) =>
        run('chmod', path, () => {
          const node = this.names.get(path);
          if (node) node.mode = mode;
        }),
      createExclusive: async (path) => {
        const node = await run('createExclusive', path, () => this.createFile(path));
        return node && this.open(node, path, run);
      },
      read: (path) => run('read', path, () => this.content(path)),
      names: (path) => run('names', path, () => this.namesIn(path)),
      link: (from, to) => run('link', to, () => this.link(from, to)),
      remove: (path) =>
        run('remove', path, () => {
          this.names.delete(path);
        }),
      syncFile: (path) => run('sync', path, () => this.syncFile(this.names.get(path))),
      syncFolder: (path) => run('syncFolder', path, () => this.syncFolder(path)),
    };
  }

  private open(node: FileNode, path: string, run: Run): DiskFile {
    return {
      append: (bytes) => run('append', path, (tornBytes) => this.append(node, bytes.subarray(0, tornBytes))),
      sync: () => run('sync', path, () => this.syncFile(node)),
      truncate: (size) =>
        run('truncate', path, () => {
          node.data = node.data.subarray(0, size);
        }),
      size: () => run('lstat', path, () => node.data.length),
      close: async () => {},
    };
  }

  private append(node: FileNode, bytes: Uint8Array): void {
    this.refuseReadOnly();
    const fitting = bytes.subarray(0, Math.min(bytes.length, this.freeBytes));
    node.data = Buffer.concat([node.data, fitting]);
    this.freeBytes -= fitting.length;
    if (fitting.length < bytes.length) throw systemError('ENOSPC');
  }

  private stat(path: string): DiskStat | undefined {
    const node = this.names.get(path);
    if (node === undefined) return undefined;
    const size = node.kind === 'file' ? node.data.length : 0;
    return { kind: node.kind, size, mode: node.mode, uid: node.kind === 'file' ? uid : node.uid, modifiedAt: this.now };
  }

  private makeFolder(path: string): 'made' | 'there' {
    if (this.names.has(path)) return 'there';
    this.refuseReadOnly();
    if (!this.names.has(parentOf(path))) throw systemError('ENOENT');
    this.names.set(path, { kind: 'folder', mode: 0o700, uid });
    return 'made';
  }

  private createFile(path: string): FileNode | undefined {
    if (this.names.has(path)) return undefined;
    this.refuseReadOnly();
    if (!this.names.has(parentOf(path))) throw systemError('ENOENT');
    const node: FileNode = { kind: 'file', data: Buffer.alloc(0), durable: Buffer.alloc(0), mode: 0o600 };
    this.names.set(path, node);
    return node;
  }

  private link(from: string, to: string): 'linked' | 'taken' | 'gone' {
    this.refuseReadOnly();
    const node = this.names.get(from);
    if (node === undefined) return 'gone';
    if (this.names.has(to)) return 'taken';
    this.names.set(to, node);
    return 'linked';
  }

  private namesIn(folder: string): readonly string[] | undefined {
    if (this.names.get(folder)?.kind !== 'folder') return undefined;
    return [...this.names.keys()]
      .filter((path) => path !== '/' && parentOf(path) === folder)
      .map((path) => path.slice(path.lastIndexOf('/') + 1));
  }

  private syncFile(node: Node | undefined): void {
    if (node?.kind !== 'file') throw systemError('ENOENT');
    node.durable = node.data;
  }

  private syncFolder(folder: string): void {
    for (const path of this.durableNames.keys()) {
      if (path !== folder && parentOf(path) === folder && !this.names.has(path)) this.durableNames.delete(path);
    }
    for (const [path, node] of this.names) if (parentOf(path) === folder) this.durableNames.set(path, node);
  }

  private refuseReadOnly(): void {
    if (this.readOnly) throw systemError('EROFS');
  }
}

type Run = <T>(operation: DiskOperation, path: string, work: (tornBytes?: number) => T) => Promise<T>;

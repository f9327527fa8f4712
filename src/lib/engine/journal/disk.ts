/**
 * The small piece of a file system that journal and lock stand on, injected so that tests can cut the power at any
 * byte. Types only. node-disk.ts is the real one. Paths are absolute and made of checked components (state-folder.ts).
 * An absent thing is `undefined`, never an error; everything else that goes wrong throws the system's error (`code`).
 */
export interface DiskStat {
  readonly kind: 'file' | 'folder' | 'symlink' | 'other';
  readonly size: number;
  /** Permission bits, for example 0o700. */
  readonly mode: number;
  /** Undefined where the system has no owners. */
  readonly uid: number | undefined;
  readonly modifiedAt: number;
}

/** A file that this process created; nobody else writes to it. */
export interface DiskFile {
  /** All bytes at the end, or throws; then any part of them may be there. */
  append(bytes: Uint8Array): Promise<void>;
  /** Durable when it resolves. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  size(): Promise<number>;
  /** May be called again. */
  close(): Promise<void>;
}

export interface Disk {
  /** Owner of what this process creates; undefined where the system has no owners. */
  readonly uid: number | undefined;
  /** Does not follow a symlink. */
  lstat(path: string): Promise<DiskStat | undefined>;
  /** 0700. Parents must exist. */
  makeFolder(path: string): Promise<'made' | 'there'>;
  chmod(path: string, mode: number): Promise<void>;
  /** 0600, O_EXCL, for appending; undefined when the name is taken. */
  createExclusive(path: string): Promise<DiskFile | undefined>;
  /** Refuses a symlink. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Names in a folder, in no order; undefined when there is no such folder. */
  names(path: string): Promise<readonly string[] | undefined>;
  /** A second name for a file, all or nothing; 'taken' when `to` exists, 'gone' when `from` does not. */
  link(from: string, to: string): Promise<'linked' | 'taken' | 'gone'>;
  /** Quiet when it is not there. */
  remove(path: string): Promise<void>;
  syncFile(path: string): Promise<void>;
  syncFolder(path: string): Promise<void>;
}

/**
 * Files that a command is about to write into a folder, held against what is there. A file that says the same is left
 * alone; one that differs is shown as a diff, and without --force nothing at all is written. Reads only;
 * write-scaffold.ts writes.
 */
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { visible } from '../config/diagnostics.js';
import { PlatformError } from '../errors/platform-error.js';
import { lineDiff } from './line-diff.js';

export interface ScaffoldFile {
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly state: 'new' | 'same' | 'different';
  /** When different: what would change. */
  readonly diff: readonly string[];
}

export interface DesiredFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface PlannedFiles {
  /** Absolute and real. */
  readonly folder: string;
  readonly files: readonly ScaffoldFile[];
}

const kindOf = (path: string): 'file' | 'folder' | 'link' | 'other' | undefined => {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink()) return 'link';
  if (stat.isDirectory()) return 'folder';
  return stat.isFile() ? 'file' : 'other';
};

/** Every folder on the way is a real one: a link would lead the file out of the project. */
const checkWay = (folder: string, path: string): void => {
  for (let way = dirname(path); way !== '.'; way = dirname(way)) {
    const kind = kindOf(join(folder, way));
    if (kind !== undefined && kind !== 'folder') throw inTheWay(way);
  }
};

const inTheWay = (path: string): PlatformError =>
  new PlatformError('E_CONFLICT', `${path} is in the way: it is not a regular file or folder`, {
    hints: ['move it away, or choose another folder'],
  });

const maxBytes = 1024 * 1024;

const compare = (folder: string, file: { readonly path: string; readonly text: string }): ScaffoldFile => {
  checkWay(folder, file.path);
  const absolute = join(folder, file.path);
  const kind = kindOf(absolute);
  if (kind === undefined) return { ...file, state: 'new', diff: [] };
  if (kind !== 'file') throw inTheWay(file.path);
  if (lstatSync(absolute).size > maxBytes) return { ...file, state: 'different', diff: ['(larger than 1 MiB)'] };
  const present = readFileSync(absolute, 'utf8');
  if (present === file.text) return { ...file, state: 'same', diff: [] };
  return { ...file, state: 'different', diff: lineDiff(present, file.text).map(visible) };
};

/** Reads what is there and says what would be written. Writes nothing. */
export const planFiles = (asked: string, files: readonly DesiredFile[]): PlannedFiles => {
  const absolute = resolve(asked);
  const folderKind = kindOf(absolute);
  if (folderKind !== undefined && folderKind !== 'folder' && folderKind !== 'link') throw inTheWay(absolute);
  const folder = folderKind === 'link' ? realpathSync(absolute) : absolute;
  return { folder, files: files.map((file) => compare(folder, file)) };
};

/** What would be lost, file by file; `source` is where the new text comes from. */
export const diffLines = ({ files }: Pick<PlannedFiles, 'files'>, source: string): readonly string[] =>
  files
    .filter(({ state }) => state === 'different')
    .flatMap(({ path, diff }) => [`--- ${path} (yours)`, `+++ ${path} (${source})`, ...diff]);

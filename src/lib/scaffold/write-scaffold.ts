/** Writes a planned project: each file at once (temporary file, then rename), and nothing that is the same already. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PlatformError } from '../errors/platform-error.js';
import { diffLines, type PlannedFiles } from './plan-files.js';

export interface Overwriting {
  /** Where the new text comes from: `template`, `live account`. */
  readonly source: string;
  /** The command that overwrites: `platform init --force`. */
  readonly command: string;
}

/** Throws E_CONFLICT with the diff when a file that was edited would be lost. */
export const assertNothingLost = (plan: PlannedFiles, { source, command }: Overwriting): void => {
  const lost = plan.files.filter(({ state }) => state === 'different').map(({ path }) => path);
  if (lost.length === 0) return;
  const what = lost.length === 1 ? `${lost[0]} differs` : `${lost.length} files differ`;
  throw new PlatformError(
    'E_CONFLICT',
    [`${what} from the ${source}; nothing was written; --force overwrites`, ...diffLines(plan, source)].join('\n'),
    {
      hints: [command],
      details: { files: lost },
    },
  );
};

export const writeScaffold = (plan: PlannedFiles): void => {
  let path = '';
  try {
    writeFiles(plan, (next) => {
      path = next;
    });
  } catch (error) {
    throw writeError(error, join(plan.folder, path));
  }
};

const writeFiles = (plan: PlannedFiles, onFile: (path: string) => void): void => {
  mkdirSync(plan.folder, { recursive: true });
  // Inside the folder, because a rename does not cross file systems.
  const temporary = mkdtempSync(join(plan.folder, '.platform-new-'));
  try {
    for (const [index, { path, text, state }] of plan.files.entries()) {
      if (state === 'same') continue;
      onFile(path);
      const target = join(plan.folder, path);
      const fresh = join(temporary, String(index));
      writeFileSync(fresh, text, { flag: 'wx', mode: 0o644 });
      mkdirSync(dirname(target), { recursive: true });
      renameSync(fresh, target);
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
};

const elsewhere = 'choose a folder that you can write to';

const reasons: { readonly [code: string]: { readonly text: string; readonly hint: string } } = {
  ENOSPC: { text: 'the disk is full', hint: 'free some space, then the same again: what was written is kept' },
  EDQUOT: { text: 'the disk quota is used up', hint: 'free some space, then the same again: what was written is kept' },
  EROFS: { text: 'the file system is read-only', hint: elsewhere },
  // What Node says when it cannot make a folder with its parents on such a file system.
  ENOENT: { text: 'the folder cannot be made; the file system may be read-only', hint: elsewhere },
  EACCES: { text: 'permission is denied', hint: elsewhere },
  EPERM: { text: 'the system does not allow it', hint: elsewhere },
  ENOTDIR: { text: 'a file stands where a folder has to be', hint: elsewhere },
  EEXIST: { text: 'a file stands where a folder has to be', hint: elsewhere },
  EISDIR: { text: 'a folder stands where a file has to be', hint: elsewhere },
};

/** The disk's refusals in people's words; anything else is a bug and stays one. */
const writeError = (error: unknown, path: string): unknown => {
  const reason = reasons[String((error as { readonly code?: unknown } | undefined)?.code)];
  if (reason === undefined) return error;
  return new PlatformError('E_FAILED', `cannot write ${path}: ${reason.text}`, { hints: [reason.hint], cause: error });
};

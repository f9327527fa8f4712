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
  mkdirSync(plan.folder, { recursive: true });
  // Inside the folder, because a rename does not cross file systems.
  const temporary = mkdtempSync(join(plan.folder, '.platform-new-'));
  try {
    for (const [index, { path, text, state }] of plan.files.entries()) {
      if (state === 'same') continue;
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

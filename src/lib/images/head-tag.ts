/** The tag that a build of this checkout has: HEAD's short commit, `-dirty` when files differ from it. */
import { runTool } from '../child-process/run-tool.js';
import type { Ctx } from '../context/context.js';
import { PlatformError } from '../errors/platform-error.js';

export interface Head {
  readonly tag: string;
  readonly commit: string;
  readonly isDirty: boolean;
}

const noCommit = (why: string): PlatformError =>
  new PlatformError('E_USAGE', `no image was named and ${why}`, { hints: ['--tag TAG', '--image SERVICE=REFERENCE'] });

type Needs = Pick<Ctx, 'env' | 'place'>;

export const headTag = async (ctx: Needs, folder: string): Promise<Head> => {
  const git = (...args: readonly string[]) =>
    runTool({
      argv: ['git', ...args],
      cwd: folder,
      timeoutMs: 10_000,
      env: { PATH: ctx.env['PATH'], HOME: ctx.env['HOME'] },
    });
  const head = await git('rev-parse', '--short', 'HEAD');
  if (head.failure === 'ENOENT') throw noCommit('git is not installed');
  if (head.exitCode !== 0) throw noCommit('this folder has no commit');
  const status = await git('status', '--porcelain');
  const commit = head.stdout.trim();
  const isDirty = status.stdout.trim() !== '';
  if (isDirty && ctx.place.kind !== 'sandbox') {
    throw new PlatformError(
      'E_USAGE',
      `files differ from commit ${commit}: an image of them cannot be told from the commit's`,
      {
        hints: ['commit first', '--tag TAG'],
      },
    );
  }
  return { tag: isDirty ? `${commit}-dirty` : commit, commit, isDirty };
};

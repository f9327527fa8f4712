/**
 * Where runs are on this machine: `<state>/<account | sandbox-ID>/<region>/<project>/<environment>/runs/<run id>`.
 * `runs list` must work offline and without credentials, so it looks at the folders and asks no AWS.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ctx, Place } from '../context/context.js';
import type { Target } from '../plan/plan.js';
import { isRunId } from './ids.js';

export interface LocatedRun {
  readonly runId: string;
  /** Enough to open the journal; the account of a sandbox is only in the run's own plan. */
  readonly target: Target;
  /** A run of this AWS or this sandbox; others can be named, never touched. */
  readonly isHere: boolean;
}

export interface RunFilter {
  readonly project?: string;
  readonly environment?: string;
}

const sandboxFolder = /^sandbox-(.+)$/;
const accountFolder = /^\d{12}$/;
const sandboxAccount = '123456789012';

/** Every run on this machine that fits, newest first (ids are ULIDs). */
export const locateRuns = async (
  ctx: Pick<Ctx, 'paths' | 'place'>,
  filter: RunFilter = {},
): Promise<readonly LocatedRun[]> => {
  const runs = await Promise.all(
    (await targetFolders(ctx.paths.state, filter)).map(async ({ target, folder }) => {
      const ids = (await folders(join(folder, 'runs'))).filter(isRunId);
      return ids.map((runId) => ({ runId, target, isHere: isHere(ctx.place, target) }));
    }),
  );
  return runs.flat().sort((a, b) => (a.runId < b.runId ? 1 : -1));
};

const isHere = (place: Place, target: Target): boolean =>
  place.kind === 'sandbox' ? target.sandbox === place.id : target.sandbox === undefined;

const targetFolders = async (
  state: string,
  filter: RunFilter,
): Promise<readonly { target: Target; folder: string }[]> => {
  const found: { target: Target; folder: string }[] = [];
  for (const place of await folders(state)) {
    const sandbox = sandboxFolder.exec(place)?.[1];
    if (sandbox === undefined && !accountFolder.test(place)) continue;
    const account = sandbox === undefined ? place : sandboxAccount;
    for (const [region, project, environment] of await paths(join(state, place))) {
      if (filter.project !== undefined && filter.project !== project) continue;
      if (filter.environment !== undefined && filter.environment !== environment) continue;
      const target = { account, region, project, environment, ...(sandbox === undefined ? {} : { sandbox }) };
      found.push({ target, folder: join(state, place, region, project, environment) });
    }
  }
  return found;
};

/** The three levels below a place: region, project, environment. */
const paths = async (root: string): Promise<readonly (readonly [string, string, string])[]> => {
  const found: [string, string, string][] = [];
  for (const region of await folders(root)) {
    for (const project of await folders(join(root, region))) {
      for (const environment of await folders(join(root, region, project))) found.push([region, project, environment]);
    }
  }
  return found;
};

/** Links are not followed: a journal is only ever in a real folder. */
const folders = async (path: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  }
};

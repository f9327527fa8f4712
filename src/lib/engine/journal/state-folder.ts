/**
 * Where a target's journals and lock live: `<root>/<account | sandbox-ID>/<region>/<project>/<environment>/`.
 * Every component is checked before it becomes a path; every folder must be ours, real and closed to others.
 */
import { PlatformError } from '../../errors/platform-error.js';
import type { Target } from '../../plan/plan.js';
import type { Disk } from './disk.js';

const namePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const accountPattern = /^[0-9]{12}$/;

export const isPathComponent = (value: string): boolean => namePattern.test(value);

/** Refuses what could leave its folder. */
export const pathComponent = (what: string, value: string): string => {
  if (isPathComponent(value)) return value;
  throw new PlatformError('E_USAGE', `${what} ${JSON.stringify(value)} cannot be used as a folder name`, {
    hints: ['use lower-case letters, digits and hyphens, at most 63, and begin with a letter or digit'],
    details: { what },
  });
};

/** An AWS account can never name the folder of a sandbox: one is twelve digits, the other has the prefix. */
export const placeComponent = (target: Pick<Target, 'account' | 'sandbox'>): string => {
  if (target.sandbox !== undefined) return `sandbox-${pathComponent('sandbox id', target.sandbox)}`;
  if (accountPattern.test(target.account)) return target.account;
  throw new PlatformError('E_USAGE', `account ${JSON.stringify(target.account)} is not a twelve-digit number`);
};

export const targetComponents = (target: Target): readonly string[] => [
  placeComponent(target),
  pathComponent('region', target.region),
  pathComponent('project', target.project),
  pathComponent('environment', target.environment),
];

export const join = (...parts: readonly string[]): string => parts.join('/');

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/**
 * Makes what is missing and refuses what is not ours. Returns the innermost folder. Every parent is synced, also of a
 * folder that was there: whoever made it may have been killed before it could.
 */
export const ensureFolder = async (disk: Disk, root: string, components: readonly string[]): Promise<string> => {
  if (!root.startsWith('/')) throw new PlatformError('E_BUG', `the state folder ${root} is not an absolute path`);
  await makeAbove(disk, parentOf(root));
  let path = root;
  await makePrivate(disk, path);
  await disk.syncFolder(parentOf(path));
  for (const component of components) {
    const parent = path;
    path = join(parent, component);
    await makePrivate(disk, path);
    await disk.syncFolder(parent);
  }
  return path;
};

/** What lies above our root is the user's: symbolic links are followed and nothing is refused there. */
const makeAbove = async (disk: Disk, path: string): Promise<void> => {
  if (path === '/' || (await disk.lstat(path)) !== undefined) return;
  await makeAbove(disk, parentOf(path));
  await disk.makeFolder(path);
  await disk.syncFolder(parentOf(path));
};

/** For readers: the same refusals, but nothing is made. Undefined when a folder is not there. */
export const findFolder = async (
  disk: Disk,
  root: string,
  components: readonly string[],
): Promise<string | undefined> => {
  let path = root;
  if (!(await isPrivate(disk, path))) return undefined;
  for (const component of components) {
    path = join(path, component);
    if (!(await isPrivate(disk, path))) return undefined;
  }
  return path;
};

const makePrivate = async (disk: Disk, path: string): Promise<void> => {
  if (await isPrivate(disk, path)) return;
  // Somebody may have been faster; then theirs must pass the same test.
  if ((await disk.makeFolder(path)) === 'there') await isPrivate(disk, path);
};

/** True when it is there and good; false when it is absent; throws when it is somebody else's or no folder. */
const isPrivate = async (disk: Disk, path: string): Promise<boolean> => {
  const stat = await disk.lstat(path);
  if (stat === undefined) return false;
  if (stat.kind !== 'folder') throw refusal(path, stat.kind === 'symlink' ? 'is a symbolic link' : 'is not a folder');
  if (disk.uid !== undefined && stat.uid !== disk.uid) throw refusal(path, `belongs to user id ${String(stat.uid)}`);
  if (disk.uid !== undefined && (stat.mode & 0o077) !== 0) await disk.chmod(path, 0o700);
  return true;
};

const refusal = (path: string, why: string): PlatformError =>
  new PlatformError('E_POLICY', `the state folder ${path} ${why}; platform keeps no journal there`, {
    hints: ['set XDG_STATE_HOME to a folder that only you can write to'],
    details: { reason: 'unsafe-state-folder', path },
  });

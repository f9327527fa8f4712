/** Finds platform.yaml: from the current folder up to the git root, never above it or the home folder. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PlatformError } from '../errors/platform-error.js';

export const configFileName = 'platform.yaml';

export interface DiscoverOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--config`; else PLATFORM_CONFIG; else the search. */
  readonly file?: string;
}

const realFolder = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
};

// Outside a repository the search must not walk into a folder where strangers may put a platform.yaml (/tmp).
const isOpenToOthers = (folder: string): boolean => {
  try {
    return (statSync(folder).mode & 0o002) !== 0;
  } catch {
    return true;
  }
};

const notFound = (message: string): PlatformError =>
  new PlatformError('E_NO_CONFIG', message, { hints: ['platform init'] });

const explicit = (options: { readonly cwd: string; readonly named: string; readonly by: string }): string => {
  const path = resolve(options.cwd, options.named);
  if (!existsSync(path)) throw notFound(`no file ${path} (${options.by})`);
  return statSync(path).isDirectory() ? join(path, configFileName) : path;
};

/** The folders to look into, nearest first. */
const searchPath = (start: string, homeFolder: string | undefined): readonly string[] => {
  const home = homeFolder === undefined || homeFolder === '' ? undefined : realFolder(homeFolder);
  const folders: string[] = [];
  for (let folder = start; ; folder = dirname(folder)) {
    folders.push(folder);
    if (existsSync(join(folder, '.git'))) return folders;
    if (folder === home || folder === dirname(folder)) break;
  }
  const stranger = folders.findIndex((folder, index) => index > 0 && isOpenToOthers(folder));
  return stranger < 0 ? folders : folders.slice(0, stranger);
};

/** Absolute path of the configuration; throws E_NO_CONFIG when there is none. */
export const discoverConfig = (options: DiscoverOptions): string => {
  const fromEnv = options.env['PLATFORM_CONFIG'];
  if (options.file !== undefined) return explicit({ cwd: options.cwd, named: options.file, by: '--config' });
  if (fromEnv !== undefined && fromEnv !== '')
    return explicit({ cwd: options.cwd, named: fromEnv, by: 'PLATFORM_CONFIG' });
  const start = realFolder(options.cwd);
  const found = searchPath(start, options.env['HOME'])
    .map((folder) => join(folder, configFileName))
    .find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw notFound(`no ${configFileName} in ${start} or above it, up to the git root`);
};

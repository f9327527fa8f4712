/** What `init` takes when nobody says otherwise. Pure. */
import { basename, resolve } from 'node:path';
import { defaultRegion } from '../config/resolve.js';

/** A folder's name as a project name: lower case, digits and dashes, at most 40 characters. */
export const projectNameOf = (folder: string): string => {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return name === '' ? 'app' : name;
};

export const scaffoldDefaults = (options: {
  readonly cwd: string;
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): { readonly folder: string; readonly project: string; readonly region: string } => {
  const folder = resolve(options.cwd, options.dir);
  return { folder, project: projectNameOf(folder), region: options.env['AWS_REGION'] || defaultRegion };
};

/** Paths that platform.yaml names: they stay inside the project, symbolic links included. */
import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

export type ProjectPath =
  | { readonly kind: 'inside'; readonly absolute: string }
  | { readonly kind: 'outside' }
  | { readonly kind: 'missing' };

const isWithin = (root: string, path: string): boolean => {
  const rest = relative(root, path);
  return rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest);
};

export const projectPath = (root: string, written: string): ProjectPath => {
  if (written.includes('\0') || isAbsolute(written) || !isWithin(root, resolve(root, written)))
    return { kind: 'outside' };
  try {
    const real = realpathSync(join(root, written));
    return isWithin(realpathSync(root), real) ? { kind: 'inside', absolute: real } : { kind: 'outside' };
  } catch {
    return { kind: 'missing' };
  }
};

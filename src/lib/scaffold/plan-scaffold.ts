/**
 * `platform init`: templates/ → a new project. Reading and deciding here, writing in write-scaffold.ts. A file that
 * exists and says the same is left alone; one that differs is a conflict, shown as a diff, and nothing at all is written.
 * May import config's JSON Schema and errors. Start reading at planScaffold.
 */
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { visible } from '../config/diagnostics.js';
import { platformSchemaText } from '../config/json-schema.js';
import { namePattern } from '../config/schema.js';
import { PlatformError } from '../errors/platform-error.js';
import { lineDiff } from './line-diff.js';

export interface ScaffoldOptions {
  /** Where the packaged templates are. */
  readonly templates: string;
  /** Absolute folder of the new project; made when it is not there. */
  readonly folder: string;
  readonly runtime: 'ecs';
  readonly project: string;
  readonly region: string;
}

export interface ScaffoldFile {
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly state: 'new' | 'same' | 'different';
  /** When different: what would change. */
  readonly diff: readonly string[];
}

export interface ScaffoldPlan {
  readonly folder: string;
  readonly project: string;
  readonly region: string;
  readonly files: readonly ScaffoldFile[];
}

/** npm leaves dot-files of this kind out of a package, so they are stored without the dot. */
const dotFiles = new Set(['gitignore', 'dockerignore']);

const targetPath = (path: string): string => {
  const parts = path.split(sep);
  const name = parts.pop() ?? '';
  return [...parts, dotFiles.has(name) ? `.${name}` : name].join('/');
};

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();

/** Load balancers have names of at most 32 characters; the longest ending is `-production`. */
const balancerName = (project: string): string => project.slice(0, 32 - '-production'.length).replace(/-+$/, '');

const filled = (text: string, { project, region }: ScaffoldOptions): string =>
  text
    .replaceAll('__PROJECT__', project)
    .replaceAll('__REGION__', region)
    .replaceAll('__BALANCER__', balancerName(project));

const desiredFiles = (options: ScaffoldOptions): readonly { readonly path: string; readonly text: string }[] => {
  const source = join(options.templates, options.runtime);
  const copied = filesBelow(source).map((path) => ({
    path: targetPath(path),
    text: filled(readFileSync(join(source, path), 'utf8'), options),
  }));
  const all = [...copied, { path: 'platform.schema.json', text: platformSchemaText() }];
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
};

const checkNames = ({ project, region }: ScaffoldOptions): void => {
  if (!namePattern.test(project) || project.length > 40)
    throw new PlatformError('E_USAGE', `${visible(project)} is not a project name`, {
      hints: ['--project NAME: lower-case letters, digits and dashes, at most 40 characters'],
    });
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
    throw new PlatformError('E_USAGE', `${visible(region)} is not an AWS region`, { hints: ['--region eu-west-1'] });
};

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
    hints: ['move it away, or choose another folder with --dir'],
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
export const planScaffold = (options: ScaffoldOptions): ScaffoldPlan => {
  checkNames(options);
  const asked = resolve(options.folder);
  const folderKind = kindOf(asked);
  if (folderKind !== undefined && folderKind !== 'folder' && folderKind !== 'link') throw inTheWay(asked);
  const folder = folderKind === 'link' ? realpathSync(asked) : asked;
  return {
    folder,
    project: options.project,
    region: options.region,
    files: desiredFiles(options).map((file) => compare(folder, file)),
  };
};

/** What would be lost, file by file. */
export const diffLines = ({ files }: ScaffoldPlan): readonly string[] =>
  files
    .filter(({ state }) => state === 'different')
    .flatMap(({ path, diff }) => [`--- ${path} (yours)`, `+++ ${path} (template)`, ...diff]);

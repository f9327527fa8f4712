/**
 * `platform init`: templates/ → a new project. Which files, here; what is there already, in plan-files.ts; writing in
 * write-scaffold.ts.
 * May import config's JSON Schema and errors. Start reading at planScaffold.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { visible } from '../config/diagnostics.js';
import { platformSchemaText } from '../config/json-schema.js';
import { namePattern } from '../config/schema.js';
import { PlatformError } from '../errors/platform-error.js';
import { type DesiredFile, type PlannedFiles, planFiles } from './plan-files.js';

export interface ScaffoldOptions {
  /** Where the packaged templates are. */
  readonly templates: string;
  /** Absolute folder of the new project; made when it is not there. */
  readonly folder: string;
  readonly runtime: 'ecs';
  readonly project: string;
  readonly region: string;
}

export interface ScaffoldPlan extends PlannedFiles {
  readonly project: string;
  readonly region: string;
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

const desiredFiles = (options: ScaffoldOptions): readonly DesiredFile[] => {
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

/** Reads what is there and says what would be written. Writes nothing. */
export const planScaffold = (options: ScaffoldOptions): ScaffoldPlan => {
  checkNames(options);
  return {
    ...planFiles(options.folder, desiredFiles(options)),
    project: options.project,
    region: options.region,
  };
};

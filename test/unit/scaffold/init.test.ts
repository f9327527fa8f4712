import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadProject } from '../../../src/lib/config/load.js';
import { resolveEnvironment } from '../../../src/lib/config/resolve.js';
import { renderTaskDefinition } from '../../../src/lib/config/template.js';
import { validateProject } from '../../../src/lib/config/validate.js';
import { isPlatformError, type PlatformError } from '../../../src/lib/errors/platform-error.js';
import { projectNameOf, scaffoldDefaults } from '../../../src/lib/scaffold/defaults.js';
import { type InitOptions, initProject } from '../../../src/lib/scaffold/init.js';
import { lineDiff } from '../../../src/lib/scaffold/line-diff.js';
import { type TempProject, tempProject } from '../../helpers/temp-project.js';

const templates = join(import.meta.dirname, '../../../templates');
const folders: TempProject[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

const emptyFolder = (): string => {
  const folder = tempProject();
  folders.push(folder);
  return join(folder.root, 'shop');
};

const init = (folder: string, more: Partial<InitOptions> = {}) =>
  initProject({
    templates,
    folder,
    cwd: folder,
    runtime: 'ecs',
    project: 'shop',
    region: 'eu-west-1',
    mode: 'write',
    edited: 'keep',
    ...more,
  });

const failure = (action: () => unknown): PlatformError => {
  try {
    action();
  } catch (error) {
    if (isPlatformError(error)) return error;
    throw error;
  }
  throw new Error('expected a PlatformError');
};

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe('init', () => {
  it('writes a project that is valid in both environments and every template of it', () => {
    const folder = emptyFolder();
    init(folder);
    const project = loadProject({ cwd: folder, env: {} });
    expect(validateProject(project)).toEqual([]);
    expect(Object.keys(project.config.services)).toEqual(['api', 'workers', 'web']);
    expect(resolveEnvironment(project, 'production', { env: {} }).isProtected).toBe(true);
    const environment = resolveEnvironment(project, 'staging', { env: {} });
    const rendered = environment.services.map((service) => {
      const image = `${service.repository}@sha256:${'0'.repeat(64)}`;
      return renderTaskDefinition(service, { project, environment, image, account: '123456789012' }).taskDefinition;
    });
    expect(rendered.map(({ family }) => family)).toEqual([
      'shop-staging-api',
      'shop-staging-workers',
      'shop-staging-web',
    ]);
    expect(
      rendered.map(({ containerDefinitions }) => containerDefinitions[0]?.secrets?.map(({ valueFrom }) => valueFrom)),
    ).toEqual([
      ['/shop/staging/DATABASE_URL', '/shop/staging/REDIS_URL'],
      ['/shop/staging/DATABASE_URL', '/shop/staging/REDIS_URL'],
      undefined,
    ]);
  });

  it('writes the files that are listed, dot-files by their real names, and leaves nothing else behind', () => {
    const folder = emptyFolder();
    const { result, next } = init(folder);
    expect(filesOf(folder)).toEqual([...result.files.map(({ path }) => path)].sort());
    expect(filesOf(folder)).toEqual(
      expect.arrayContaining(['.gitignore', 'api/.dockerignore', 'platform.schema.json']),
    );
    for (const file of filesOf(folder)) expect(readFileSync(join(folder, file), 'utf8')).not.toContain('__');
    expect(next).toEqual([{ command: 'platform sandbox start', why: expect.any(String) }]);
  });

  it('is valid with the longest name too', () => {
    const folder = emptyFolder();
    init(folder, { project: 'a'.repeat(40) });
    expect(validateProject(loadProject({ cwd: folder, env: {} }))).toEqual([]);
  });

  it('a second time changes nothing', () => {
    const folder = emptyFolder();
    init(folder);
    const before = filesOf(folder).map((file) => statSync(join(folder, file)).mtimeMs);
    const { result } = init(folder);
    expect(new Set(result.files.map(({ state }) => state))).toEqual(new Set(['unchanged']));
    expect(filesOf(folder).map((file) => statSync(join(folder, file)).mtimeMs)).toEqual(before);
  });

  it('does not overwrite an edited file: exit 9 with the diff, and nothing is written', () => {
    const folder = emptyFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, 'README.md'), '# mine\n\u001b[31mred\n');
    const error = failure(() => init(folder));
    expect([error.code, error.exitCode]).toEqual(['E_CONFLICT', 9]);
    expect(error.message).toContain('README.md differs from the template');
    expect(error.message).toContain('- # mine');
    expect(error.message).toContain('+ # shop');
    expect(error.message).toContain('- \\u{1b}[31mred');
    expect(filesOf(folder)).toEqual(['README.md']);
  });

  it('with force it does, and shows what was lost', () => {
    const folder = emptyFolder();
    init(folder);
    writeFileSync(join(folder, 'platform.yaml'), 'version: 1\n');
    const { warnings, result } = init(folder, { edited: 'overwrite' });
    expect(warnings?.[0]?.message).toContain('--- platform.yaml (yours)');
    expect(result.files.filter(({ state }) => state === 'overwritten')).toEqual([
      { path: 'platform.yaml', state: 'overwritten' },
    ]);
    expect(validateProject(loadProject({ cwd: folder, env: {} }))).toEqual([]);
  });

  it('as a preview writes nothing, not even the folder', () => {
    const folder = emptyFolder();
    const { result } = init(folder, { mode: 'preview' });
    expect(result.written).toBe(false);
    expect(statSync(folder, { throwIfNoEntry: false })).toBeUndefined();
  });

  it.each(['api', 'platform.yaml'])('does not follow a symbolic link at %s', (name) => {
    const folder = emptyFolder();
    const outside = tempProject({ 'platform.yaml': 'theirs' });
    folders.push(outside);
    mkdirSync(folder);
    symlinkSync(name === 'api' ? outside.root : join(outside.root, name), join(folder, name));
    const error = failure(() => init(folder, { edited: 'overwrite' }));
    expect([error.exitCode, error.message]).toEqual([9, expect.stringContaining(`${name} is in the way`)]);
    expect(filesOf(outside.root)).toEqual(['platform.yaml']);
    expect(readFileSync(join(outside.root, 'platform.yaml'), 'utf8')).toBe('theirs');
  });

  it.each([
    ['Shop', 'eu-west-1'],
    ['../x', 'eu-west-1'],
    ['a'.repeat(41), 'eu-west-1'],
    ['shop', 'mars'],
  ])('refuses the name %s with region %s as a usage error', (project, region) => {
    expect(failure(() => init(emptyFolder(), { project, region })).exitCode).toBe(2);
  });
});

describe('the defaults', () => {
  it.each([
    ['/code/shop', 'shop'],
    ['/code/My Shop_2', 'my-shop-2'],
    ['/code/---', 'app'],
    ['/', 'app'],
    [`/code/${'é1'.repeat(40)}`, '1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1'],
  ])('the folder %s gives the name %s', (folder, name) => {
    expect(projectNameOf(folder)).toBe(name);
  });

  it('come from the folder and AWS_REGION', () => {
    expect(scaffoldDefaults({ cwd: '/code', dir: 'shop', env: { AWS_REGION: 'ap-south-1' } })).toEqual({
      folder: '/code/shop',
      project: 'shop',
      region: 'ap-south-1',
    });
    expect(scaffoldDefaults({ cwd: '/code', dir: '.', env: {} }).region).toBe('us-east-1');
  });
});

describe('a diff', () => {
  it('shows changes with what is around them and leaves out the rest', () => {
    const before = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].join('\n');
    const after = ['1', '2', '3', '4', 'five', '6', '7', '8', '9', '10'].join('\n');
    expect(lineDiff(before, after)).toEqual(['…', '  3', '  4', '- 5', '+ five', '  6', '  7', '  8', '  9', '+ 10']);
  });

  it('of equal texts is empty', () => {
    expect(lineDiff('a\nb\n', 'a\nb\n')).toEqual([]);
  });
});

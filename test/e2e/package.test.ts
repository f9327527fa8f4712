/**
 * What would be published: packed, installed into an empty prefix without network, and driven through the demo's own
 * steps (bin/demo.js --bin) on every Node that we promise. The list of files is a contract.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../helpers/manifest.js';
import { nodeOrSkip } from '../helpers/node-versions.js';

/** Newest of each line that we promise, and the oldest that we take. */
const supported = ['20.19.0', '22.23.3', '24.21.0'];
const tooOld = ['14.21.3', '18.20.8'];

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

let work = '';
let packed: Packed;
let installed = '';

/** npm as somebody else has it: no configuration, no cache, no network. */
const npmEnv = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: work,
  npm_config_cache: join(work, 'npm-cache'),
  npm_config_offline: 'true',
});

const npm = (args: readonly string[], cwd: string): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', env: npmEnv(), stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'platform-package-'));
  const told = execFileSync(process.execPath, [join(repository, 'bin', 'pack.js'), work], {
    encoding: 'utf8',
    env: npmEnv(),
  });
  [packed] = JSON.parse(told) as [Packed];
  process.stderr.write(
    `package: ${(packed.size / 1e6).toFixed(1)} MB packed, ${(packed.unpackedSize / 1e6).toFixed(1)} MB unpacked, ${packed.files.length} files\n`,
  );
  const prefix = join(work, 'prefix');
  mkdirSync(prefix);
  npm(
    ['install', '--prefix', prefix, '--no-audit', '--no-fund', '--ignore-scripts', join(work, packed.filename)],
    work,
  );
  installed = join(prefix, 'node_modules', 'containers-platform-cli');
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const textFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('the package', () => {
  it('holds what it needs to run, licences and the readme, and nothing else', () => {
    const kinds = new Set(
      packed.files.map(({ path }) =>
        path
          .replace(/^dist\/(chunks|sandbox|commands|lib)\/.+\.js$/, 'dist/$1/….js')
          .replace(/^templates\/ecs\/.+$/, 'templates/ecs/…'),
      ),
    );
    expect([...kinds].sort()).toEqual(
      [
        'LICENSE',
        'README.md',
        'THIRD_PARTY_NOTICES.md',
        'bin/run.js',
        'dist/chunks/….js',
        'dist/commands/….js',
        'dist/lib/….js',
        'dist/root-help.txt',
        'dist/sandbox/….js',
        'oclif.manifest.json',
        'package.json',
        'templates/completion/platform.bash',
        'templates/completion/platform.fish',
        'templates/completion/platform.zsh',
        'templates/ecs/…',
      ].sort(),
    );
    const templates = packed.files.map(({ path }) => path).filter((path) => path.startsWith('templates/'));
    const kept = readdirSync(join(repository, 'templates'), { recursive: true, withFileTypes: true });
    expect(templates.length).toBe(kept.filter((entry) => entry.isFile()).length);
    expect(packed.files.find(({ path }) => path === 'bin/run.js')?.mode.toString(8)).toBe('755');
  });

  it('has no chunk of an earlier build', () => {
    const { cli, sandbox } = JSON.parse(readFileSync(join(repository, 'dist/meta.json'), 'utf8')) as Record<
      'cli' | 'sandbox',
      { readonly outputs: object }
    >;
    const scripts = [cli, sandbox]
      .flatMap(({ outputs }) => Object.keys(outputs))
      .filter((path) => path.endsWith('.js'));
    const dist = packed.files.map(({ path }) => path).filter((path) => /^dist\/.*\.js$/.test(path));
    expect(dist.sort()).toEqual(scripts.sort());
  });

  it('says nothing about the machine that built it', () => {
    const traces = [repository, `${homedir()}/`, hostname()].filter((trace) => trace.length > 4);
    const found = textFiles(installed).flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      return traces.filter((trace) => text.includes(trace)).map((trace) => `${trace} in ${file}`);
    });
    expect(found).toEqual([]);
  });

  it('needs no other package', () => {
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    ) as Record<string, object | undefined>;
    expect([dependencies, optionalDependencies, peerDependencies]).toEqual([undefined, undefined, undefined]);
    expect(readdirSync(join(installed, '..')).filter((name) => !name.startsWith('.'))).toEqual([
      'containers-platform-cli',
    ]);
  });
});

const quietEnv = (): Record<string, string> => ({ PATH: process.env['PATH'] ?? '', HOME: work, NO_COLOR: '1' });

describe.each(supported)('installed, on Node %s', (version) => {
  it('answers --version, --help and config validate without a word on stderr', async (context) => {
    const node = await nodeOrSkip(version, context);
    if (node === undefined) return;
    const binary = join(installed, 'bin', 'run.js');
    const project = join(work, `project-${version}`);
    const ask = (...argv: readonly string[]) =>
      spawnSync(node, [binary, ...argv], { cwd: work, encoding: 'utf8', env: quietEnv() });
    expect(ask('--version')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect(ask('--help')).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('deploy') });
    expect(ask('deploy', '--help')).toMatchObject({ status: 0, stderr: '' });
    expect(ask('init', '--yes', '--dir', project, '--json')).toMatchObject({ status: 0, stderr: '' });
    const config = join(project, 'platform.yaml');
    expect(ask('config', 'validate', '--config', config)).toMatchObject({ status: 0, stderr: '' });
  });

  it('passes the steps of the demo: ship, fail with a card, go back, be killed and go on', async (context) => {
    const node = await nodeOrSkip(version, context);
    if (node === undefined) return;
    const bin = join(installed, '..', '.bin', 'platform');
    const told = spawnSync(
      process.execPath,
      [join(repository, 'bin', 'demo.js'), '--bin', bin, '--node', node, '--speed', '120'],
      { cwd: work, encoding: 'utf8', timeout: 240_000, env: quietEnv() },
    );
    expect(told.stdout).toMatch(/\d+ deployments, 1 failure, 1 kill, 0 AWS accounts/);
    expect(told.status, told.stdout).toBe(0);
    // Progress and results of every command went through here, so what Node itself had to say did too.
    expect(`${told.stdout}${told.stderr}`).not.toMatch(/Warning:|\(node:\d+\)|Deprecat|Experimental/);
  });
});

describe.each(tooOld)('installed, on Node %s', (version) => {
  it('says in one sentence which Node it needs', async (context) => {
    const node = await nodeOrSkip(version, context);
    if (node === undefined) return;
    const { status, stdout, stderr } = spawnSync(node, [join(installed, 'bin', 'run.js'), 'status'], {
      cwd: work,
      encoding: 'utf8',
      env: quietEnv(),
    });
    expect([status, stdout, stderr]).toEqual([
      2,
      '',
      `Error: platform needs Node 20.19 or newer, and this is Node ${version}\n`,
    ]);
  });
});

describe('installed elsewhere', () => {
  it('runs from a folder with blanks and quotes in its name', () => {
    const odd = join(work, "it's a folder");
    cpSync(installed, odd, { recursive: true });
    const answer = spawnSync(process.execPath, [join(odd, 'bin', 'run.js'), 'help', 'exit-codes'], {
      cwd: work,
      encoding: 'utf8',
      env: quietEnv(),
    });
    expect(answer).toMatchObject({ status: 0, stderr: '' });
  });
});

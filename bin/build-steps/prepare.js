// What every script needs in a fresh clone: a Node that is new enough, the installed packages, a build.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const stop = (sentence) => {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
};

const json = (path) => {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch {
    return undefined;
  }
};

const assertNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(`Node ${process.versions.node} is too old: 20.19 or newer is needed.`);
};

/** What npm wrote into node_modules is what the lockfile asks for. */
const isInstalled = () => {
  const wanted = json('package-lock.json')?.packages ?? {};
  const there = json('node_modules/.package-lock.json')?.packages;
  if (there === undefined) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional, peer }]) => path === '' || optional || peer || there[path]?.version === version,
  );
};

const run = (command, args) =>
  spawnSync(command, args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });

const unreachable = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ECONNRESET|CERT|network/i;

const install = () => {
  // A registry that answers, even that it knows no ping, is there.
  const ping = run('npm', ['ping', '--fetch-retries=0', '--fetch-timeout=10000']);
  if (ping.error) stop('npm is not installed, or not on PATH.');
  if (ping.status !== 0 && unreachable.test(ping.stderr) && !/\bE\d{3}\b/.test(ping.stderr)) {
    stop('The npm registry does not answer, so the packages cannot be installed.');
  }
  process.stderr.write('Installing packages (npm ci) …\n');
  const done = run('npm', ['ci', '--no-audit', '--no-fund']);
  if (done.status !== 0) stop(`npm ci failed:\n${done.stderr.trim()}`);
};

export const prepare = ({ build = true } = {}) => {
  assertNode();
  if (!isInstalled()) install();
  if (!build) return;
  const built = spawnSync(process.execPath, ['bin/build.js'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) stop('The build failed.');
  if (!existsSync(join(root, 'dist/lib/cli/main.js'))) stop('The build left no dist/lib/cli/main.js.');
};

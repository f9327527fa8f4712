#!/usr/bin/env node
// `npm run pack [-- FOLDER]`: the tarball that is published, into FOLDER (default: here); prints npm's JSON about it. Packs
// a copy, because a build leaves the chunks of the one before it in dist/ for whoever is still running them.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { root } from './build-steps/prepare.js';

const npmPack = (folder, flags) => {
  const args = ['pack', '--json', '--ignore-scripts', ...flags];
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack failed:\n${stderr}`);
  return stdout;
};

/** The bundler's own account of what it wrote last. */
const built = () => {
  const { cli, sandbox } = JSON.parse(readFileSync(join(root, 'dist/meta.json'), 'utf8'));
  return new Set([...Object.keys(cli.outputs), ...Object.keys(sandbox.outputs)]);
};

const outputs = built();
const [{ files }] = JSON.parse(npmPack(root, ['--dry-run']));
const copy = mkdtempSync(join(tmpdir(), 'platform-pack-'));
try {
  for (const { path } of files) {
    if (/^dist\/.*\.js$/.test(path) && !outputs.has(path)) continue;
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
  process.stdout.write(npmPack(copy, ['--pack-destination', resolve(process.argv[2] ?? '.')]));
} finally {
  rmSync(copy, { recursive: true, force: true });
}

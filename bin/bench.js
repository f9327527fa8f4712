#!/usr/bin/env node
// Runs the benchmarks of test/bench, or those that are named (`npm run bench -- logs`). `--write`: each puts its results into
// its own section of docs/benchmarks.md. A file there that only others import is no benchmark.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { prepare, root } from './build-steps/prepare.js';

prepare();
const folder = mkdtempSync(join(root, 'dist/bench-'));
let failed = 0;
try {
  const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const shared = ['results.ts'];
  const entryPoints = readdirSync(join(root, 'test/bench'))
    .filter((name) => name.endsWith('.ts') && !shared.includes(name))
    .filter((name) => wanted.length === 0 || wanted.includes(name.replace(/\.ts$/, '')))
    .map((name) => join(root, 'test/bench', name));
  await build({ entryPoints, outdir: folder, bundle: true, platform: 'node', format: 'esm', packages: 'external' });
  for (const name of readdirSync(folder).sort()) {
    const { status } = spawnSync(process.execPath, [join(folder, name), ...process.argv.slice(2)], {
      cwd: root,
      stdio: 'inherit',
    });
    if (status !== 0) failed += 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;

#!/usr/bin/env node
// Format, lint, types, boundaries, and that everything generated is up to date. Changes nothing but dist/.
import { spawn } from 'node:child_process';
import { prepare, root } from './build-steps/prepare.js';

const checks = [
  ['format and lint', ['node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '--error-on-warnings', '.']],
  ['types', ['node_modules/typescript/bin/tsc', '-p', '.']],
  ['boundaries and promises', ['node_modules/eslint/bin/eslint.js', '--max-warnings', '0', 'src', 'test']],
  ['generated files', ['bin/build.js', '--check']],
];

const run = (args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('close', (status) => resolve({ isFine: status === 0, output }));
  });

prepare({ build: false });
let failed = 0;
for (const [name, args] of checks) {
  const started = Date.now();
  const { isFine, output } = await run(args);
  if (!isFine) {
    failed += 1;
    process.stdout.write(output);
  }
  process.stdout.write(`${isFine ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
}
process.exitCode = failed > 0 ? 1 : 0;

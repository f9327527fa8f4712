#!/usr/bin/env node
// Builds dist/ and everything that is generated and committed. `--check` writes dist/ only and fails when a committed
// file differs from what would be generated.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './build-steps/bundle.js';
import { commandsPage, exitCodesPage, variablesPage } from './build-steps/docs.js';
import { commandManifest } from './build-steps/manifest.js';
import { notices } from './build-steps/notices.js';
import { schemas } from './build-steps/schemas.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const isCheck = process.argv.includes('--check');
const stale = [];

const current = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Writes a generated file, or notes that it is stale. */
const generated = (name, text) => {
  const path = join(root, name);
  if (current(path) === text) return;
  if (isCheck) {
    stale.push(name);
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

const started = Date.now();
const metafile = await bundle(root);
const { manifest, commands } = await commandManifest(root);
generated('oclif.manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
generated('THIRD_PARTY_NOTICES.md', notices(root, metafile));
generated('docs/commands.md', commandsPage(manifest));
generated('docs/exit-codes.md', await exitCodesPage(root));
generated('docs/variables.md', await variablesPage(root));
for (const [name, text] of await schemas({ root, commands })) generated(`docs/schemas/${name}`, text);

// The overview is read by bin/run.js without loading anything.
const { precomputedHelp } = await import(join(root, 'dist/lib/cli/precomputed-help.js'));
writeFileSync(join(root, 'dist/root-help.txt'), precomputedHelp(manifest, packageJson()));

if (stale.length > 0) {
  process.stderr.write(`Generated files differ from their sources: ${stale.join(', ')}\nRun: npm run build\n`);
  process.exitCode = 1;
} else {
  process.stderr.write(`Built ${Object.keys(manifest.commands).length} commands in ${Date.now() - started} ms.\n`);
}

function packageJson() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

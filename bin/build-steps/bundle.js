// esbuild: one entry per command at the manifest's relative path, shared code in chunks, the sandbox daemon apart.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { lazyOclif } from './lazy-oclif.js';

/** Bundled CommonJS (oclif) expects these names. */
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { fileURLToPath as __fileURLToPath } from 'node:url';",
  "import { dirname as __pathDirname } from 'node:path';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __fileURLToPath(import.meta.url);',
  'const __dirname = __pathDirname(__filename);',
].join('\n');

const shared = (root) => ({
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // The SDK's CommonJS cannot be tree-shaken and loses the names of dynamic imports: take its ES modules.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  // oclif would pull in the TypeScript compiler for a case that a bundle never has.
  external: ['typescript', 'ts-node', 'tsx', 'pnpapi'],
  banner: { js: banner },
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
  legalComments: 'none',
  logLevel: 'error',
  plugins: [lazyOclif],
  chunkNames: 'chunks/[name]-[hash]',
});

const allFiles = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

const sources = (folder) => allFiles(folder).filter((file) => file.endsWith('.ts'));

/** What is imported by a path of its own, at run time or by the build. */
const extraEntries = [
  'src/lib/cli/main.ts',
  'src/lib/completion/complete.ts',
  'src/lib/cli/precomputed-help.ts',
  'src/lib/cli/exit-code-table.ts',
  'src/lib/cli/result-schemas.ts',
  'src/lib/cli/variables-table.ts',
  'src/lib/config/json-schema.ts',
];

const daemonEntry = 'src/lib/sandbox/daemon.ts';

/**
 * Chunks first, then the entries that name them, each by rename: whoever runs the program meanwhile finds it whole. What an
 * earlier build left is removed when it is old enough that nobody can still be about to load it.
 */
const write = (outputs) => {
  const isChunk = ({ path }) => path.includes('/chunks/');
  for (const { path, contents } of [...outputs].sort((a, b) => Number(isChunk(b)) - Number(isChunk(a)))) {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.new`;
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  }
};

const staleAfterMs = 15 * 60_000;

const removeStale = (folder, outputs) => {
  const current = new Set(outputs.map(({ path }) => path));
  for (const path of allFiles(folder)) {
    const isStale = /\.(js|map|new)$/.test(path) && !current.has(path);
    // A command that is gone must be gone at once: commands are found by their files.
    if (isStale && (!path.includes('/chunks/') || Date.now() - statSync(path).mtimeMs > staleAfterMs))
      rmSync(path, { force: true });
  }
};

export const bundle = async (root) => {
  const commands = sources(join(root, 'src/commands')).map((file) => relative(root, file));
  const daemon = existsSync(join(root, daemonEntry)) ? [daemonEntry] : [];
  const options = { ...shared(root), write: false };
  const [cli, sandbox] = await Promise.all([
    build({ ...options, entryPoints: [...commands, ...extraEntries], outbase: 'src', outdir: 'dist' }),
    build({ ...options, entryPoints: daemon, outbase: 'src/lib/sandbox', outdir: 'dist/sandbox' }),
  ]);
  const outputs = [...cli.outputFiles, ...sandbox.outputFiles];
  write(outputs);
  removeStale(join(root, 'dist'), outputs);
  const metafile = { cli: cli.metafile, sandbox: sandbox.metafile };
  writeFileSync(join(root, 'dist/meta.json'), JSON.stringify(metafile));
  return metafile;
};

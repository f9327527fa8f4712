// esbuild: one entry per command at the manifest's relative path, shared code in chunks, the sandbox daemon apart.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

/** Bundled CommonJS (oclif) expects these names. */
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { fileURLToPath as __fileURLToPath } from 'node:url';",
  "import { dirname as __pathDirname } from 'node:path';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __fileURLToPath(import.meta.url);',
  'const __dirname = __pathDirname(__filename);',
].join('\n');

// PARTIAL-START (while the tree is being written: unresolved relative imports fail when they are reached)
const partial = {
  name: 'partial',
  setup(build) {
    build.onResolve({ filter: /^\./ }, (args) => {
      if (!process.env.PLATFORM_BUILD_PARTIAL) return undefined;
      const path = join(args.resolveDir, args.path.replace(/\.js$/, '.ts'));
      if (existsSync(path) || existsSync(join(args.resolveDir, args.path)) || args.importer.includes('node_modules'))
        return undefined;
      return { path: args.path, external: true };
    });
  },
};
// PARTIAL-END

const shared = (root) => ({
  plugins: [partial],
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
  chunkNames: 'chunks/[name]-[hash]',
});

const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

/** The folder of the CLI's entries; what is imported by a path of its own at build or run time. */
const extraEntries = [
  'src/lib/cli/main.ts',
  'src/lib/cli/precomputed-help.ts',
  'src/lib/cli/exit-code-table.ts',
  'src/lib/cli/result-schemas.ts',
  'src/lib/config/json-schema.ts',
];

const daemonEntry = 'src/lib/sandbox/daemon.ts';

export const bundle = async (root) => {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const commands = filesIn(join(root, 'src/commands')).map((file) => relative(root, file));
  const daemon = existsSync(join(root, daemonEntry)) ? [daemonEntry] : [];
  const [cli, sandbox] = await Promise.all([
    build({ ...shared(root), entryPoints: [...commands, ...extraEntries], outbase: 'src', outdir: 'dist' }),
    build({ ...shared(root), entryPoints: daemon, outbase: 'src/lib/sandbox', outdir: 'dist/sandbox' }),
  ]);
  const metafile = { cli: cli.metafile, sandbox: sandbox.metafile };
  writeFileSync(join(root, 'dist/meta.json'), JSON.stringify(metafile));
  return metafile;
};

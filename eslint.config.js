// A short typed set: promises, exhaustive switches, and who may import whom (docs/architecture.md, "Dependency rule").
// Style and simple mistakes are Biome's.
import tseslint from 'typescript-eslint';

/** What start-up must not pay for: imported lazily, inside functions. */
const heavy = ['zod', 'yaml', 'listr2', 'execa', '@inquirer/*', '@aws-sdk/*'];
const sdk = ['@aws-sdk/*', '@smithy/*'];
const nouns = [
  'caches', 'costs', 'databases', 'deployments', 'diagnosis', 'doctor', 'environments', 'images', 'locks', 'logs', 'migrations',
  'rehearsal', 'releases', 'runbooks', 'runs', 'scaffold', 'secrets', 'services', 'terraform',
];

/** Patterns for another folder of src/lib, seen from a file at any depth. */
const lib = (...folders) => folders.flatMap((folder) => [`**/${folder}/**`, `**/lib/${folder}/**`]);

const forbid = (files, groups) => ({
  files,
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      { patterns: groups.map(({ group, message, types = false }) => ({ group, message, allowTypeImports: types })) },
    ],
  },
});

const noSdk = { group: sdk, message: '@aws-sdk and @smithy only in lib/aws and lib/sandbox.', types: true };
const noUi = { group: ['@oclif/*', 'listr2', '@inquirer/*'], message: 'Terminal and oclif only in lib/cli and commands.' };
const noCommands = { group: ['**/commands/**'], message: 'Nothing imports a command.' };
const noCli = { group: lib('cli'), message: 'lib/cli draws; the rest hands it data (types are fine).', types: true };
const noNouns = { group: nouns.flatMap((noun) => lib(noun)), message: 'This layer lies below the nouns.', types: true };
const noContext = { group: lib('context'), message: 'The context is passed in; only its types are imported.', types: true };
const pureOf = (...folders) => ({ group: folders.flatMap((folder) => lib(folder)), message: 'Core: errors ← plan ← strategies ← engine.' });

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'templates/**', 'coverage/**', '**/*.js'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  forbid(['src/commands/**/*.ts'], [
    { group: heavy, message: 'Start-up must not load this: import it lazily in lib.' },
    { group: nouns.flatMap((noun) => lib(noun)), message: 'Import the noun inside execute().', types: true },
    { group: lib('aws', 'engine', 'sandbox', 'context'), message: 'A command talks to lib/cli and one noun.', types: true },
  ]),
  forbid(['src/lib/errors/**/*.ts'], [noSdk, noUi, noCommands, noCli, noNouns, noContext, pureOf('plan', 'engine', 'aws', 'config', 'sandbox', 'child-process')]),
  forbid(['src/lib/plan/**/*.ts'], [noSdk, noUi, noCommands, noCli, noNouns, noContext, pureOf('engine', 'aws', 'config', 'sandbox', 'child-process')]),
  forbid(['src/lib/engine/**/*.ts'], [noSdk, noUi, noCommands, noCli, noNouns, noContext, pureOf('aws', 'config', 'sandbox', 'child-process')]),
  forbid(['src/lib/aws/**/*.ts'], [noUi, noCommands, noCli, noNouns, noContext, pureOf('sandbox')]),
  forbid(['src/lib/config/**/*.ts'], [noSdk, noUi, noCommands, noCli, noNouns, noContext, pureOf('sandbox', 'aws')]),
  forbid(['src/lib/sandbox/**/*.ts'], [noUi, noCommands, pureOf('cli', 'context', 'config', 'aws', 'engine', 'plan', 'errors', ...nouns)]),
  forbid(['src/lib/cli/**/*.ts'], [noSdk, noCommands, noNouns]),
  forbid(['src/lib/context/**/*.ts'], [noSdk, noUi, noCommands, noCli, noNouns]),
  forbid(nouns.map((noun) => `src/lib/${noun}/**/*.ts`), [noSdk, noUi, noCommands, noCli, noContext]),
);

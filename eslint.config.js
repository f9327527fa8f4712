// A short typed set: promises, exhaustive switches, and who may import whom (docs/architecture.md, "Dependency rule").
// Style and simple mistakes are Biome's.
import tseslint from 'typescript-eslint';

/** What start-up must not pay for: imported lazily, inside functions. */
const heavy = ['zod', 'yaml', 'listr2', 'execa', '@inquirer/*', '@aws-sdk/*'];
const sdk = ['@aws-sdk/*', '@smithy/*'];
const nouns = [
  'adoption',
  'caches',
  'capacity',
  'costs',
  'databases',
  'deployments',
  'diagnosis',
  'doctor',
  'environments',
  'images',
  'locks',
  'logs',
  'migrations',
  'rehearsal',
  'releases',
  'runbooks',
  'runs',
  'scaffold',
  'secrets',
  'services',
  'sessions',
  'tasks',
  'terraform',
];

/** Patterns for another folder of src/lib, seen from a file at any depth. */
const lib = (...folders) => folders.flatMap((folder) => [`**/${folder}/**`, `**/lib/${folder}/**`]);

const forbid = (files, groups) => ({
  files,
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      { patterns: groups.map(({ types = false, ...pattern }) => ({ ...pattern, allowTypeImports: types })) },
    ],
  },
});

const noSdk = { group: sdk, message: '@aws-sdk and @smithy only in lib/aws and lib/sandbox.', types: true };
const noUi = {
  group: ['@oclif/*', 'listr2', '@inquirer/*'],
  message: 'Terminal and oclif only in lib/cli and commands.',
};
const noCommands = { group: ['**/commands/**'], message: 'Nothing imports a command.' };
const noCli = {
  // Pure text functions may be used by who makes lines.
  regex: '(^|/)cli/(?!(foreign-text|duration|table)\\.js$)',
  message: 'lib/cli draws; the rest hands it data (types are fine).',
  types: true,
};
const noNouns = { group: nouns.flatMap((noun) => lib(noun)), message: 'This layer lies below the nouns.', types: true };
const noContext = {
  group: lib('context'),
  message: 'The context is passed in; only its types are imported.',
  types: true,
};
const pureOf = (...folders) => ({
  group: folders.flatMap((folder) => lib(folder)),
  message: 'Core: errors ← plan ← strategies ← engine.',
});

const staysInside = (files, depth) => ({
  files,
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          { regex: `^${'\\.\\./'.repeat(depth)}`, message: 'The sandbox imports nothing outside its folder.' },
          noUi,
        ],
      },
    ],
  },
});

/** Everything impure is injected; it lives in these places only. */
const impure = ['cli', 'context', 'child-process', 'engine/journal', 'engine/lock', 'sandbox'].map(
  (name) => `src/lib/${name}/**`,
);

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'templates/**', 'coverage/**', '**/*.js'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  forbid(
    ['src/commands/**/*.ts'],
    [
      { group: heavy, message: 'Start-up must not load this: import it lazily in lib.' },
      { group: nouns.flatMap((noun) => lib(noun)), message: 'Import the noun inside execute().', types: true },
      {
        group: lib('aws', 'engine', 'sandbox', 'context'),
        message: 'A command talks to lib/cli and one noun.',
        types: true,
      },
    ],
  ),
  forbid(
    ['src/lib/errors/**/*.ts'],
    [
      noSdk,
      noUi,
      noCommands,
      noCli,
      noNouns,
      noContext,
      pureOf('plan', 'engine', 'aws', 'config', 'sandbox', 'child-process'),
    ],
  ),
  forbid(
    ['src/lib/plan/**/*.ts'],
    [noSdk, noUi, noCommands, noCli, noNouns, noContext, pureOf('engine', 'aws', 'config', 'sandbox', 'child-process')],
  ),
  forbid(
    ['src/lib/engine/**/*.ts'],
    [noSdk, noUi, noCommands, noCli, noNouns, noContext, pureOf('aws', 'config', 'sandbox', 'child-process')],
  ),
  forbid(['src/lib/aws/**/*.ts'], [noUi, noCommands, noCli, noNouns, noContext, pureOf('sandbox')]),
  forbid(['src/lib/config/**/*.ts'], [noSdk, noUi, noCommands, noCli, noNouns, noContext, pureOf('sandbox', 'aws')]),
  // The sandbox imports nothing of the CLI: no path leaves its folder. One entry per depth, because patterns see text only.
  staysInside(['src/lib/sandbox/*.ts'], 1),
  staysInside(['src/lib/sandbox/*/*.ts'], 2),
  staysInside(['src/lib/sandbox/*/*/*.ts'], 3),
  forbid(['src/lib/cli/**/*.ts'], [noSdk, noCommands, noNouns]),
  // Below the nouns and called by the CLI: told how a run ended, it knows no noun and draws nothing.
  forbid(['src/lib/notices/**/*.ts'], [noSdk, noUi, noCommands, noCli, noNouns, noContext]),
  // Before the CLI: reads local files through light modules of any layer.
  forbid(['src/lib/completion/**/*.ts'], [noSdk, noUi, noCommands, noCli]),
  forbid(['src/lib/context/**/*.ts'], [noSdk, noUi, noCommands, noCli, noNouns]),
  forbid(
    nouns.map((noun) => `src/lib/${noun}/**/*.ts`),
    [noSdk, noUi, noCommands, noCli, noContext],
  ),
  {
    files: ['src/lib/**/*.ts', 'src/commands/**/*.ts'],
    ignores: impure,
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'console', 'setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
          name,
          message: 'Impure: let lib/context inject it.',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes from Ctx.clocks.' },
        { object: 'Math', property: 'random', message: 'Ids come from Ctx.ids.' },
        { object: 'performance', property: 'now', message: 'Time comes from Ctx.clocks.' },
      ],
    },
  },
);

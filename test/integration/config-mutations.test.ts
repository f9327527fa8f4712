import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadProject } from '../../src/lib/config/load.js';
import type { Diagnostic } from '../../src/lib/config/project.js';
import { validateProject } from '../../src/lib/config/validate.js';
import { isPlatformError } from '../../src/lib/errors/platform-error.js';
import { repository } from '../helpers/manifest.js';
import { type JsonSchema, valuesOf } from '../helpers/schema-values.js';
import { seedFor } from '../helpers/seeded.js';
import { shopFiles, shopYaml, type TempProject, tempProject } from '../helpers/temp-project.js';

/** Ten thousand mutated configurations: nothing but E_CONFIG with positions may come out. */
const seed = seedFor('mutated configurations');

/** What `init` writes, with the place-holders filled in. */
const scaffolded = (file: string): string =>
  readFileSync(join(repository, 'templates/ecs', file), 'utf8')
    .replaceAll('__PROJECT__', 'shop')
    .replaceAll('__BALANCER__', 'shop')
    .replaceAll('__REGION__', 'eu-west-1');

let folder: TempProject;
let usualTmp: string | undefined;
let memory: string | undefined;
beforeAll(() => {
  // Ten thousand files, each written to be read once.
  usualTmp = process.env['TMPDIR'];
  if (existsSync('/dev/shm')) {
    memory = mkdtempSync('/dev/shm/platform-mutations-');
    process.env['TMPDIR'] = memory;
  }
  folder = tempProject(shopFiles);
});
afterAll(() => {
  folder.remove();
  if (memory !== undefined) rmSync(memory, { recursive: true, force: true });
  if (usualTmp === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = usualTmp;
});

/** What is wrong with how it failed; undefined when it loaded, or failed as promised. */
const broken = (bytes: string | Buffer, env: Record<string, string>, file = 'platform.yaml'): string | undefined => {
  folder.write(file, bytes);
  try {
    const found = validateProject(loadProject({ cwd: folder.root, env, file: join(folder.root, 'platform.yaml') }));
    return withoutPosition(found);
  } catch (error) {
    if (!isPlatformError(error) || error.code !== 'E_CONFIG' || error.exitCode !== 3) return `not E_CONFIG: ${error}`;
    const { diagnostics } = error.details as { diagnostics: readonly Diagnostic[] };
    if (diagnostics.length === 0) return 'no diagnostics';
    const badText = /\p{Cc}|\p{Cf}/u.exec(error.message.replaceAll('\n', ''));
    return badText === null ? withoutPosition(diagnostics) : 'control characters in the message';
  }
};

const withoutPosition = (diagnostics: readonly Diagnostic[]): string | undefined => {
  const bad = diagnostics.find(({ at }) => !(at !== undefined && at.line >= 1 && at.column >= 1 && at.file !== ''));
  return bad === undefined ? undefined : `no position: ${JSON.stringify(bad)}`;
};

const key = fc.oneof(
  fc.constantFrom('version', 'project', 'environments', 'services', 'staging', 'api', 'port', 'smoke', 'url', 'image'),
  fc.constantFrom('repository', 'taskDefinition', 'dependsOn', 'variables', 'aws', 'account', 'loadBalancer', 'name'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '<<', ''),
  fc.string({ maxLength: 8 }),
);
const scalar = fc.oneof(
  fc.constantFrom('shop', 'staging', 'api', 'task-definitions/api.json', '/health', '10m', '../x', '${{ env.OWNER }}'),
  fc.constantFrom(
    '${{ vars.LOG_LEVEL }}',
    '${{ environment.name }}',
    '${{',
    '${{ x }}',
    '${{ vars.__proto__ }}',
    '/etc/passwd\0',
  ),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const tree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    scalar,
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(key, tie('node'), { maxKeys: 6 }),
  ),
})).node;

/** A valid file with one line replaced, dropped, doubled or given other text: near misses, where bugs are. */
const editedLine = fc
  .record({
    line: fc.nat(shopYaml.split('\n').length - 1),
    text: fc.oneof(key, fc.string({ maxLength: 20 })),
    kind: fc.constantFrom('drop', 'double', 'key', 'value', 'indent', 'tab'),
  })
  .map(({ line, text, kind }) => {
    const lines = shopYaml.split('\n');
    const old = lines[line] ?? '';
    const replacement = {
      drop: [],
      double: [old, old],
      key: [old.replace(/[\w-]+:/, () => `${text}:`)],
      value: [old.replace(/:.*$/, () => `: ${text}`)],
      indent: [` ${old}`],
      tab: [`\t${old}`],
    }[kind];
    lines.splice(line, 1, ...replacement);
    return lines.join('\n');
  });

const editedBytesOf = (text: string): fc.Arbitrary<Buffer> => {
  const original = Buffer.from(text);
  return fc
    .array(
      fc.record({ at: fc.nat(original.length), byte: fc.nat(255), kind: fc.constantFrom('set', 'insert', 'cut') }),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((edits) => {
      let bytes = original;
      for (const { at, byte, kind } of edits) {
        const rest = bytes.subarray(kind === 'insert' ? at : at + 1);
        bytes = Buffer.concat([bytes.subarray(0, at), ...(kind === 'cut' ? [] : [Buffer.from([byte])]), rest]);
      }
      return bytes;
    });
};

/** As an editor with our schema would accept it, then one part replaced by something else. */
const schema = JSON.parse(readFileSync(join(repository, 'docs/schemas/platform.v1.schema.json'), 'utf8')) as JsonSchema;
const shaped = fc.tuple(valuesOf(schema), fc.nat(), tree, fc.boolean()).map(([value, at, node, isWhole]) => {
  const places: [object, string][] = [];
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const name of Object.keys(part)) {
      places.push([part, name]);
      visit(Reflect.get(part, name));
    }
  };
  visit(value);
  const place = places[at % Math.max(1, places.length)];
  if (place && !isWhole) Reflect.set(place[0], place[1], node);
  return stringify(value) ?? '';
});

const grafted = fc
  .record({
    part: fc.constantFrom('environments', 'services', 'variables', 'region', 'defaultEnvironment'),
    node: tree,
  })
  .map(({ part, node }) =>
    shopYaml.replace(new RegExp(`^${part}:[\\s\\S]*?(?=^\\w|(?![\\s\\S]))`, 'm'), () => stringify({ [part]: node })),
  );

const env = fc.constantFrom<Record<string, string>>(
  {},
  { OWNER: 'me', STAGE_PORT: '1' },
  { OWNER: '${{ env.OWNER }}' },
);

/** Of real time, on a machine that does much else. */
const limitMs = 300_000;

describe('a mutated platform.yaml', () => {
  it.each<readonly [string, number, fc.Arbitrary<string | Buffer>]>([
    ['with changed bytes', 1_500, editedBytesOf(shopYaml)],
    ['with a changed line', 2_000, editedLine],
    ['with a part replaced', 1_500, grafted],
    ['made up from keys and values of the schema', 500, tree.map((node) => stringify(node) ?? '')],
    ['of the shape of the schema, with a part that is not', 1_500, shaped],
    ['as init writes it, with changed bytes', 1_000, editedBytesOf(scaffolded('platform.yaml'))],
  ])(
    '%s loads, or fails with a position for every error',
    (_name, numRuns, files) => {
      fc.assert(
        fc.property(files, env, (file, variables) => {
          expect(broken(file, variables)).toBeUndefined();
        }),
        { seed, numRuns },
      );
    },
    limitMs,
  );
});

describe('a mutated task definition', () => {
  const templates = ['task-definitions/api.json', 'task-definitions/workers.yaml'] as const;

  it.each<readonly [string, number, string, string]>([
    ['in JSON', 1_000, templates[0], shopFiles[templates[0]]],
    ['in YAML', 500, templates[1], shopFiles[templates[1]]],
    ['in JSON as init writes it', 500, templates[0], scaffolded(templates[0])],
  ])(
    '%s loads, or fails with a position for every error',
    (_name, numRuns, file, text) => {
      folder.write('platform.yaml', shopYaml);
      fc.assert(
        fc.property(editedBytesOf(text), (bytes) => {
          expect(broken(bytes, { OWNER: 'me', STAGE_PORT: '1' }, file)).toBeUndefined();
        }),
        { seed, numRuns },
      );
      for (const name of templates) folder.write(name, shopFiles[name]);
    },
    limitMs,
  );
});

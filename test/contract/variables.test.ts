import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { envelopeMembers } from '../../src/lib/cli/json-guide.js';
import { envelopeSchema } from '../../src/lib/cli/result-schemas.js';
import { variableRows } from '../../src/lib/cli/variables-table.js';
import { repository } from '../helpers/manifest.js';

const sources = ['src', 'bin'].flatMap((folder) =>
  readdirSync(join(repository, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name)),
);

/** Without comments: they name variables without reading them. */
const codeOf = (file: string): string =>
  readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');

/** `env['NAME']`, `process.env.NAME`, and every name that a file lists when it looks one up by a variable. */
const readIn = (file: string): readonly string[] => {
  const code = codeOf(file);
  const direct = [
    ...code.matchAll(/\b[eE]nv\[['"]([A-Za-z_][A-Za-z0-9_]*)['"]\]|process\.env\.([A-Za-z_][A-Za-z0-9_]*)/g),
  ];
  const listed =
    /\benv\[name\]/.test(code) && !file.endsWith('substitute.ts') ? [...code.matchAll(/'([A-Z][A-Z0-9_]{2,})'/g)] : [];
  return [...direct, ...listed].map((found) => found[1] ?? found[2] ?? '');
};

describe('environment variables', () => {
  const names = variableRows.map(({ name }) => name);

  it('that are read are in the table', () => {
    const read = [...new Set(sources.flatMap(readIn))];
    // The search finds what there certainly is, or it finds nothing at all.
    expect(read).toEqual(
      expect.arrayContaining(['PLATFORM_ENV', 'DOMTERM', 'JENKINS_URL', 'PLATFORM_TEST_REQUIRE', 'NO_COLOR']),
    );
    expect(read.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('are each in it once, said in a sentence', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const { name, what } of variableRows) expect(what, name).toMatch(/\.$/);
  });

  it('of the table are read: by us, or by the AWS SDK', () => {
    const read = new Set(sources.flatMap(readIn));
    const bySdk = /^AWS_/;
    expect(names.filter((name) => !read.has(name) && !bySdk.test(name))).toEqual([]);
  });
});

describe('help json', () => {
  it('names the members of the envelope, as docs/json.md does', () => {
    const page = readFileSync(join(repository, 'docs/json.md'), 'utf8');
    expect(envelopeMembers.map(({ name }) => name).sort()).toEqual(Object.keys(envelopeSchema.shape).sort());
    for (const { name } of envelopeMembers) expect(page).toContain(`\n| \`${name}\` |`);
  });
});

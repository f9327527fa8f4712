import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands, repository, staticClosure } from '../helpers/manifest.js';

const heavy = /node_modules\/(@aws-sdk|@smithy|zod|listr2|@inquirer|execa|yaml)\//;
const heavyIn = (entry: string): readonly string[] => staticClosure(entry).filter((input) => heavy.test(input));

describe('start-up', () => {
  it.each(
    commands().map(({ id, relativePath }) => [id, relativePath.join('/')]),
  )('%s loads no SDK, schema, prompt or view library before its own code runs', (_, entry) => {
    expect(heavyIn(entry)).toEqual([]);
  });

  it('finding a command and showing help load none either', () => {
    expect(heavyIn('dist/lib/cli/main.js')).toEqual([]);
    expect(staticClosure('dist/lib/cli/main.js').some((input) => input.includes('@oclif/core'))).toBe(true);
  });

  it('--version and --help load nothing but Node: bin/run.js imports only what it needs then', () => {
    const source = readFileSync(join(repository, 'bin/run.js'), 'utf8');
    const imports = [...source.matchAll(/import\(?\s*'([^']+)'/g)].map(([, name]) => name);
    expect(imports).toEqual(['node:fs', '../dist/lib/completion/complete.js', 'node:url', '../dist/lib/cli/main.js']);
    expect(source).not.toMatch(/^import /m);
    // What a Node that is too old could not even parse.
    expect(source).not.toMatch(/\?\?=|^(const .* = )?await /m);
  });

  it('a TAB loads only modules of its own and what reads local files: no package at all', () => {
    const closure = staticClosure('dist/lib/completion/complete.js');
    expect(closure.filter((input) => input.includes('node_modules'))).toEqual([]);
    const allowed = /^src\/lib\/(completion|errors)\/|(discover|ids|locate-runs|state-folder|fault-kinds)\.ts$/;
    expect(closure.filter((input) => !allowed.test(input))).toEqual([]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  commands,
  exampleLines,
  type ManifestCommand,
  type ManifestFlag,
  manifest,
  repository,
} from '../helpers/manifest.js';

const source = ({ id, relativePath }: ManifestCommand): string => {
  const path = join(repository, 'src', ...relativePath.slice(1)).replace(/\.js$/, '.ts');
  if (!existsSync(path)) throw new Error(`${id} has no source at ${path}`);
  return readFileSync(path, 'utf8');
};

const flagText = ({ name, char, type, options, multiple }: ManifestFlag): string => {
  const value = type === 'option' ? `=${options?.join('|') ?? 'VALUE'}${multiple ? '…' : ''}` : '';
  return `  ${char ? `-${char} ` : ''}--${name}${value}`;
};

const shape = ({ id, mutates, args, flags }: ManifestCommand): string => {
  const positional = Object.values(args).map(({ name, required, multiple }) => {
    const text = `${name}${multiple ? '…' : ''}`;
    return required ? ` ${text}` : ` [${text}]`;
  });
  const head = `${id.replaceAll(':', ' ')}${positional.join('')}  (mutates: ${mutates})`;
  return [head, ...Object.values(flags).map(flagText).sort()].join('\n');
};

describe('commands', () => {
  it('are these, with these flags (a contract: update the file knowingly, with -u)', async () => {
    await expect(`${commands().map(shape).join('\n\n')}\n`).toMatchFileSnapshot('./command-snapshot.txt');
  });

  it.each(
    commands().map((command) => [command.id, command] as const),
  )('%s is thin and shows at least two examples', (_, command) => {
    expect(source(command).trimEnd().split('\n').length).toBeLessThanOrEqual(80);
    const examples = exampleLines(command);
    expect(examples.length).toBeGreaterThanOrEqual(2);
    const words = command.id.replaceAll(':', ' ');
    for (const example of examples) expect(example).toMatch(new RegExp(`(^|[ ("$])platform ${words}\\b`));
    expect(command.summary).toMatch(/^[A-Z].*\.$/);
  });

  it.each(commands().map((command) => [command.id, command] as const))('%s says what it changes', (_, command) => {
    expect(['environment', 'workspace', 'run', 'none']).toContain(command.mutates);
    const asks = ['dry-run', 'yes', 'confirm', 'lock-wait', 'journal'];
    if (command.mutates === 'environment') expect(Object.keys(command.flags)).toEqual(expect.arrayContaining(asks));
  });

  // `runs resume` and `runs undo` are what the crash tests of every entry do.
  const viaEveryEntry = ['runs:resume', 'runs:undo'];
  const mutating = commands().filter(({ id, mutates }) => mutates === 'environment' && !viaEveryEntry.includes(id));

  it.each(mutating.map(({ id }) => id))('%s changes environments, so the crash tests know it', (id) => {
    expect(existsSync(join(repository, 'test/operations', `${id.replaceAll(':', '-')}.ts`))).toBe(true);
  });
});

describe('the manifest', () => {
  it('is of this version, sorted, and knows nothing of where it was built', () => {
    const text = readFileSync(join(repository, 'oclif.manifest.json'), 'utf8');
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
    expect(manifest().version).toBe(version);
    const ids = Object.keys(manifest().commands);
    expect(ids).toEqual([...ids].sort());
    expect(text).not.toContain(repository);
  });

  it('gives the overview of at most 24 lines, with every command in it', () => {
    const overview = readFileSync(join(repository, 'dist/root-help.txt'), 'utf8').trimEnd();
    expect(overview.split('\n').length).toBeLessThanOrEqual(24);
    const names = new Set(
      commands()
        .filter(({ hidden }) => !hidden)
        .map(({ id }) => id.split(':')[0] ?? ''),
    );
    for (const name of names) expect(overview).toMatch(new RegExp(`\\b${name}\\b`));
    // A name on a line of its own has a sentence behind it: a topic's is in package.json.
    expect(overview.split('\n').filter((line) => /^ {2}[a-z-]+\s*$/.test(line))).toEqual([]);
    for (const title of ['Daily', 'Operate', 'Set up']) expect(overview).toContain(title);
  });
});

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands, exampleLines } from '../helpers/manifest.js';
import { cliHome, runCli } from '../helpers/run-cli.js';

/**
 * Every example of every command is typed as it stands, in a project that `init` made, against a running sandbox. What it
 * ends with depends on the state of things (no such run: 5, nothing to roll back to: 5, consent missing: 2), but it is
 * never a bug (1), an unknown command (127), or a flag that the command does not know.
 */
const home = cliHome();
const folder = join(home.home, 'shop');
const env = { ...home.env, PLATFORM_SANDBOX: '1' };

/** Words of a shell line, without what the shell does with the output; `eval "$(platform …)"` stands for the command inside. */
const wordsOf = (line: string): readonly string[] => {
  const inner = (/\$\((.+)\)/.exec(line)?.[1] ?? line).replace(/\s[>|].*$/, '');
  const words = inner.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  return words.map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
};

const isEndless = (words: readonly string[]): boolean => words.includes('--follow') || words.includes('--watch');

const cli = (words: readonly string[]) =>
  runCli(words, {
    env,
    cwd: folder,
    timeoutMs: 120_000,
    onStart: (child) => {
      // What follows something without an end is stopped as a person would.
      if (isEndless(words)) setTimeout(() => child.kill('SIGINT'), 3000);
    },
  });

// Those that end or replace the sandbox come last.
const disruptive = ['sandbox:start', 'sandbox:reset', 'sandbox:stop'];
const rank = (id: string): number => disruptive.indexOf(id);
const examples = [...commands()]
  .sort((a, b) => rank(a.id) - rank(b.id))
  .flatMap((command) => exampleLines(command).map((line) => [line] as const));

beforeAll(async () => {
  mkdirSync(folder);
  expect(await cli(['init', '--runtime', 'ecs', '--yes'])).toMatchObject({ exitCode: 0 });
  expect(await cli(['sandbox', 'start', '--speed', '120'])).toMatchObject({ exitCode: 0 });
});

afterAll(async () => {
  await cli(['sandbox', 'stop']);
  home.remove();
});

describe('the examples in the help', () => {
  it.each(examples)('%s', async (line) => {
    const [program, ...words] = wordsOf(line);
    expect(program).toBe('platform');
    const { exitCode, stderr } = await cli(words);
    // A scaffolded service has no task role yet, so nobody can enter its containers: 3, and said how to mend it.
    const ofSessions = ['exec', 'tunnel'].includes(words[0] ?? '') ? [3] : [];
    const allowed = [0, 2, 5, 6, 7, 9, 11, 12, ...(isEndless(words) ? [130] : []), ...ofSessions];
    expect(allowed, stderr).toContain(exitCode);
    expect(stderr).not.toMatch(/Nonexistent flag|Unexpected argument|Missing .*required|E_BUG|unexpected:/);
  });
});

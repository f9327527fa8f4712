import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { envelopeSchema } from '../../src/lib/cli/result-schemas.js';
import { exitCodes } from '../../src/lib/errors/codes.js';
import { commands, repository } from '../helpers/manifest.js';
import { cliHome, documentOf, runCli } from '../helpers/run-cli.js';

const home = cliHome();
afterAll(() => home.remove());

const cli = (line: string, env: Readonly<Record<string, string>> = {}) =>
  runCli(line.split(' ').filter(Boolean), { env: { ...home.env, ...env } });

describe('--json prints exactly one document, whatever happens', () => {
  it.each([
    ['help exit-codes --json', 0, undefined],
    ['--json', 0, undefined],
    ['status --help --json', 0, undefined],
    ['no-such-command --json', 127, 'E_UNKNOWN_COMMAND'],
    ['runs no-such --json', 127, 'E_UNKNOWN_COMMAND'],
    ['runs --json', 2, 'E_USAGE'],
    ['--bogus --json', 2, 'E_USAGE'],
    ['status --json', 3, 'E_NO_CONFIG'],
    ['status --sandbox --json', 13, 'E_UNREACHABLE'],
    ['help exit-codes extra --json', 2, 'E_USAGE'],
  ])('%s: exit %d, %s', async (line, exit, code) => {
    const result = await cli(line);
    const document = documentOf(result);
    expect(envelopeSchema.safeParse(document).success).toBe(true);
    expect(result.exitCode).toBe(exit);
    expect(document.exitCode).toBe(exit);
    expect(document.ok).toBe(exit === 0);
    expect(document.error?.code).toBe(code);
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });

  it.each(commands().map(({ id }) => id.replaceAll(':', ' ')))('%s with a flag that does not exist', async (words) => {
    const result = await cli(`${words} --no-such-flag --json`);
    const document = documentOf(result);
    expect(result.exitCode).toBe(2);
    expect(document).toMatchObject({ ok: false, exitCode: 2, command: words, error: { code: 'E_USAGE' } });
    expect(document.error.message).toContain('--no-such-flag');
    expect(result.stderr).toBe('');
  });

  it('a sandbox elsewhere is refused before anything else', async () => {
    const result = await cli('status --json', { PLATFORM_SANDBOX: 'http://10.1.2.3:4566' });
    expect(documentOf(result).error.code).toBe('E_USAGE');
    expect(result.exitCode).toBe(2);
  });
});

describe('text mode', () => {
  it('keeps stdout for results: errors and what to type next go to stderr', async () => {
    const result = await cli('status');
    expect(result).toMatchObject({ exitCode: 3, stdout: '' });
    expect(result.stderr).toMatch(/^Error: no platform\.yaml .*\nTry: platform init\n$/);
  });

  it('shows a topic’s help on stderr with exit 2, and on stdout with exit 0 when asked', async () => {
    const incomplete = await cli('runs');
    expect(incomplete).toMatchObject({ exitCode: 2, stdout: '' });
    expect(incomplete.stderr).toContain('runs list');
    const asked = await cli('runs --help');
    expect(asked).toMatchObject({ exitCode: 0, stderr: '' });
    expect(asked.stdout).toContain('runs list');
  });

  it('gives the overview with exit 0 for `platform` alone', async () => {
    const result = await cli('');
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toBe((await cli('--help')).stdout);
  });

  it.each(['--version', '-v'])('prints the version with %s', async (flag) => {
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
    expect(await cli(flag)).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('suggests the command that was probably meant', async () => {
    const result = await cli('stauts');
    expect(result.exitCode).toBe(127);
    expect(result.stderr).toContain('Try: platform status');
  });

  it('prints no colour codes into a pipe and no stack trace without --verbose', async () => {
    const result = await cli('help exit-codes');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looks for the escape character.
    expect(result.stdout).not.toMatch(/\u001b/);
    const plain = await cli('status --config nowhere.yaml');
    expect(plain.stderr).not.toMatch(/^\s+at /m);
    const verbose = await cli('status --config nowhere.yaml --verbose');
    expect(verbose.stderr).toMatch(/^\s+at /m);
  });

  it('ends quietly when its reader goes away', async () => {
    const result = await runCli(['help', 'exit-codes'], { env: home.env, onStart: (child) => child.stdout?.destroy() });
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
  });
});

describe('the table of exit codes', () => {
  it('is the same in the program, its help and its documentation', async () => {
    const { result } = documentOf(await cli('help exit-codes --json'));
    const shown = Object.fromEntries(
      result.exitCodes.map((row: { code: number; meaning: string }) => [row.code, row.meaning]),
    );
    expect(shown).toEqual(exitCodes);
    const page = readFileSync(join(repository, 'docs/exit-codes.md'), 'utf8');
    for (const [code, meaning] of Object.entries(exitCodes)) expect(page).toContain(`| ${code} | ${meaning} |`);
  });

  it('has these codes (a contract)', () => {
    expect(Object.keys(exitCodes).map(Number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 127, 130, 143]);
  });
});

describe('result schemas', () => {
  // What `runs resume` and `runs undo` return is the result of the command that the run belongs to.
  const ofAnother = ['runs:resume', 'runs:undo'];
  const own = commands().filter(({ id }) => !ofAnother.includes(id));

  it.each(own.map(({ id }) => id))('%s has one in docs/schemas', (id) => {
    expect(existsSync(join(repository, 'docs/schemas', `platform.${id.replaceAll(':', '.')}.json`))).toBe(true);
  });
});

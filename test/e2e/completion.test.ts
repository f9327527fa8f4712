import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binary, cliHome, runCli } from '../helpers/run-cli.js';
import { pythonForTerminalOrSkip, type ShellName, shellOrSkip, typeInto } from '../helpers/shells.js';
import { shopYaml, type TempProject, tempProject } from '../helpers/temp-project.js';

/**
 * The scripts in real shells, on a terminal: what TAB makes of a line is then printed word by word by the shell itself.
 * A hostile answer must arrive as text, whoever gave it.
 */
const home = cliHome();
const runId = '01kb0000000000000000abc123';
let project: TempProject;
let env: Record<string, string>;

beforeAll(() => {
  project = tempProject({ 'platform.yaml': shopYaml });
  mkdirSync(join(home.home, 'state/platform/sandbox-x/eu-west-1/shop/staging/runs', runId), { recursive: true });
  env = { ...home.env, TERM: 'xterm', LC_ALL: 'C.UTF-8', PATH: `${folderWith(realProgram)}:${home.env['PATH'] ?? ''}` };
});
afterAll(() => {
  project.remove();
  home.remove();
});

const folders: TempProject[] = [];
afterAll(() => {
  for (const folder of folders) folder.remove();
});

/** A folder with one program: platform. */
const folderWith = (script: string): string => {
  const folder = tempProject();
  folders.push(folder);
  chmodSync(folder.write('platform', script), 0o755);
  return folder.root;
};

const realProgram = `#!/bin/sh\nexec '${process.execPath}' '${binary}' "$@"\n`;

const shells: Readonly<Record<ShellName, { readonly argv: readonly string[]; readonly start: string }>> = {
  bash: {
    argv: ['bash', '--norc', '--noprofile', '-i'],
    start: 'source ./completion; PS1="READ""Y$ "\r',
  },
  zsh: { argv: ['zsh', '-f', '-i'], start: 'source ./completion; PS1="READ""Y$ "\r' },
  fish: {
    argv: ['fish', '--no-config', '-i'],
    start: 'source ./completion; function fish_prompt; echo READ""Y\\$; end\r',
  },
};

/** Types each line, which holds its TABs, and gives the words that the shell then has. */
const wordsOf = async (
  shell: ShellName,
  lines: readonly string[],
  path = env['PATH'] ?? '',
): Promise<readonly string[]> => {
  const { argv, start } = shells[shell];
  const written = await typeInto({
    argv,
    env: { ...env, PATH: path },
    cwd: project.root,
    steps: [
      { type: start, until: 'READY\\$' },
      // Home, and the line becomes the arguments of printf; keys wait in the terminal while the shell completes.
      ...lines.map((line) => ({ type: `${line}\u0001printf '<%s>' \u0005 'END'\r`, until: '<END>.*READY\\$' })),
    ],
  });
  return [...written.matchAll(/(?:<[^<>]*>)+<END>/g)].map(([text]) => text.replace('<END>', ''));
};

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  it('completes commands, flags, environments, services and runs', async (context) => {
    await shellOrSkip(shell, context.skip);
    await pythonForTerminalOrSkip(context.skip);
    const { stdout, exitCode } = await runCli(['completion', shell], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\n# To install: .*platform completion/);
    project.write('completion', stdout);
    expect(
      await wordsOf(shell, [
        'platform rollb\t',
        'platform sandbox fault add lose\t',
        'platform deploy --on-t\tle\t',
        'platform deploy -e st\t',
        'platform deploy --env=pro\t',
        'platform deploy "wor\t',
        'platform deploy ap\t--image wor\tx',
        'platform runs show abc\t',
        'platform deploy -- ap\t',
      ]),
    ).toEqual([
      '<platform><rollback>',
      '<platform><sandbox><fault><add><lose-answer>',
      '<platform><deploy><--on-timeout><leave>',
      '<platform><deploy><-e><staging>',
      '<platform><deploy><--env=production>',
      '<platform><deploy><workers>',
      '<platform><deploy><api><--image><workers=x>',
      '<platform><runs><show><abc123>',
      '<platform><deploy><--><api>',
    ]);
  });

  it('inserts a hostile answer as text and runs nothing of it', async (context) => {
    await shellOrSkip(shell, context.skip);
    await pythonForTerminalOrSkip(context.skip);
    const hostile = '$(touch${IFS}PWNED)`touch${IFS}PWNED`;touch${IFS}PWNED';
    const lying = folderWith(`#!/bin/sh\ncat <<'THE-END'\nwords\n${hostile}\t${hostile}\nTHE-END\n`);
    const { stdout } = await runCli(['completion', shell], { env });
    project.write('completion', stdout);
    expect(await wordsOf(shell, ['platform \t'], `${lying}:${env['PATH'] ?? ''}`)).toEqual([`<platform><${hostile}>`]);
    expect(existsSync(join(project.root, 'PWNED'))).toBe(false);
  });
});

describe('the fast path', () => {
  it('is silent on stderr and ends with 0, whatever it is asked', async () => {
    for (const words of [['fish', 'deploy', ''], ['bash'], [], ['fish', '\ufffd', '--']]) {
      const { exitCode, stderr, stdout } = await runCli(['--complete', ...words], { env, cwd: project.root });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(/^words\n/);
    }
  });
});

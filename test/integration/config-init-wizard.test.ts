import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '@oclif/core';
import { afterEach, describe, expect, it } from 'vitest';
import Init from '../../src/commands/init.js';
import { type TempProject, tempProject } from '../helpers/temp-project.js';
import { recordedTerminal } from '../helpers/terminal.js';
import { testContext } from '../helpers/test-context.js';

const folders: TempProject[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

const root = join(import.meta.dirname, '../..');

const run = async (
  argv: readonly string[],
  options: { readonly answers: readonly string[]; readonly terminal: 'tty' | 'pipe' },
) => {
  const folder = tempProject();
  folders.push(folder);
  const { ctx, dispose } = testContext({ cwd: folder.root });
  const isTty = options.terminal === 'tty';
  const terminal = recordedTerminal({ isStdinTty: isTty, isStdoutTty: isTty, isStderrTty: isTty });
  const asked: string[] = [];
  let exitCode = -1;
  const refuse = async (): Promise<never> => {
    throw new Error('not a question of this wizard');
  };
  const command = new Init([...argv], await Config.load(root)).using({
    terminal,
    env: {},
    createContext: async () => ({ ctx, logFile: () => undefined, dispose }),
    prompts: () => ({
      input: async (question) => {
        asked.push(question);
        return options.answers[asked.length - 1] ?? '';
      },
      confirm: refuse,
      select: refuse,
    }),
    listenForSignals: () => ({ signal: new AbortController().signal, dispose: () => undefined }),
    setExitCode: (code) => {
      exitCode = code;
    },
  });
  await command.run();
  const read = (file: string): string => readFileSync(join(folder.root, file), 'utf8');
  return { asked, exitCode, read, terminal };
};

describe('the wizard of platform init', () => {
  it('asks for name and region on a terminal and takes the answers', async () => {
    const { asked, exitCode, read } = await run(['--dir', 'shop'], {
      answers: ['store', 'eu-west-1'],
      terminal: 'tty',
    });
    expect([exitCode, ...asked]).toEqual([0, 'Name of the project? (shop)', 'AWS region? (us-east-1)']);
    expect(read('shop/platform.yaml')).toMatch(/^project: store$[\s\S]*^region: eu-west-1$/m);
  });

  it('takes what it offered for an empty answer, and asks only for what no flag says', async () => {
    const { asked, read } = await run(['--dir', 'shop', '--region', 'eu-west-1'], { answers: [''], terminal: 'tty' });
    expect(asked).toEqual(['Name of the project? (shop)']);
    expect(read('shop/platform.yaml')).toMatch(/^project: shop$/m);
  });

  it.each<readonly [string, readonly string[], 'tty' | 'pipe']>([
    ['with --yes', ['--yes'], 'tty'],
    ['with --json', ['--json'], 'tty'],
    ['without a terminal', [], 'pipe'],
  ])('asks nothing %s', async (_name, flags, terminal) => {
    const { asked, exitCode } = await run(['--dir', 'shop', ...flags], { answers: [], terminal });
    expect([exitCode, asked]).toEqual([0, []]);
  });

  it('answers a wrong name with exit 2 and writes nothing', async () => {
    const { exitCode, read, terminal } = await run(['--dir', 'shop'], { answers: ['No Name'], terminal: 'tty' });
    expect([exitCode, terminal.stderr()]).toEqual([2, expect.stringContaining('No Name is not a project name')]);
    expect(() => read('shop/platform.yaml')).toThrow('ENOENT');
  });
});

/**
 * Real shells for the tests of completion. bash comes with the machine; zsh and fish are installed with apt-get where the
 * tests run as root and PLATFORM_TEST_REQUIRE=all says that nothing may be skipped.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type ShellName = 'bash' | 'zsh' | 'fish';

const isThere = async (program: string): Promise<boolean> =>
  run(program, ['--version'], { timeout: 30_000 }).then(
    () => true,
    () => false,
  );

const mustBeThere = (): boolean => process.env['PLATFORM_TEST_REQUIRE'] === 'all';

/** Once for all shells, however many tests ask. */
let installing: Promise<void> | undefined;
const install = async (): Promise<void> => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], { env, timeout: 240_000 });
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'zsh', 'fish'], { env, timeout: 480_000 });
};

/** Says by name what is missing and skips, unless PLATFORM_TEST_REQUIRE=all. */
export const shellOrSkip = async (name: ShellName, skip: (note: string) => never): Promise<void> => {
  if (await isThere(name)) return;
  if (mustBeThere() && process.getuid?.() === 0 && name !== 'bash') {
    installing ??= install();
    await installing.catch(() => undefined);
    if (await isThere(name)) return;
  }
  if (mustBeThere()) throw new Error(`missing tool: ${name}`);
  process.stdout.write(`skipped, missing tool: ${name}\n`);
  return skip(`${name} is not installed`);
};

export const pythonForTerminalOrSkip = async (skip: (note: string) => never): Promise<void> => {
  if (await isThere('python3')) return;
  if (mustBeThere()) throw new Error('missing tool: python3');
  process.stdout.write('skipped, missing tool: python3\n');
  return skip('python3 is not installed');
};

export interface Typing {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Keys, and what the shell writes (a Python pattern) before the next ones are typed. */
  readonly steps: readonly { readonly type: string; readonly until: string }[];
}

/** Everything that the shell wrote on its terminal. */
export const typeInto = async (typing: Typing): Promise<string> => {
  const plan = JSON.stringify({ ...typing, seconds: 90 });
  const script = join(import.meta.dirname, '..', 'fixtures', 'shells', 'type.py');
  const { stdout } = await run('python3', [script, plan], { timeout: 120_000, maxBuffer: 10_000_000 });
  return stdout;
};

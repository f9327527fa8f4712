/** Runs the built CLI as a child process, in a clean environment of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const binary = join(import.meta.dirname, '..', '..', 'bin', 'run.js');

export interface CliHome {
  /** HOME of the child; its state folder is below. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** A home without any of the operator's credentials, configuration or sandboxes. */
export const cliHome = (extra: Readonly<Record<string, string>> = {}): CliHome => {
  const home = mkdtempSync(join(tmpdir(), 'platform-cli-'));
  const marker = process.env['PLATFORM_TEST_RUN'];
  return {
    home,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      XDG_STATE_HOME: join(home, 'state'),
      TZ: 'UTC',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...(marker === undefined ? {} : { PLATFORM_TEST_RUN: marker }),
      ...extra,
    },
    remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }),
  };
};

export interface CliResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly timeoutMs?: number;
  /** To send signals, or to read output while it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

export const runCli = (argv: readonly string[], options: CliOptions): Promise<CliResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binary, ...argv], {
      cwd: options.cwd ?? options.env['HOME'],
      env: { ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000);
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({ exitCode, signal, stdout, stderr });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    options.onStart?.(child);
  });

/** The one document on stdout; anything else there makes it fail. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into documents of every shape.
export const documentOf = (result: CliResult): any => JSON.parse(result.stdout);

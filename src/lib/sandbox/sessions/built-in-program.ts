/**
 * The commands of a built-in container: `echo`, `printenv`, `true`, `false`, `exit`, `sleep`, and `sh` over those. It is no
 * Linux: what it does not know is "not found" (127). `sleep` takes AWS time.
 */
import type { Program, ProgramEnds } from './program.js';
import { expandWords, parseShell, type ShellCommand, type ShellScope, ShellSyntaxError } from './shell-syntax.js';

export interface BuiltInOptions {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** AWS seconds per real second. */
  readonly speed: number;
  readonly ends: ProgramEnds;
}

const interrupted = 130;

/** The shell was told to end. */
class ShellExit extends Error {
  constructor(readonly status: number) {
    super(`exit ${status}`);
  }
}

export const startBuiltIn = (options: BuiltInOptions): Program | undefined => {
  const [name = ''] = options.words;
  if (!isKnown(name)) {
    options.ends.ended(`Failed to start pty: exec: "${name}": executable file not found in $PATH`);
    return undefined;
  }
  const program = new BuiltIn(options);
  void program.run();
  return program;
};

const shells = new Set(['sh', '/bin/sh', 'bash', '/bin/bash', 'ash', '/bin/ash']);
const others = new Set(['echo', 'printenv', 'true', 'false', 'sleep', ':', 'trap', 'exit']);
const isKnown = (name: string): boolean => shells.has(name) || others.has(name);

class BuiltIn implements Program {
  private input = '';
  private isInputOver = false;
  private isInterrupted = false;
  private wake: () => void = () => undefined;

  constructor(private readonly options: BuiltInOptions) {}

  async run(): Promise<void> {
    const { words, environment } = this.options;
    await this.command(words, { environment, words: [], status: 0 }).catch(() => undefined);
    this.options.ends.ended();
  }

  write(bytes: Buffer): void {
    this.input += bytes.toString('utf8');
    this.wake();
  }

  signal(): void {
    this.isInterrupted = true;
    this.wake();
  }

  endOfInput(): void {
    this.isInputOver = true;
    this.wake();
  }

  hangUp(): void {
    this.isInputOver = true;
    this.signal();
  }

  private print(text: string): void {
    this.options.ends.print(Buffer.from(text));
  }

  private async command(words: readonly string[], scope: ShellScope): Promise<number> {
    const [name = '', ...args] = words;
    if (shells.has(name)) return this.shell(args, scope);
    switch (name) {
      case 'echo':
        this.print(`${args.join(' ')}\n`);
        await this.options.ends.room();
        return 0;
      case 'printenv':
        return this.printenv(args);
      case 'sleep':
        return this.sleep(Number(args[0] ?? 0));
      case 'false':
        return 1;
      case 'true':
      case ':':
      case 'trap':
        return 0;
      case 'exit':
        throw new ShellExit(Number(args[0] ?? scope.status) & 255);
      default:
        this.print(`sh: ${name}: not found\n`);
        return 127;
    }
  }

  private printenv(names: readonly string[]): number {
    const { environment } = this.options;
    const [name] = names;
    if (name === undefined) {
      for (const [key, value] of Object.entries(environment)) this.print(`${key}=${value}\n`);
      return 0;
    }
    if (!Object.hasOwn(environment, name)) return 1;
    this.print(`${environment[name]}\n`);
    return 0;
  }

  private async shell(args: readonly string[], scope: ShellScope): Promise<number> {
    const [flag, script, , ...words] = args;
    try {
      if (flag === '-c') return await this.script(script ?? '', { ...scope, words, status: 0 });
      return await this.dialogue(scope);
    } catch (error) {
      if (error instanceof ShellExit) return error.status;
      if (!(error instanceof ShellSyntaxError)) throw error;
      this.print(`sh: ${error.message}\n`);
      return 2;
    }
  }

  private script(text: string, scope: ShellScope): Promise<number> {
    return this.commands(parseShell(text), scope);
  }

  private async commands(commands: readonly ShellCommand[], scope: ShellScope): Promise<number> {
    let { status } = scope;
    for (const command of commands) {
      if ((command.after === '&&' && status !== 0) || (command.after === '||' && status === 0)) continue;
      const now = { ...scope, status };
      status =
        command.kind === 'group'
          ? await this.subshell(command.commands, now)
          : await this.command(expandWords(command, now), now);
    }
    return status;
  }

  private async subshell(commands: readonly ShellCommand[], scope: ShellScope): Promise<number> {
    try {
      return await this.commands(commands, scope);
    } catch (error) {
      if (error instanceof ShellExit) return error.status;
      throw error;
    }
  }

  private async dialogue(scope: ShellScope): Promise<number> {
    let status = 0;
    for (;;) {
      this.print('$ ');
      const line = await this.line();
      if (line === undefined) return status;
      try {
        status = await this.script(line, { ...scope, status });
      } catch (error) {
        if (!(error instanceof ShellSyntaxError)) throw error;
        this.print(`sh: ${error.message}\n`);
        status = 2;
      }
    }
  }

  /** Undefined at the end of the input; empty when the line was broken off. */
  private async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.input.indexOf('\n');
      if (end >= 0) {
        const line = this.input.slice(0, end);
        this.input = this.input.slice(end + 1);
        return line;
      }
      if (this.isInputOver) return undefined;
      if (this.isInterrupted) {
        this.isInterrupted = false;
        return '';
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private async sleep(seconds: number): Promise<number> {
    const until = performance.now() + (Math.max(0, seconds || 0) * 1_000) / Math.max(1, this.options.speed);
    while (!this.isInterrupted) {
      const left = until - performance.now();
      if (left <= 0) return 0;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.isInterrupted = false;
    return interrupted;
  }
}

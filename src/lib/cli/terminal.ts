/**
 * What the CLI knows about the terminal it runs in. The real one is made here; tests make their own
 * (test/helpers/terminal.ts). Streams are judged separately: stdout may be a pipe while stderr is a terminal.
 */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Like `out`; when the reader does not keep up, a promise that resolves when it has. */
  outWithRoom?(text: string): Promise<void> | undefined;
  /** After a signal: what a sleeping reader has not taken within a second must not keep us here. */
  abandonOut?(): void;
  readonly isStdinTty: boolean;
  readonly isStdoutTty: boolean;
  readonly isStderrTty: boolean;
  /** Any CI: no prompts, no live view, lines only. */
  readonly isCi: boolean;
  readonly isGithub: boolean;
  /** Of stderr, where progress goes; never below 40. */
  columns(): number;
}

type Env = Readonly<Record<string, string | undefined>>;

const ciVariables = ['BUILD_ID', 'BUILD_NUMBER', 'GITHUB_ACTIONS', 'GITLAB_CI', 'JENKINS_URL', 'TEAMCITY_VERSION'];

/** `CI` non-empty (except false and 0), or a known provider. */
export const isCi = (env: Env): boolean => {
  const flag = env['CI'];
  if (flag === 'false' || flag === '0') return false;
  return Boolean(flag) || ciVariables.some((name) => Boolean(env[name]));
};

/** Colour is off when the stream is no terminal, with NO_COLOR, TERM=dumb or --no-color. FORCE_COLOR wins over the stream only. */
export const wantsColor = (env: Env, isTty: boolean): boolean => {
  if (env['NO_COLOR'] || env['TERM'] === 'dumb') return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return isTty;
};

export const canPrompt = (terminal: Terminal): boolean => terminal.isStdinTty && terminal.isStderrTty && !terminal.isCi;

const abandonAfterMs = 1_000;

export const processTerminal = (): Terminal => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outWithRoom: (text) =>
    process.stdout.write(text) ? undefined : new Promise((resolve) => process.stdout.once('drain', resolve)),
  abandonOut: () => {
    if (process.stdout.writableLength > 0) setTimeout(() => process.exit(), abandonAfterMs).unref();
  },
  isStdinTty: Boolean(process.stdin.isTTY),
  isStdoutTty: Boolean(process.stdout.isTTY),
  isStderrTty: Boolean(process.stderr.isTTY),
  isCi: isCi(process.env),
  isGithub: process.env['GITHUB_ACTIONS'] === 'true',
  columns: () => Math.max(40, process.stderr.columns || 80),
});

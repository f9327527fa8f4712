/**
 * What the CLI knows about the terminal it runs in. The real one is made here; tests make their own
 * (test/helpers/terminal.ts). Streams are judged separately: stdout may be a pipe while stderr is a terminal.
 */
export interface Terminal {
  /** Bytes are those of a program that a person had us run: they pass as they are. */
  out(text: string | Uint8Array): void;
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
  /** Of stdout; where it is no terminal, wide enough for everything. */
  outColumns(): number;
  rows(): number;
  /** Stdout's window has another size. Returns the way to stop listening. */
  onResize(listener: () => void): () => void;
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

/** A program can be given the terminal: both of its ends are one, and a person sits there. */
export const canHandOver = (terminal: Terminal): boolean =>
  terminal.isStdinTty && terminal.isStdoutTty && !terminal.isCi;
const atLeast = (version: string | undefined, wanted: number): boolean => Number(version ?? '') >= wanted;

/** Programs that say of themselves who they are, and are known to draw OSC 8 links. */
const linkingPrograms = ['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'WarpTerminal', 'Tabby'];
const linkingTerms = /^(xterm-kitty|xterm-ghostty|alacritty|foot)/;

const knowsLinks = (env: Env): boolean =>
  linkingPrograms.includes(env['TERM_PROGRAM'] ?? '') ||
  // 0.50.0 had them and crashed on them.
  atLeast(env['VTE_VERSION'], 5001) ||
  atLeast(env['KONSOLE_VERSION'], 201200) ||
  ['KITTY_WINDOW_ID', 'WT_SESSION', 'DOMTERM'].some((name) => Boolean(env[name])) ||
  linkingTerms.test(env['TERM'] ?? '');

/**
 * Links only where the terminal is known to draw them; elsewhere they may show up as rubbish. FORCE_HYPERLINK says it
 * better than we can guess; NO_COLOR is about colour. GNU screen keeps its terminal's variables, but not its links.
 */
export const wantsLinks = (env: Env, stream: { readonly isTty: boolean; readonly isCi: boolean }): boolean => {
  if (env['TERM'] === 'dumb') return false;
  if (env['FORCE_HYPERLINK']) return env['FORCE_HYPERLINK'] !== '0';
  return stream.isTty && !stream.isCi && !env['STY'] && knowsLinks(env);
};

export const canPrompt = (terminal: Terminal): boolean => terminal.isStdinTty && terminal.isStderrTty && !terminal.isCi;

/** For files and pipes: nothing is cut or left out, whoever reads has a pager or a search. */
const unlimitedColumns = 500;
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
  outColumns: () => (process.stdout.isTTY ? Math.max(40, process.stdout.columns || 80) : unlimitedColumns),
  rows: () => Math.max(5, process.stdout.rows || 24),
  onResize: (listener) => {
    process.stdout.on('resize', listener);
    return () => process.stdout.off('resize', listener);
  },
});

/**
 * What the CLI knows about the terminal it runs in. The real one is made here; tests make their own
 * (test/helpers/terminal.ts). Streams are judged separately: stdout may be a pipe while stderr is a terminal.
 */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
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

export const processTerminal = (): Terminal => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isStdinTty: Boolean(process.stdin.isTTY),
  isStdoutTty: Boolean(process.stdout.isTTY),
  isStderrTty: Boolean(process.stderr.isTTY),
  isCi: isCi(process.env),
  isGithub: process.env['GITHUB_ACTIONS'] === 'true',
  columns: () => Math.max(40, process.stderr.columns || 80),
});

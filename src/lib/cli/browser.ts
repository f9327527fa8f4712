/** Opens an address in a browser: argv only, never a shell, and only addresses of the AWS console. Loaded by `platform open`. */
import { isConsoleLink } from '../aws/console-links.js';
import { runTool, type ToolRequest, type ToolResult } from '../child-process/run-tool.js';

type Env = Readonly<Record<string, string | undefined>>;

const timeoutMs = 10_000;

/** The program and its arguments; undefined where there is no screen to open something on. */
export const browserArgv = (url: string, at: { readonly env: Env; readonly system: string }): string[] | undefined => {
  switch (at.system) {
    case 'darwin':
      return ['open', url];
    case 'win32':
      return ['rundll32', 'url.dll,FileProtocolHandler', url];
    default:
      // Without a screen xdg-open would start a text browser in the middle of our terminal.
      return at.env['DISPLAY'] || at.env['WAYLAND_DISPLAY'] ? ['xdg-open', url] : undefined;
  }
};

/** A browser is no business of AWS: it gets none of the credentials that may be in our environment. */
const browserEnv = (env: Env): Env =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^AWS_|SECRET|TOKEN|PASSWORD/i.test(name)));

export const openInBrowser = async (
  url: string,
  env: Env,
  how: { readonly system: string; readonly run: (request: ToolRequest) => Promise<ToolResult> } = {
    system: process.platform,
    run: runTool,
  },
): Promise<'opened' | 'not-here' | 'failed'> => {
  if (!isConsoleLink(url)) return 'failed';
  const argv = browserArgv(url, { env, system: how.system });
  if (argv === undefined) return 'not-here';
  const done = await how.run({ argv, cwd: process.cwd(), timeoutMs, env: browserEnv(env) });
  return done.exitCode === 0 ? 'opened' : 'failed';
};

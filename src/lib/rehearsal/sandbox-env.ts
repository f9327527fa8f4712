/** `platform sandbox env`: the lines for `eval`. */
import type { Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import { chooseSandbox } from './choose-sandbox.js';
import { type ShellEnvironment, shellEnvironment, shellLines } from './shell-environment.js';

export type SandboxEnvResult = ShellEnvironment;

export const sandboxEnvironment = (ctx: Pick<Ctx, 'env' | 'paths'>): Report<SandboxEnvResult> => {
  const environment = shellEnvironment(chooseSandbox(ctx));
  return { result: environment, lines: shellLines(environment) };
};

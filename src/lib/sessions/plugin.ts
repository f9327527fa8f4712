/**
 * AWS's session-manager-plugin: is it there, is it new enough, and how it is started. Its token goes into its environment:
 * arguments are visible to every user of a machine. May use child-process and the context's types.
 */
import { arch, platform } from 'node:os';
import type { AccessKeys, SessionGrant } from '../aws/sessions.js';
import { childEnv } from '../child-process/child-env.js';
import { runTool, type ToolResult } from '../child-process/run-tool.js';
import type { SessionProgramRequest } from '../child-process/session-program.js';
import type { Ctx } from '../context/context.js';
import { PlatformError } from '../errors/platform-error.js';

export const pluginName = 'session-manager-plugin';

/** The first that takes the session's answer from its environment. */
export const oldestVersion = '1.2.497.0';
const versionLimitMs = 10_000;
const downloads = 'https://s3.amazonaws.com/session-manager-downloads/plugin/latest';
const guide =
  'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html';

/** How to install it here; the last line is AWS's guide. */
export const installHints = (system: { readonly platform: string; readonly arch: string }): readonly string[] => {
  const isArm = system.arch === 'arm64';
  switch (system.platform) {
    case 'darwin':
      return ['brew install --cask session-manager-plugin', guide];
    case 'win32':
      return [`${downloads}/windows/SessionManagerPluginSetup.exe`, guide];
    default: {
      const deb = `${downloads}/ubuntu_${isArm ? 'arm64' : '64bit'}/session-manager-plugin.deb`;
      const rpm = `${downloads}/linux_${isArm ? 'arm64' : '64bit'}/session-manager-plugin.rpm`;
      return [
        `curl -fsSLo /tmp/session-manager-plugin.deb ${deb} && sudo dpkg -i /tmp/session-manager-plugin.deb`,
        `sudo dnf install -y ${rpm}`,
        guide,
      ];
    }
  }
};

const here = { platform: platform(), arch: arch() };

/** Missing numbers count as 0; what is no version at all counts as older than everything. */
export const isOlder = (version: string, than: string): boolean => {
  if (!/^\d+(\.\d+)*$/.test(version)) return true;
  const [a, b] = [version, than].map((each) => each.split('.').map(Number)) as [number[], number[]];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
};

/** Throws E_NOT_FOUND where it is missing or too old; resolves with its version. */
export const assertPlugin = async (
  ctx: Pick<Ctx, 'env' | 'paths' | 'place'>,
  run: typeof runTool = runTool,
): Promise<string> => {
  const env = childEnv({ env: ctx.env, place: ctx.place, region: 'us-east-1' });
  const result = await run({ argv: [pluginName, '--version'], cwd: ctx.paths.cwd, timeoutMs: versionLimitMs, env });
  return checkedVersion(result);
};

const checkedVersion = (result: ToolResult): string => {
  if (result.failure === 'ENOENT')
    throw new PlatformError('E_NOT_FOUND', `${pluginName} is not installed, or not on PATH`, {
      hints: installHints(here),
      details: { tool: pluginName },
    });
  const version = result.stdout.trim();
  if (!isOlder(version, oldestVersion)) return version;
  const found = /^[\d.]+$/.test(version) ? version : 'of an unknown version';
  throw new PlatformError('E_NOT_FOUND', `${pluginName} is ${found}; ${oldestVersion} or newer is needed`, {
    hints: installHints(here),
    details: { tool: pluginName, oldest: oldestVersion },
  });
};

export interface PluginCall {
  readonly grant: SessionGrant;
  readonly keys: AccessKeys;
  readonly region: string;
  /** `ecs:CLUSTER_TASK_RUNTIME` */
  readonly target: string;
}

const answerVariable = 'AWS_SSM_START_SESSION_RESPONSE';

/** A profile would win over keys in the environment, and may be another identity than the one that opened the session. */
const identityVariables = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SESSION_TOKEN'];

export const pluginRequest = (
  ctx: Pick<Ctx, 'env' | 'paths' | 'place'>,
  { grant, keys, region, target }: PluginCall,
): SessionProgramRequest => {
  const inherited = Object.entries(childEnv({ env: ctx.env, place: ctx.place, region }));
  const answer = { SessionId: grant.sessionId, StreamUrl: grant.streamUrl, TokenValue: grant.tokenValue };
  const endpoint = ctx.place.kind === 'sandbox' ? ctx.place.endpoint : '';
  return {
    argv: [pluginName, answerVariable, region, 'StartSession', '', JSON.stringify({ Target: target }), endpoint],
    cwd: ctx.paths.cwd,
    env: {
      ...Object.fromEntries(inherited.filter(([name]) => !identityVariables.includes(name))),
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      ...(keys.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: keys.sessionToken }),
      [answerVariable]: JSON.stringify(answer),
    },
  };
};

/** Who writes into the journal: shown to people. User and CI actor are claims of this machine, not an identity. */
import { hostname, userInfo } from 'node:os';
import type { Writer } from '../engine/event.js';

type Env = Readonly<Record<string, string | undefined>>;

const userName = (env: Env): string => {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? env['LOGNAME'] ?? 'unknown';
  }
};

/** `github shop/api #42 by octocat`, as far as the provider tells. */
const ciName = (env: Env): string | undefined => {
  if (env['GITHUB_ACTIONS'] === 'true') {
    const actor = env['GITHUB_ACTOR'] ? ` by ${env['GITHUB_ACTOR']}` : '';
    return `github ${env['GITHUB_REPOSITORY'] ?? ''} #${env['GITHUB_RUN_NUMBER'] ?? '?'}${actor}`;
  }
  if (env['GITLAB_CI']) return `gitlab ${env['CI_PROJECT_PATH'] ?? ''} #${env['CI_PIPELINE_ID'] ?? '?'}`;
  if (env['JENKINS_URL']) return `jenkins ${env['JOB_NAME'] ?? ''} #${env['BUILD_NUMBER'] ?? '?'}`;
  return env['CI'] ? 'ci' : undefined;
};

export const describeWriter = (options: {
  readonly env: Env;
  readonly nonce: string;
  readonly cli: string;
}): Writer => {
  const ci = ciName(options.env);
  return {
    nonce: options.nonce,
    host: hostname(),
    pid: process.pid,
    user: userName(options.env),
    cli: options.cli,
    ...(ci === undefined ? {} : { ci }),
  };
};

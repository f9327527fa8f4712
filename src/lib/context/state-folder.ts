/** Where platform keeps what it must remember. Apart from create-context.ts, because completion may load next to nothing. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Absolute `$XDG_STATE_HOME/platform`; a relative XDG path is ignored, as its specification says. */
export const stateFolder = (env: Readonly<Record<string, string | undefined>>): string => {
  const configured = env['XDG_STATE_HOME'] ?? '';
  const base = isAbsolute(configured) ? configured : join(env['HOME'] || homedir(), '.local', 'state');
  return join(base, 'platform');
};

/** Reads which sandboxes this user runs (`<state>/sandboxes/*.json`, written by the sandbox daemon, 0600). */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RegisteredSandbox {
  readonly id: string;
  readonly endpoint: string;
  readonly pid: number;
  readonly token: string;
  readonly speed: number;
  readonly region?: string;
  readonly account?: string;
  /** The key that `--exec` demands. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const text = (value: unknown): value is string => typeof value === 'string' && value !== '';

const parse = (source: string): RegisteredSandbox | undefined => {
  const value: unknown = JSON.parse(source);
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, endpoint, pid, token, speed, region, account } = value as Record<string, unknown>;
  if (!text(id) || !text(endpoint) || typeof pid !== 'number' || !text(token)) return undefined;
  return {
    id,
    endpoint,
    pid,
    token,
    speed: typeof speed === 'number' ? speed : 1,
    ...(text(region) ? { region } : {}),
    ...(text(account) ? { account } : {}),
    ...keyOf(value as Record<string, unknown>),
  };
};

const keyOf = ({ accessKeyId, secretAccessKey }: Record<string, unknown>): Pick<RegisteredSandbox, 'credentials'> =>
  text(accessKeyId) && text(secretAccessKey) ? { credentials: { accessKeyId, secretAccessKey } } : {};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** A file that is a link, or another user's, is not ours and is passed over: it could name any endpoint. */
const readOwn = (path: string): RegisteredSandbox | undefined => {
  try {
    const stat = lstatSync(path);
    const isOurs = process.getuid === undefined || stat.uid === process.getuid();
    return stat.isFile() && isOurs ? parse(readFileSync(path, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
};

const filesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch {
    return [];
  }
};

/** Sandboxes whose process is there, in a stable order. Whether one answers is for the handshake to find out. */
export const runningSandboxes = (state: string): readonly RegisteredSandbox[] => {
  const folder = join(state, 'sandboxes');
  return filesIn(folder)
    .flatMap((name) => readOwn(join(folder, name)) ?? [])
    .filter((sandbox) => isAlive(sandbox.pid));
};

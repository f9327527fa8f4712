/** The system's errors in people's words. Journal and lock translate here, once. */
import { isPlatformError, PlatformError } from '../../errors/platform-error.js';

const reasons: { readonly [code: string]: { readonly reason: string; readonly text: string; readonly hint: string } } =
  {
    ENOSPC: { reason: 'no-space', text: 'the disk is full', hint: 'free some space, then: platform runs list' },
    EDQUOT: {
      reason: 'no-space',
      text: 'the disk quota is used up',
      hint: 'free some space, then: platform runs list',
    },
    EROFS: {
      reason: 'read-only',
      text: 'the file system is read-only',
      hint: 'set XDG_STATE_HOME to a writable folder',
    },
    EACCES: { reason: 'denied', text: 'permission is denied', hint: 'set XDG_STATE_HOME to a folder of your own' },
    EPERM: {
      reason: 'denied',
      text: 'the system does not allow it',
      hint: 'set XDG_STATE_HOME to a local folder of your own',
    },
    ENOTSUP: {
      reason: 'denied',
      text: 'the file system cannot do it',
      hint: 'set XDG_STATE_HOME to a folder on a local disk',
    },
    ELOOP: { reason: 'unsafe-state-folder', text: 'a symbolic link stands in its place', hint: 'remove the link' },
    EMFILE: { reason: 'io', text: 'too many files are open', hint: 'raise the limit with ulimit -n' },
  };

/** `doing` completes "cannot …", for example "write the journal of run 01h…". */
export const storageError = (error: unknown, doing: string): PlatformError => {
  if (isPlatformError(error)) return error;
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  if (typeof code !== 'string') throw error;
  const known = reasons[code] ?? {
    reason: 'io',
    text: `the disk answered ${code}`,
    hint: 'check the disk, then: platform runs list',
  };
  return new PlatformError('E_JOURNAL', `cannot ${doing}: ${known.text}`, {
    hints: [known.hint],
    details: { reason: known.reason, system: code },
    cause: error,
  });
};

export const orStorageError = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, doing);
  }
};

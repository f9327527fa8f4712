/**
 * A command's words → the one string that ExecuteCommand takes. The agent in the container splits it into words again, by
 * quotes and backslashes only, so every word is put into single quotes. Without a terminal the words run under a few lines
 * of `sh` that say when the command begins and how it ended: the plugin always exits 0. Pure; sentinel.ts reads the marks.
 */

/** Right for the agent's splitter and for any POSIX shell. */
export const quoteWord = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

export const quoteWords = (words: readonly string[]): string => words.map(quoteWord).join(' ');

export const beginMark = (nonce: string): string => `${nonce}:begin`;
export const endMark = (nonce: string): string => `${nonce}:end:`;

/**
 * The trap keeps the shell alive through Ctrl-C, so that it can still say how the command ended. Only a handler does that: an
 * ignored signal would be ignored by the command as well. The parentheses keep `exit` and `cd` among the words harmless.
 */
const script = (nonce: string): string =>
  `trap : 2 3; echo ${beginMark(nonce)}; ( "$@" ) </dev/null; echo ${endMark(nonce)}$?`;

export const wrapCommand = (words: readonly string[], nonce: string): string =>
  quoteWords(['sh', '-c', script(nonce), 'sh', ...words]);

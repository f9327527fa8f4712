/** A line of somebody's log, for a terminal or a pipe. Its colours may stay on a terminal; nothing else is obeyed. Pure. */
import { foreignText, foreignTextWithColours } from './foreign-text.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are sequences of a control character.
const sgr = /\u001b\[[0-9;:]*m/g;

/** keep: colour codes pass and end with the line; drop: they are left out. Every other control character is made visible. */
export const logText = (text: string, colours: 'keep' | 'drop'): string => {
  const line = text.replace(/\r?\n$/, '');
  return colours === 'keep' ? foreignTextWithColours(line) : foreignText(line.replace(sgr, ''));
};

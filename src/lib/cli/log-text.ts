/** A line of somebody's log, for a terminal or a pipe. Its colours may stay on a terminal; nothing else is obeyed. Pure. */
import { foreignText } from './foreign-text.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are sequences of a control character.
const sgr = /\u001b\[[0-9;:]*m/g;
const reset = '\u001b[0m';

/** keep: colour codes pass and end with the line; drop: they are left out. Every other control character is made visible. */
export const logText = (text: string, colours: 'keep' | 'drop'): string => {
  const line = text.replace(/\r?\n$/, '');
  const plain = line.split(sgr).map(foreignText);
  if (colours === 'drop') return plain.join('');
  const codes = line.match(sgr) ?? [];
  const kept = plain.map((part, index) => part + (codes[index] ?? '')).join('');
  return codes.length > 0 ? kept + reset : kept;
};

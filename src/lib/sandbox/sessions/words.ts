/**
 * A command line → words, the way the agent in an AWS container splits it: quotes and backslashes are understood, `$`,
 * `;` and `*` mean nothing, and `#` begins a comment. Undefined for a quote without its end. Pure.
 */
export const splitWords = (line: string): readonly string[] | undefined => {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index);
    if (quote === "'") {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '\\') {
      index += 1;
      word = (word ?? '') + line.charAt(index);
    } else if (quote === '"') {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '#' && word === undefined) {
      while (index < line.length && line.charAt(index) !== '\n') index += 1;
    } else word = (word ?? '') + character;
  }
  if (quote !== '') return undefined;
  return word === undefined ? words : [...words, word];
};

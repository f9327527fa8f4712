/** YAML that says exactly what it was given, whatever characters AWS's names have: quoted unless harmless. Pure. */
import { visible } from '../config/diagnostics.js';
import { escaped } from './escape.js';

const words = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);
const plain = /^[A-Za-z/][A-Za-z0-9/._-]*$/;
// Line breaks of some YAML parsers, invisible characters, halves of surrogate pairs.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu;

const unicodeEscape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** A key of ours, or a name that AWS allows and YAML might take for something else. */
export const yamlText = (text: string): string => {
  if (plain.test(text) && !words.has(text.toLowerCase())) return text;
  const body = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replace(unprintable, unicodeEscape);
  return `"${body}"`;
};

/** Values may hold live text, and `${{` there is no reference. */
export const yamlValue = (value: string | number | boolean): string =>
  typeof value === 'string' ? yamlText(escaped(value)) : String(value);

const maxComment = 400;

/** One line, whatever is in it. */
export const yamlComment = (text: string): string => {
  const line = visible(text.replace(/\s+/g, ' ').trim());
  return `# ${line.length > maxComment ? `${line.slice(0, maxComment)}…` : line}`;
};

/** Pretty JSON in which everything that is not visible is escaped. YAML reads it too. */
export const jsonText = (value: unknown): string => {
  const text = JSON.stringify(value, null, 2);
  const escapedText = text.replace(unprintable, (character) =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()]
          .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
          .join(''),
  );
  return `${escapedText}\n`;
};

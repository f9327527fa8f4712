/**
 * Text that we did not write (logs, events, tags, names of lock holders, reasons) is shown, never obeyed: control, escape
 * and bidirectional characters become visible, and on GitHub a line never begins with `::` (a workflow command).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not reach a terminal.
const dangerous = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Without those that JSON has escaped, and the line breaks that it was laid out with. */
const dangerousBesidesLines = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const visible = (character: string): string => {
  const code = character.charCodeAt(0);
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  if (code === 0x7f) return '^?';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: as above; without the flag that makes `test` remember a place.
const anyDangerous = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** One line of foreign text, safe to print. Line breaks are made visible too: use foreignLines for several lines. */
export const foreignText = (text: string): string =>
  anyDangerous.test(text) ? text.replaceAll('\t', '  ').replace(dangerous, visible) : text;

export const foreignLines = (text: string): readonly string[] => text.split(/\r?\n/).map(foreignText);

/**
 * A JSON document as text. JSON escapes what is below a blank by itself; what else a terminal might obey is escaped here,
 * so the document means the same and shows nothing.
 */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    dangerousBesidesLines,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** GitHub reads a line that begins with `::` as a command, also after blanks; a zero-width break would be invisible, so a dot it is. */
export const notAWorkflowCommand = (line: string): string =>
  line.replace(/^(\s*)::/, '$1.::').replace(/^(\s*)##\[/, '$1.##[');

/** Colours and weights, but nothing that hides text (conceal) or makes it blink. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is the one escape sequence that may reach a terminal.
const sgr = /\u001b\[([0-9;]*)m/g;
const hiding = new Set(['5', '6', '8']);
const asColours = (parameters: string): readonly string[] =>
  parameters.replace(/\b[34]8;(?:5;\d+|2;\d+;\d+;\d+)/g, '0').split(';');

/**
 * One line of a log for a terminal with colours: its own colours stay (and end with the line), everything else is made
 * visible. For anywhere else, foreignText.
 */
export const foreignTextWithColours = (text: string): string => {
  if (!text.includes('\u001b[')) return foreignText(text);
  let isColoured = false;
  let out = '';
  let at = 0;
  for (const found of text.matchAll(sgr)) {
    const [sequence, parameters = ''] = found;
    if (asColours(parameters).some((one) => hiding.has(String(Number(one))))) continue;
    out += foreignText(text.slice(at, found.index)) + sequence;
    at = found.index + sequence.length;
    isColoured = true;
  }
  return `${out}${foreignText(text.slice(at))}${isColoured ? '\u001b[0m' : ''}`;
};

import { describe, expect, it } from 'vitest';
import { logText } from '../../../src/lib/cli/log-text.js';

const red = '\u001b[31m';
const off = '\u001b[0m';

describe('a line of a log', () => {
  it.each([
    ['its colours, on a terminal', `${red}error${off} done`, 'keep', `${red}error${off} done${off}`],
    ['an open colour ends with the line', `${red}error`, 'keep', `${red}error${off}`],
    ['no colours in a pipe', `${red}error${off} done`, 'drop', 'error done'],
    ['a window title is shown, not set', '\u001b]0;owned\u0007', 'keep', '^[]0;owned^G'],
    ['the cursor is not moved', '\u001b[2J\u001b[1;1Hgone', 'keep', '^[[2J^[[1;1Hgone'],
    ['text is not turned round', 'a\u202eb', 'drop', 'a<U+202E>b'],
    ['a line break at the end is no part of it', 'line\r\n', 'drop', 'line'],
    ['a carriage return within hides nothing', 'real\rfake', 'drop', 'real^Mfake'],
    ['plain text stays as it is', '{"level":"info"}', 'keep', '{"level":"info"}'],
  ] as const)('%s', (_what, text, colours, shown) => {
    expect(logText(text, colours)).toBe(shown);
  });
});

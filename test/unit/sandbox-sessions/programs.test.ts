import { describe, expect, it } from 'vitest';
import { startBuiltIn } from '../../../src/lib/sandbox/sessions/built-in-program.js';
import { terminalLine, withCarriageReturns } from '../../../src/lib/sandbox/sessions/terminal-line.js';
import { splitWords } from '../../../src/lib/sandbox/sessions/words.js';

describe('the words of a command line, as the agent splits it', () => {
  it.each([
    { line: `sh -c 'a b'`, words: ['sh', '-c', 'a b'] },
    { line: `echo 'it'\\''s' "a \\" b" c\\ d`, words: ['echo', `it's`, 'a " b', 'c d'] },
    { line: `echo '' "" x`, words: ['echo', '', '', 'x'] },
    { line: `echo '$HOME; *' # not this`, words: ['echo', '$HOME; *'] },
    { line: `echo a#b 'line\nbreak'`, words: ['echo', 'a#b', 'line\nbreak'] },
    { line: `echo 'open`, words: undefined },
  ])('$line', ({ line, words }) => {
    expect(splitWords(line)).toEqual(words);
  });
});

describe('the terminal of a session', () => {
  const type = (text: string) => {
    const got = { program: '', client: '', signals: [] as string[], ends: 0 };
    const line = terminalLine({
      toProgram: (bytes) => {
        got.program += bytes.toString('latin1');
      },
      toClient: (bytes) => {
        got.client += bytes.toString('latin1');
      },
      signal: (name) => void got.signals.push(name),
      endOfInput: () => {
        got.ends += 1;
      },
    });
    line.typed(Buffer.from(text, 'latin1'));
    return got;
  };

  it('echoes, edits, and gives whole lines to the program', () => {
    expect(type('lx\x7fs\r')).toMatchObject({ program: 'ls\n', client: 'lx\b \bs\r\n' });
  });

  it('makes signals of Ctrl-C and Ctrl-\\, and an end of input of Ctrl-D', () => {
    expect(type('half\x03')).toMatchObject({ program: '', client: 'half^C\r\n', signals: ['SIGINT'] });
    expect(type('\x1c').signals).toEqual(['SIGQUIT']);
    expect(type('\x04').ends).toBe(1);
    expect(type('a\x04')).toMatchObject({ program: 'a', ends: 0 });
  });

  it('shows a line end as carriage return and line feed', () => {
    expect(withCarriageReturns(Buffer.from('a\nb\n\nc')).toString()).toBe('a\r\nb\r\n\r\nc');
  });
});

describe('the built-in container', () => {
  const run = async (
    words: readonly string[],
    input?: string,
  ): Promise<{ output: string; why: string | undefined }> => {
    let output = '';
    let settle: (why: string | undefined) => void = () => undefined;
    const ended = new Promise<string | undefined>((resolve) => {
      settle = resolve;
    });
    const program = startBuiltIn({
      words,
      environment: { COLOUR: 'blue' },
      speed: 600,
      ends: {
        print: (bytes) => {
          output += bytes.toString();
        },
        room: () => Promise.resolve(),
        ended: (why) => settle(why),
      },
    });
    if (input !== undefined) {
      program?.write(Buffer.from(input));
      program?.endOfInput();
    }
    return { why: await ended, output };
  };
  const script = async (text: string, ...words: readonly string[]) =>
    (await run(['sh', '-c', text, 'sh', ...words])).output;

  it.each([
    { text: 'echo one; echo "two  $COLOUR" three', output: 'one\ntwo  blue three\n' },
    { text: 'false; echo $?; true && echo yes || echo no', output: '1\nyes\n' },
    { text: `(exit 42); echo "code:$?"`, output: 'code:42\n' },
    { text: 'exit 3; echo never', output: '' },
    { text: 'printenv COLOUR; printenv NOPE; echo $?', output: 'blue\n1\n' },
    { text: 'ls -l; echo $?', output: 'sh: ls: not found\n127\n' },
    { text: 'echo $(date)', output: 'sh: `$(` is not part of this shell\n' },
    { text: 'echo a | wc', output: 'sh: `|` is not part of this shell\n' },
    { text: 'echo a > file', output: 'sh: `>` is not part of this shell\n' },
    { text: `echo 'open`, output: 'sh: a quote without its end\n' },
    { text: 'trap : 2 3; ( sh -c "exit 7" ) </dev/null; echo end:$?', output: 'end:7\n' },
    { text: 'sleep 60; echo $?', output: '0\n' },
  ])('runs: $text', async ({ text, output }) => {
    expect(await script(text)).toBe(output);
  });

  it('keeps words apart in "$@"', async () => {
    expect(await script('( "$@" ) </dev/null; echo $?', 'echo', 'a  b', '', '$COLOUR', "it's")).toBe(
      `a  b  $COLOUR it's\n0\n`,
    );
  });

  it('talks at a prompt until the end of the input', async () => {
    expect((await run(['sh'], 'echo hi\nnope\nexit 4\n')).output).toBe('$ hi\n$ sh: nope: not found\n$ ');
  });

  it('knows nothing else', async () => {
    expect((await run(['python3'])).why).toContain('executable file not found');
  });
});

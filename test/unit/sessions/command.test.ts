import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitWords } from '../../../src/lib/sandbox/sessions/words.js';
import { type CommandEnd, Sentinel } from '../../../src/lib/sessions/sentinel.js';
import { beginMark, endMark, quoteWord, quoteWords, wrapCommand } from '../../../src/lib/sessions/wrap-command.js';

const nonce = 'n0nce';

describe('words for ExecuteCommand', () => {
  it('are quoted only where they must be', () => {
    expect(quoteWords(['bin/rails', 'db:migrate', '--env=x', '', "it's", '$HOME', 'a b', '*', '#x', 'ü'])).toBe(
      `bin/rails db:migrate --env=x '' 'it'\\''s' '$HOME' 'a b' '*' '#x' 'ü'`,
    );
  });

  const word = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('\0', ''));

  it('come out of the agent’s splitter and of a shell as they went in', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        expect(splitWords(quoteWords(words))).toEqual(words);
      }),
    );
    const words = ["it's", 'a "b"', '$HOME `x` $(y)', 'line\nbreak', '\\', '', "'", '!!', '~', '{a,b}'];
    const shell = spawnSync('/bin/sh', ['-c', `printf '%s\\0' ${quoteWords(words)}`]);
    expect(shell.stdout.toString()).toBe(words.map((word) => `${word}\0`).join(''));
    expect(quoteWord('')).toBe("''");
  });

  /** The wrapped command as a container would run it: split, then executed. */
  const run = (words: readonly string[]) => {
    const [file = '', ...args] = splitWords(wrapCommand(words, nonce)) ?? [];
    return spawnSync(file, args, { input: 'typed\n' }).stdout.toString();
  };

  it.each([
    { words: ['true'], code: 0, output: '' },
    { words: ['false'], code: 1, output: '' },
    { words: ['sh', '-c', 'echo a; exit 42'], code: 42, output: 'a\n' },
    { words: ['no-such-program-here'], code: 127, output: '' },
    { words: ['exit', '7'], code: 7, output: '' },
    { words: ['cat'], code: 0, output: '' },
    { words: ['sh', '-c', 'kill -INT $$'], code: 130, output: '' },
    { words: ['printf', '%s', 'no newline'], code: 0, output: 'no newline' },
  ])('say how $words ended: $code', ({ words, code, output }) => {
    expect(run(words)).toBe(`${nonce}:begin\n${output}${nonce}:end:${code}\n`);
  });
});

const read = (pieces: readonly Buffer[]): { output: string; end: CommandEnd; begun: number } => {
  const output: Buffer[] = [];
  let begun = 0;
  const sentinel = new Sentinel({
    nonce,
    onBegin: () => {
      begun += 1;
    },
    onOutput: (bytes) => {
      output.push(bytes);
    },
  });
  for (const piece of pieces) sentinel.push(piece);
  return { end: sentinel.finish(), output: Buffer.concat(output).toString('latin1'), begun };
};

const cut = (bytes: Buffer, sizes: readonly number[]): readonly Buffer[] => {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...pieces, bytes.subarray(at)];
};

const framed = (output: string, newLine: string, code = 0): Buffer =>
  Buffer.from(
    `\nStarting session with SessionId: x\n${beginMark(nonce)}${newLine}${output.replaceAll('\n', newLine)}${endMark(nonce)}${code}${newLine}\n\nExiting session with sessionId: x.\n\n`,
    'latin1',
  );

describe('the output of a command', () => {
  it('is found whole, whatever it holds and wherever the stream is cut, with a terminal at the other end or without', () => {
    const pieces = fc.constantFrom(
      '\n',
      '\r',
      '\r\n',
      nonce,
      `${nonce}:end:`,
      `${nonce}:end:12`,
      `${nonce}:end:1234\n`,
      'n',
      'abc',
      '\x00\xff',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
        fc.constantFrom('\n', '\r\n'),
        fc.nat({ max: 255 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 60 }),
        (output, newLine, code, sizes) => {
          const got = read(cut(framed(output, newLine, code), sizes));
          // A mark of its own making, number and line end included, would be the end: nobody can guess the nonce.
          fc.pre(!/n0nce:end:\d{1,3}\r?\n/.test(output));
          expect(got).toEqual({ output, end: { kind: 'exited', exitCode: code }, begun: 1 });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is found when every byte comes alone', () => {
    const bytes = framed('one\ntwo n0nce:en', '\r\n', 42);
    const got = read([...bytes].map((byte) => Buffer.from([byte])));
    expect(got).toMatchObject({ output: 'one\ntwo n0nce:en', end: { kind: 'exited', exitCode: 42 } });
  });

  it('is shown as far as it came when the session is cut', () => {
    const whole = framed('half a line', '\n').toString('latin1');
    const got = read([Buffer.from(whole.slice(0, whole.indexOf(endMark(nonce)) + 4), 'latin1')]);
    expect(got).toMatchObject({ output: 'half a linen0nc', end: { kind: 'cut' } });
  });

  it('is not there when the command never began; the plugin’s words are', () => {
    const got = read([Buffer.from('\nStarting session\n\n\nSessionId: x : no sh\n\n')]);
    expect(got).toMatchObject({
      output: '',
      begun: 0,
      end: { kind: 'not-begun', text: expect.stringContaining('no sh') },
    });
  });

  it('of 1 MB passes without growing', () => {
    const line = `${'x'.repeat(99)}\n`;
    const got = read(
      cut(
        framed(line.repeat(10_000), '\r\n', 3),
        Array.from({ length: 1_000 }, () => 1_024),
      ),
    );
    expect(got.output.length).toBe(1_000_000);
    expect(got.end).toEqual({ kind: 'exited', exitCode: 3 });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { painter, widthOf } from '../../../src/lib/cli/color.js';
import { fittedLines } from '../../../src/lib/cli/fit-line.js';
import { printerFor, printReport } from '../../../src/lib/cli/print-report.js';
import { recordedTerminal } from '../../helpers/terminal.js';

const plain = painter('plain');
const shown = (line: Parameters<typeof fittedLines>[0], columns: number) => fittedLines(line, columns).map(plain);

describe('a line on a narrow terminal', () => {
  it('stays as it is while it fits', () => {
    const line = [{ text: '  fix  ' }, { text: 'mend it' }];
    expect(fittedLines(line, 14)).toEqual([line]);
    expect(fittedLines('', 60)).toEqual(['']);
  });

  it('that is a plain string is copied as it is: it may be a script', () => {
    expect(fittedLines('one two three', 5)).toEqual(['one two three']);
  });

  it('goes on below its text, behind its label', () => {
    expect(
      shown([{ text: '  fix    ', tone: 'strong' }, { text: 'the last lines are the program’s own words' }], 30),
    ).toEqual(['  fix    the last lines are', '         the program’s own', '         words']);
    expect(shown([{ text: '  one two three' }], 9)).toEqual(['  one two', '    three']);
  });

  it('keeps the looks of every part', () => {
    const [first, second] = fittedLines([{ text: 'a  ' }, { text: 'one two', tone: 'bad' }], 7);
    expect(first).toEqual([{ text: 'a' }, { text: '  ' }, { text: 'one', tone: 'bad' }]);
    expect(second).toEqual([{ text: '   ' }, { text: 'two', tone: 'bad' }]);
  });

  it('leaves a word alone that fits nowhere', () => {
    expect(shown([{ text: 'see https://console.example/a/very/long/address now' }], 12)).toEqual([
      'see',
      '  https://console.example/a/very/long/address',
      '  now',
    ]);
  });

  it('loses no word, and is only wider where one word is', () => {
    const word = fc.stringMatching(/^[a-z]{1,20}$/);
    const part = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => ({ text: `${words.join(' ')} ` }));
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 60, max: 100 }),
        (line, columns) => {
          const lines = fittedLines(line, columns);
          for (const one of lines) expect(widthOf(plain(one).trimEnd())).toBeLessThanOrEqual(columns);
          const words = (text: string) => text.split(/\s+/).filter((each) => each !== '');
          expect(lines.flatMap((one) => words(plain(one)))).toEqual(words(plain(line)));
        },
      ),
    );
  });

  it('is one line in a pipe, a file and in CI', () => {
    const line = 'word '.repeat(30).trim();
    for (const options of [{ isStdoutTty: false }, { isStdoutTty: true, isCi: true }]) {
      const terminal = recordedTerminal({ ...options, width: 60 });
      printReport(printerFor(terminal, { out: false, err: false }), { result: null, lines: [[{ text: line }]] });
      expect(terminal.stdout()).toBe(`${line}\n`);
    }
    const terminal = recordedTerminal({ isStdoutTty: true, width: 60 });
    printReport(printerFor(terminal, { out: false, err: false }), { result: null, lines: [[{ text: line }]] });
    expect(
      terminal
        .stdout()
        .split('\n')
        .every((one) => one.length <= 60),
    ).toBe(true);
  });
});

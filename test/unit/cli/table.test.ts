import { describe, expect, it } from 'vitest';
import { painter } from '../../../src/lib/cli/color.js';
import { type Column, type Row, tableLines, wrapWords } from '../../../src/lib/cli/table.js';

const columns: readonly Column[] = [
  { title: 'name', priority: 3, min: 4 },
  { title: 'image', priority: 1, min: 6, keeps: 'end' },
  { title: 'tasks', priority: 2 },
];
const row = (...texts: readonly string[]): Row => texts.map((text) => ({ text }));
const rows = [row('api', 'shop/api:v12', '2/2'), row('workers', 'shop/workers:v1', '1/2')];
const drawn = (width: number, of: readonly Row[] = rows): readonly string[] =>
  tableLines({ columns, rows: of, width }).map(painter('plain'));

describe('a table', () => {
  it('aligns its columns, and pads nothing behind the last cell', () => {
    expect(drawn(80)).toEqual([
      'name     image            tasks',
      'api      shop/api:v12     2/2',
      'workers  shop/workers:v1  1/2',
    ]);
  });

  it('cuts what may be cut before it leaves anything out, and keeps the end of an image: its tag', () => {
    expect(drawn(28)).toEqual([
      'name     image         tasks',
      'api      shop/api:v12  2/2',
      'workers  …/workers:v1  1/2',
    ]);
  });

  it('leaves out the least important column when it does not fit any more', () => {
    expect(drawn(16)).toEqual(['name     tasks', 'api      2/2', 'workers  1/2']);
    expect(drawn(11)).toEqual(['name  tasks', 'api   2/2', 'wor…  1/2']);
    expect(drawn(4)).toEqual(['name', 'api', 'wor…']);
  });

  it('has no column in which nothing is said', () => {
    expect(drawn(80, [row('api', '', '2/2')])).toEqual(['name  tasks', 'api   2/2']);
  });

  it('measures what is shown of hostile text, so that columns stay aligned', () => {
    const lines = drawn(80, [row('a\u001b[31m', 'x', '2/2'), row('b', 'x', '2/2')]);
    expect(lines[1]?.indexOf('2/2')).toBe(lines[2]?.indexOf('2/2'));
  });

  it('keeps the tone of its cells', () => {
    const cells: Row = [{ text: 'api', tone: 'bad' }, { text: '' }, { text: '2/2' }];
    expect(tableLines({ columns, rows: [cells], width: 80 })[1]).toContainEqual({ text: 'api', tone: 'bad' });
  });
});

describe('wrapping', () => {
  it.each([
    ['one two three', 7, ['one two', 'three']],
    ['one two three', 80, ['one two three']],
    ['a arn:aws:ecs:eu-west-1:123456789012:service b', 10, ['a', 'arn:aws:ecs:eu-west-1:123456789012:service', 'b']],
    ['', 10, []],
  ])('of %j at %i breaks between words only', (text, width, expected) => {
    expect(wrapWords(text, width)).toEqual(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { eventParts } from '../../../src/lib/aws/event-parts.js';

interface Event {
  readonly logStreamName: string;
  readonly message: string;
}

const bodyOf = (text: string) => ({ bytes: Buffer.from(text), release: () => undefined });
const all = (text: string): readonly Event[] => [...eventParts<Event>(bodyOf(text)).parts()].flat();

/** What could be taken for a boundary: braces, quotation marks and member names, also as the end or beginning of a line. */
const hostile = [
  '},{',
  '},{"',
  '"},{"a":1',
  '\\},{"x',
  '},{"logStreamName":"x"',
  '{"events":[{"a":1},{"b":2}]}',
  '',
  '"',
  '\\',
  '\u2028',
];

describe('a page taken apart', () => {
  it.each([0, 1, 2, 3, 5_000])('has its %d events, once and in order, in small parts', (count) => {
    const events = Array.from({ length: count }, (_, index) => ({
      logStreamName: `s${index}`,
      message: `${index} ${hostile[index % hostile.length]}${'x'.repeat(index % 200)}`,
    }));
    const text = JSON.stringify({ events, searchedLogStreams: [], nextToken: 'next' });
    expect(all(text)).toEqual(events);
    expect(eventParts(bodyOf(text)).nextToken).toBe('next');
    if (count === 5_000) expect([...eventParts(bodyOf(text)).parts()].length).toBeGreaterThan(3);
  });

  it('is found whatever comes before the list, and has no token at the end', () => {
    const events = [
      { message: '},{"', logStreamName: 'a' },
      { message: 'b', logStreamName: '},{"' },
    ];
    expect(all(JSON.stringify({ nextToken: 't', searchedLogStreams: [{ logStreamName: 'x' }], events }))).toEqual(
      events,
    );
    expect(eventParts(bodyOf(JSON.stringify({ events }))).nextToken).toBeUndefined();
    expect(all('{}')).toEqual([]);
    expect(all('{"events":[]}')).toEqual([]);
  });
});

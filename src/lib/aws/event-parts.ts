/**
 * The body of a FilterLogEvents answer, taken apart a piece at a time: ten thousand events as objects, or the whole body as
 * one string, would outlive a collection of young objects and fill the heap with what nobody needs any more.
 *
 * Where one event ends and the next begins is found in the bytes: `},{"` followed by a letter. Inside a JSON string every
 * quotation mark is escaped, so there `{"` can only be a string's end, and no letter follows that.
 */
import type { RawBody } from './raw-json.js';

const boundary = Buffer.from('},{"');
const opening = Buffer.from('"events":[');
const pieceBytes = 192 * 1024;

export interface EventParts<E> {
  readonly nextToken?: string;
  /** In order, each once; may be asked for once. */
  parts(): Generator<readonly E[], void>;
}

interface Body<E> {
  readonly events?: readonly E[];
  readonly nextToken?: string | null;
}

export const eventParts = <E>({ bytes, release }: RawBody): EventParts<E> => {
  const opened = bytes.indexOf(opening);
  const start = opened + opening.length;
  const last = opened < 0 ? -1 : lastBoundary(bytes, start);
  // What is around the list, with its last event in it: that has the token.
  const around = last < 0 ? bytes.toString() : bytes.toString('utf8', 0, start) + bytes.toString('utf8', last + 2);
  const rest = JSON.parse(around) as Body<E>;
  return {
    ...(rest.nextToken ? { nextToken: rest.nextToken } : {}),
    *parts() {
      try {
        if (last >= 0) yield* pieces<E>(bytes, { start, end: last + 1 });
        if (rest.events && rest.events.length > 0) yield rest.events;
      } finally {
        release();
      }
    },
  };
};

const isLetter = (code: number | undefined): boolean =>
  code !== undefined && ((code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a));

const lastBoundary = (bytes: Buffer, start: number): number => {
  let at = bytes.lastIndexOf(boundary);
  while (at >= start && !isLetter(bytes[at + boundary.length]))
    at = at === 0 ? -1 : bytes.lastIndexOf(boundary, at - 1);
  return at >= start ? at : -1;
};

const nextBoundary = (bytes: Buffer, from: number): number => {
  let at = bytes.indexOf(boundary, from);
  while (at >= 0 && !isLetter(bytes[at + boundary.length])) at = bytes.indexOf(boundary, at + 1);
  return at;
};

/** `end`: behind the brace of the last event but one. */
function* pieces<E>(
  bytes: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
): Generator<readonly E[], void> {
  for (let from = start; from < end; ) {
    const found = from + pieceBytes < end ? nextBoundary(bytes, from + pieceBytes) : -1;
    const to = found < 0 || found >= end ? end : found + 1;
    yield JSON.parse(`[${bytes.toString('utf8', from, to)}]`) as readonly E[];
    from = to + 1;
  }
}

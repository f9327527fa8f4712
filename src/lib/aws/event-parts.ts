/**
 * The body of a FilterLogEvents answer, taken apart a piece at a time: ten thousand events as objects would outlive a
 * collection of young objects and fill the heap with what nobody needs any more. Pure.
 *
 * Where one event ends and the next begins is found in the text: `},{"` followed by a letter. Inside a JSON string every
 * quotation mark is escaped, so there `{"` can only be a string's end, and no letter follows that.
 */
const boundary = /\},\{"(?=[A-Za-z])/g;
const piece = 192 * 1024;
const opening = '"events":[';

export interface EventParts<E> {
  readonly nextToken?: string;
  /** In order; each once. */
  parts(): Generator<readonly E[], void>;
}

interface Body<E> {
  readonly events?: readonly E[];
  readonly nextToken?: string | null;
}

export const eventParts = <E>(text: string): EventParts<E> => {
  const start = text.indexOf(opening) + opening.length;
  const last = start < opening.length ? -1 : lastBoundary(text, start);
  // What is around the list, with its last event in it: that has the token.
  const rest = JSON.parse(last < 0 ? text : text.slice(0, start) + text.slice(last + 2)) as Body<E>;
  return {
    ...(rest.nextToken ? { nextToken: rest.nextToken } : {}),
    *parts() {
      if (last >= 0) yield* pieces<E>(text, { start, end: last + 1 });
      if (rest.events && rest.events.length > 0) yield rest.events;
    },
  };
};

const lastBoundary = (text: string, start: number): number => {
  for (let at = text.lastIndexOf('},{"'); at >= start; at = text.lastIndexOf('},{"', at - 1))
    if (/[A-Za-z]/.test(text[at + 4] ?? '')) return at;
  return -1;
};

/** `end`: behind the brace of the last event but one. */
function* pieces<E>(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): Generator<readonly E[], void> {
  for (let from = start; from < end; ) {
    boundary.lastIndex = from + piece;
    const found = from + piece < end ? boundary.exec(text) : null;
    const to = found === null || found.index >= end ? end : found.index + 1;
    yield JSON.parse(`[${text.slice(from, to)}]`) as readonly E[];
    from = to + 1;
  }
}

/** Pages of a list sorted by key. The token names the last key of the page, so that additions between pages lose nothing. */
import { AwsError } from './service.js';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken?: string;
}

export interface PageOptions<T> {
  readonly limit: number;
  readonly token: string | undefined;
  readonly key: (item: T) => string;
  /** AWS's error for a token that it did not give out. */
  readonly invalid?: AwsError;
}

export const encodeToken = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export const decodeToken = <T>(token: string, invalid: AwsError): T => {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as T;
  } catch {
    throw invalid;
  }
};

/** `items` in the order in which they are shown; the page begins after the item that the token names. */
export const pageOf = <T>(items: readonly T[], options: PageOptions<T>): Page<T> => {
  const invalid = options.invalid ?? new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  let start = 0;
  if (options.token !== undefined) {
    const { after, at } = decodeToken<{ after?: string; at?: number }>(options.token, invalid);
    if (typeof after !== 'string' || typeof at !== 'number') throw invalid;
    const index = items.findIndex((item) => options.key(item) === after);
    // The item may have been deleted since: go on where it was.
    start = index < 0 ? Math.min(at, items.length) : index + 1;
  }
  const page = items.slice(start, start + options.limit);
  const last = page.at(-1);
  if (last === undefined || start + page.length >= items.length) return { items: page };
  return { items: page, nextToken: encodeToken({ after: options.key(last), at: start + page.length }) };
};

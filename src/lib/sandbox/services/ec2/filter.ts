/** EC2's filters: values with `*` and `?`, `tag:KEY`, `tag-key`; several values are alternatives, several filters all hold. */
import { AwsError } from '../../service.js';
import type { Tagged } from './store.js';

export interface Filter {
  readonly Name?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

/** What a filter of that name looks at; undefined: there is no such filter for this resource. */
export type FieldsOf<T> = Readonly<Record<string, (item: T) => readonly string[]>>;

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${[...pattern].map((letter) => (letter === '*' ? '.*' : letter === '?' ? '.' : letter.replace(/[.+^${}()|[\]\\]/, '\\$&'))).join('')}$`,
    's',
  );

const valuesOf = <T extends Tagged>(item: T, name: string, fields: FieldsOf<T>): readonly string[] => {
  if (name.startsWith('tag:')) return Object.hasOwn(item.tags, name.slice(4)) ? [item.tags[name.slice(4)] ?? ''] : [];
  if (name === 'tag-key') return Object.keys(item.tags);
  const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!read) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
  return read(item);
};

export const matchesFilters = <T extends Tagged>(
  item: T,
  { filters, fields }: { readonly filters: readonly Filter[] | undefined; readonly fields: FieldsOf<T> },
): boolean =>
  (filters ?? []).every((filter) => {
    const patterns = (filter.Values ?? []).map(wildcard);
    return valuesOf(item, filter.Name ?? '', fields).some((value) => patterns.some((pattern) => pattern.test(value)));
  });

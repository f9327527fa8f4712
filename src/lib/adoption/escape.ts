/**
 * Live text in our files. `${{` would be taken for a reference, and the template language has no escape for it; but it
 * never substitutes twice, so a variable that holds the dollar sign says exactly the live text. Pure.
 */
export const dollar = { name: 'DOLLAR', value: '$' } as const;

const reference = `\${{ vars.${dollar.name} }}`;

/** Every dollar of the text, because one left over before a reference would make a new opening. */
export const escaped = (text: string): string => (text.includes('${{') ? text.replaceAll('$', reference) : text);

export const usesDollar = (text: string): boolean => text.includes(reference);

/** Every text inside, keys left alone: they are never substituted. */
export const escapedDeep = (value: unknown): unknown => {
  if (typeof value === 'string') return escaped(value);
  if (Array.isArray(value)) return value.map(escapedDeep);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, escapedDeep(member)]));
};

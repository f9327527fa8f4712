/** Splits a header that carries a list; quoted items may contain commas. HTTP dates contain one, hence `commasPerItem`. */
export const splitHeaderList = (text: string, commasPerItem: 1 | 2): readonly string[] => {
  const pieces = text.match(/"(?:[^"\\]|\\.)*"|[^,"]+/g)?.map((piece) => piece.trim()) ?? [];
  const items = pieces.filter((piece) => piece !== '');
  if (commasPerItem === 2) return pairs(items);
  return items.map((item) => (item.startsWith('"') ? item.slice(1, -1).replace(/\\(.)/g, '$1') : item));
};

const pairs = (items: readonly string[]): readonly string[] =>
  items.flatMap((item, index) => (index % 2 === 0 ? [[item, items[index + 1]].filter(Boolean).join(', ')] : []));

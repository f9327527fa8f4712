/** A unified diff of two small texts, line by line, for showing what a file would lose. Pure. */

interface Edit {
  readonly kind: 'same' | 'removed' | 'added';
  readonly line: string;
}

const marks = { same: ' ', removed: '-', added: '+' } as const;
const context = 2;
// The table of the longest common subsequence is lines × lines.
const maxLines = 2_000;

const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n');

const edits = (before: readonly string[], after: readonly string[]): readonly Edit[] => {
  const width = after.length + 1;
  const longest = new Uint16Array((before.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      longest[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const result: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const removed = before[i];
    const added = after[j];
    if (removed !== undefined && removed === added) {
      result.push({ kind: 'same', line: removed });
      i += 1;
      j += 1;
    } else if (removed !== undefined && (added === undefined || at(i + 1, j) >= at(i, j + 1))) {
      result.push({ kind: 'removed', line: removed });
      i += 1;
    } else if (added !== undefined) {
      result.push({ kind: 'added', line: added });
      j += 1;
    }
  }
  return result;
};

/** Changed lines with two lines around them; `…` where lines are left out. Empty when the texts are equal. */
export const lineDiff = (before: string, after: string): readonly string[] => {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  if (old.length > maxLines || fresh.length > maxLines)
    return [`(${old.length} lines here, ${fresh.length} in the template)`];
  const all = edits(old, fresh);
  const isNear = (index: number): boolean =>
    all.slice(Math.max(0, index - context), index + context + 1).some(({ kind }) => kind !== 'same');
  const shown: string[] = [];
  let isGap = false;
  for (const [index, { kind, line }] of all.entries()) {
    if (isNear(index)) shown.push(`${marks[kind]} ${line}`);
    else if (!isGap) shown.push('…');
    isGap = !isNear(index);
  }
  return all.every(({ kind }) => kind === 'same') ? [] : shown;
};

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { timings } from '../../../src/lib/sandbox/timings.js';

describe('docs/sandbox-timings.md', () => {
  it('shows every time of the sandbox with its value and source', () => {
    const text = readFileSync(new URL('../../../docs/sandbox-timings.md', import.meta.url), 'utf8');
    const shown = text
      .split('\n')
      .filter((line) => line.startsWith('| `') && /\| (documented|fixtures|assumed) \|$/.test(line));
    const times = shown.filter((line) => /^\| `\w+` \| \d+ \|/.test(line));
    expect(times).toEqual(
      Object.entries(timings).map(
        ([name, { ms, note, source }]) => `| \`${name}\` | ${ms / 1_000} | ${note} | ${source} |`,
      ),
    );
  });
});

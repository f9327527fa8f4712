import { describe, expect, it } from 'vitest';
import { painter } from '../../../src/lib/cli/color.js';
import { tableLines } from '../../../src/lib/cli/table.js';
import { type ReleaseEntry, sessionOf } from '../../../src/lib/releases/list-releases.js';
import { releaseColumns, releaseRow } from '../../../src/lib/releases/release-rows.js';

const release = (number: number, change: Partial<ReleaseEntry> = {}): ReleaseEntry => ({
  service: 'api',
  release: number,
  taskDefinition: `arn:td:${number}`,
  image: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api@sha256:${'a'.repeat(64)}`,
  outcome: 'worked',
  isLive: false,
  registeredAt: '2026-11-23T12:00:00.000Z',
  deployedAt: '2026-11-23T12:04:00.000Z',
  seconds: 222,
  by: 'anna',
  ...change,
});

const rows = [
  release(9, {
    tag: 'f00ba12',
    commit: 'f00ba12',
    run: '01m8893w8hbbe6ps7cqz02swq4',
    by: 'github shop/api #42 by octocat',
  }),
  release(8, { isLive: true, tag: 'v1' }),
  release(7, { outcome: 'rolled-back' }),
];
const drawn = (width: number): readonly string[] =>
  tableLines({ columns: releaseColumns, rows: rows.map(releaseRow), width }).map(painter('plain'));

describe('the list of releases', () => {
  it('says on 120 columns who, when, how long, of which commit and how it went', () => {
    expect(drawn(120)).toEqual([
      'release  image             outcome      when              took    by                              commit   run',
      '9        f00ba12           worked       2026-11-23 12:04  3m 42s  github shop/api #42 by octocat  f00ba12  02swq4',
      '8 live   v1                worked       2026-11-23 12:04  3m 42s  anna',
      '7        api@aaaaaaaaaaaa  rolled-back  2026-11-23 12:04  3m 42s  anna',
    ]);
  });

  it('keeps on 60 columns the release, which one is live, its image, outcome, time and who it was', () => {
    const lines = drawn(58);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(58);
    expect(lines[0]).toMatch(/^release +image +outcome +when +by$/);
    expect(lines[2]).toMatch(/^8 live .* anna$/);
    expect(lines[3]).toContain('rolled-back');
  });
});

describe('who registered a release', () => {
  it.each([
    ['arn:aws:sts::123456789012:assumed-role/deployer/platform-anna', 'platform-anna'],
    ['arn:aws:iam::123456789012:user/ops/anna', 'anna'],
    ['arn:aws:iam::123456789012:root', 'root'],
    ['', undefined],
    [undefined, undefined],
  ])('%s is %s', (arn, name) => {
    expect(sessionOf(arn)).toBe(name);
  });
});

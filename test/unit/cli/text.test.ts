import { describe, expect, it } from 'vitest';
import { painter, widthOf } from '../../../src/lib/cli/color.js';
import { formatDuration, formatElapsed, parseDuration } from '../../../src/lib/cli/duration.js';
import { foreignLines, foreignText, notAWorkflowCommand } from '../../../src/lib/cli/foreign-text.js';
import { isCi, wantsColor } from '../../../src/lib/cli/terminal.js';
import { whereLine } from '../../../src/lib/cli/where-line.js';

describe('durations', () => {
  it.each([
    [0, '0.0 s'],
    [420, '0.4 s'],
    [9_999, '9.9 s'],
    [42_000, '42s'],
    [220_000, '3m 40s'],
    [300_000, '5m'],
    [7_500_000, '2h 5m'],
    [273_600_000, '3d 4h'],
    [-5, '0.0 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('shows AWS time with the real time in brackets only where they differ', () => {
    expect(formatElapsed(220_000, 60)).toBe('3m 40s (3.6 s here)');
    expect(formatElapsed(220_000, 1)).toBe('3m 40s');
    expect(formatElapsed(220_000, 0)).toBe('3m 40s');
  });

  it('parses what it documents and nothing else', () => {
    expect(parseDuration('15m')).toBe(900_000);
    expect(parseDuration('1h30m')).toBe(5_400_000);
    expect(parseDuration('500ms')).toBe(500);
    for (const wrong of ['', '5', 'm', '5 m', '-5m', '5d', '1.5h', '99999999999999999h']) {
      expect(parseDuration(wrong), wrong).toBeUndefined();
    }
  });
});

describe('foreign text', () => {
  it('shows control, escape and bidirectional characters instead of obeying them', () => {
    expect(foreignText('a\u001b[31mred\u001b[0m')).toBe('a^[[31mred^[[0m');
    expect(foreignText('\u001b]0;title\u0007')).toBe('^[]0;title^G');
    expect(foreignText('user\u202etxt.exe')).toBe('user<U+202E>txt.exe');
    expect(foreignText('a\u009b31m\u200bb')).toBe('a<U+009B>31m<U+200B>b');
    expect(foreignLines('one\r\ntwo')).toEqual(['one', 'two']);
  });

  it('leaves ordinary text in any language alone', () => {
    for (const text of ['plain', 'Grüße 東京 ✓', 'C:\\path', '50 % – ok']) expect(foreignText(text)).toBe(text);
  });

  it('never lets a line begin as a workflow command', () => {
    expect(notAWorkflowCommand('::error::fake')).not.toMatch(/^\s*::/);
    expect(notAWorkflowCommand('   ::set-output name=x::y')).not.toMatch(/^\s*::/);
    expect(notAWorkflowCommand('##[error]fake')).not.toMatch(/^##\[/);
    expect(notAWorkflowCommand('a :: b')).toBe('a :: b');
  });

  it('cannot be smuggled past the painter in a span', () => {
    const paint = painter('colour');
    const line = paint([{ text: 'x\u001b[2J', tone: 'bad' }]);
    expect(line).toBe('\u001b[31mx^[[2J\u001b[39m');
    expect(widthOf(line)).toBe(6);
    expect(painter('plain')([{ text: 'x', tone: 'good' }])).toBe('x');
  });
});

describe('the terminal', () => {
  it('is CI with CI set or a known provider, and not with CI=false', () => {
    expect(isCi({})).toBe(false);
    expect(isCi({ CI: 'true' })).toBe(true);
    expect(isCi({ CI: '1' })).toBe(true);
    expect(isCi({ CI: 'false', GITHUB_ACTIONS: 'true' })).toBe(false);
    expect(isCi({ GITHUB_ACTIONS: 'true' })).toBe(true);
  });

  it('has colour on a terminal unless NO_COLOR or TERM=dumb say no', () => {
    expect(wantsColor({}, true)).toBe(true);
    expect(wantsColor({}, false)).toBe(false);
    expect(wantsColor({ NO_COLOR: '1' }, true)).toBe(false);
    expect(wantsColor({ TERM: 'dumb' }, true)).toBe(false);
    expect(wantsColor({ FORCE_COLOR: '1' }, false)).toBe(true);
    expect(wantsColor({ FORCE_COLOR: '1', NO_COLOR: '1' }, true)).toBe(false);
  });
});

describe('the first line', () => {
  const target = { account: '123456789012', region: 'eu-west-1', project: 'shop', environment: 'staging' };
  const paint = painter('plain');

  it('says AWS with a shortened account and the region', () => {
    expect(paint(whereLine({ kind: 'aws' }, target))).toBe('AWS 1234…9012 eu-west-1 · shop/staging');
    const { project: _project, environment: _environment, ...where } = target;
    expect(paint(whereLine({ kind: 'aws' }, where))).toBe('AWS 1234…9012 eu-west-1');
  });

  it('says SANDBOX with its speed', () => {
    const place = { kind: 'sandbox', id: 'x', endpoint: 'http://127.0.0.1:1', speed: 60 } as const;
    expect(paint(whereLine(place, target))).toBe('SANDBOX 60× · shop/staging');
    expect(paint(whereLine({ ...place, speed: 0 }, target))).toBe('SANDBOX manual clock · shop/staging');
  });
});

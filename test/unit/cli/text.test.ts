import { describe, expect, it } from 'vitest';
import { painter, widthOf } from '../../../src/lib/cli/color.js';
import { formatDuration, formatElapsed, parseDuration } from '../../../src/lib/cli/duration.js';
import { foreignLines, foreignText, notAWorkflowCommand } from '../../../src/lib/cli/foreign-text.js';
import { isCi, wantsColor, wantsLinks } from '../../../src/lib/cli/terminal.js';
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

describe('links', () => {
  const url = 'https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/shop?region=eu-west-1';
  const line = [{ text: 'api', tone: 'strong', link: url }] as const;

  it('are written as OSC 8 around the text, and take no columns', () => {
    const painted = painter('plain', 'links')(line);
    expect(painted).toBe(`\u001b]8;;${url}\u001b\\api\u001b]8;;\u001b\\`);
    expect(widthOf(painted)).toBe(3);
    expect(widthOf(painter('colour', 'links')(line))).toBe(3);
  });

  it('are left out where the terminal has none', () => {
    expect(painter('plain')(line)).toBe('api');
    expect(painter('plain', 'no-links')(line)).toBe('api');
  });

  it.each([
    'https://evil.example/console.aws.amazon.com',
    'http://eu-west-1.console.aws.amazon.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    `${url}\u001b\\\u001b]0;title\u0007`,
  ])('lead nowhere but to the console: %j', (link) => {
    const painted = painter('plain', 'links')([{ text: 'x', link }]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that the painter writes.
    expect(painted.replaceAll(/\u001b\]8;;[^\u001b]*\u001b\\/g, '')).toBe('x');
    if (!link.startsWith(url)) expect(painted).toBe('x');
  });

  it('show foreign text as such', () => {
    expect(painter('plain', 'links')([{ text: 'a\u001b[2J', link: url }])).toContain('a^[[2J');
  });

  const tty = { isTty: true, isCi: false };
  it.each([
    [{ TERM_PROGRAM: 'iTerm.app' }, true],
    [{ TERM_PROGRAM: 'WezTerm' }, true],
    [{ TERM_PROGRAM: 'vscode' }, true],
    [{ TERM_PROGRAM: 'ghostty' }, true],
    [{ TERM_PROGRAM: 'Apple_Terminal' }, false],
    [{ VTE_VERSION: '6003' }, true],
    [{ VTE_VERSION: '5000' }, false],
    [{ VTE_VERSION: '4205' }, false],
    [{ KITTY_WINDOW_ID: '1' }, true],
    [{ WT_SESSION: 'a-b' }, true],
    [{ DOMTERM: 'x' }, true],
    [{ KONSOLE_VERSION: '210401' }, true],
    [{ KONSOLE_VERSION: '180000' }, false],
    [{ TERM: 'xterm-kitty' }, true],
    [{ TERM: 'xterm-256color' }, false],
    [{}, false],
    [{ TERM_PROGRAM: 'vscode', TERM: 'dumb' }, false],
    [{ TERM_PROGRAM: 'vscode', NO_COLOR: '1' }, true],
    [{ TERM_PROGRAM: 'vscode', FORCE_HYPERLINK: '0' }, false],
    [{ TERM_PROGRAM: 'vscode', STY: '1.pts' }, false],
    [{ FORCE_HYPERLINK: '1' }, true],
  ])('with %j on a terminal: %s', (env, expected) => {
    expect(wantsLinks(env, tty)).toBe(expected);
  });

  it('need a terminal outside CI, unless they are forced', () => {
    const env = { TERM_PROGRAM: 'vscode' };
    expect(wantsLinks(env, { isTty: false, isCi: false })).toBe(false);
    expect(wantsLinks(env, { isTty: true, isCi: true })).toBe(false);
    expect(wantsLinks({ ...env, FORCE_HYPERLINK: '1' }, { isTty: false, isCi: true })).toBe(true);
    expect(wantsLinks({ ...env, FORCE_HYPERLINK: '1', TERM: 'dumb' }, tty)).toBe(false);
  });
});

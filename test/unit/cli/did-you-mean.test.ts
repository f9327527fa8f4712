import { describe, expect, it } from 'vitest';
import { findCommand } from '../../../src/lib/cli/find-command.js';
import { presentError } from '../../../src/lib/cli/present-error.js';
import { rootHelp } from '../../../src/lib/cli/root-help.js';
import { wrapped } from '../../../src/lib/cli/wrap.js';

/** What oclif throws for a flag that a command does not have. */
const nonexistent = (...flags: readonly string[]) =>
  Object.assign(new Error(`Nonexistent flag: ${flags.join(', ')}\nSee more help with --help`), {
    oclif: { exit: 2 },
    flags,
    parse: { input: { flags: { tag: {}, 'on-timeout': {}, secret: { hidden: true } } } },
  });

describe('did you mean', () => {
  it.each([
    [['--tga'], ['did you mean --tag?', 'platform deploy --help']],
    [['--on-timout=leave'], ['did you mean --on-timeout?', 'platform deploy --help']],
    [['--secrt'], ['platform deploy --help']],
    [['--nothing-like-it'], ['platform deploy --help']],
    [
      ['--tga', '--ontimeout'],
      ['did you mean --tag?', 'did you mean --on-timeout?', 'platform deploy --help'],
    ],
  ])('for the flags %j', async (flags, hints) => {
    const presented = await presentError(nonexistent(...flags), { command: 'deploy' });
    expect(presented).toMatchObject({ code: 'E_USAGE', exitCode: 2, hints });
  });

  const ids = ['deploy', 'runs:list', 'runs:show', 'sandbox:start', 'sandbox:fault:add', 'sandbox:fault:clear', 'help'];
  it.each([
    [['depoly'], 'deploy'],
    [['runs', 'lst'], 'runs list'],
    [['rusn'], 'runs'],
    [['sandbox', 'falt', 'add'], 'sandbox fault add'],
    [['sandbox', 'fault', 'claer'], 'sandbox fault clear'],
    [['sandbx', 'start'], 'sandbox start'],
    [['entirely', 'different'], undefined],
  ])('for the command %j', (argv, suggestion) => {
    expect(findCommand(argv, ids)).toMatchObject({
      kind: 'unknown',
      ...(suggestion === undefined ? {} : { suggestion }),
    });
    if (suggestion === undefined) expect(findCommand(argv, ids)).not.toHaveProperty('suggestion');
  });
});

describe('the overview', () => {
  const summary = 'A summary that is rather long and says much more than anybody needs to know here';
  const names =
    'deploy rollback promote abort attach approvals status diagnose logs releases diff open build restart scale exec run tunnel env secrets migrate runbook runs lock cost slo dashboard init adopt config doctor bootstrap infra sandbox completion help';
  const text = rootHelp({ version: '1.0.0', entries: names.split(' ').map((name) => ({ name, summary })) });

  it('has every command that will ever be, in its group, in at most 24 lines', () => {
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    for (const name of names.split(' ')) expect(text).toMatch(new RegExp(`(^| )${name}( |$)`, 'm'));
    const setUp = text.slice(text.indexOf('Set up'));
    for (const name of ['init', 'adopt', 'completion', 'help']) expect(setUp).toContain(` ${name}`);
    const daily = text.slice(text.indexOf('Daily'), text.indexOf('Operate'));
    for (const name of ['logs', 'diff', 'open']) expect(daily).toMatch(new RegExp(` ${name}( |$)`, 'm'));
  });

  it('keeps names whole on a terminal of 60 columns', () => {
    for (const line of text.split('\n').filter((one) => !one.includes(summary.slice(0, 20)))) {
      if (!line.startsWith('platform 1.0.0')) expect(line.length).toBeLessThanOrEqual(60);
    }
  });
});

describe('our own prose', () => {
  it('breaks between words', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapped('extraordinarily long', 5)).toEqual(['extraordinarily', 'long']);
    expect(wrapped('', 5)).toEqual(['']);
  });
});

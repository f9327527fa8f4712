import { describe, expect, it } from 'vitest';
import { findCommand } from '../../../src/lib/cli/find-command.js';

const ids = ['deploy', 'help', 'help:exit-codes', 'runs:list', 'runs:show', 'status', 'rollback'];
const find = (line: string) => findCommand(line === '' ? [] : line.split(' '), ids);

describe('finding the command', () => {
  it.each([
    ['deploy', 'deploy', []],
    ['deploy api web --yes', 'deploy', ['api', 'web', '--yes']],
    ['runs list --json', 'runs:list', ['--json']],
    ['runs show 7f3k', 'runs:show', ['7f3k']],
    ['help exit-codes', 'help:exit-codes', []],
    ['help runs list', 'help', ['runs', 'list']],
  ])('`%s` is %s', (line, id, argv) => {
    expect(find(line)).toEqual({ kind: 'command', id, argv, wantsHelp: false });
  });

  it('takes --help and -h anywhere before --', () => {
    expect(find('deploy api -h')).toMatchObject({ kind: 'command', id: 'deploy', argv: ['api'], wantsHelp: true });
    expect(find('deploy -- --help')).toMatchObject({ kind: 'command', argv: ['--', '--help'], wantsHelp: false });
    expect(find('runs --help')).toEqual({ kind: 'topic', topic: 'runs', wantsHelp: true });
    expect(find('--help')).toEqual({ kind: 'root-help' });
  });

  it('knows a topic without its sub-command from an unknown command', () => {
    expect(find('runs')).toEqual({ kind: 'topic', topic: 'runs', wantsHelp: false });
    expect(find('runs lst')).toMatchObject({ kind: 'unknown', words: 'runs lst', suggestion: 'runs list' });
    expect(find('rolback')).toMatchObject({ kind: 'unknown', suggestion: 'rollback' });
    expect(find('zzzzzzzz')).toEqual({ kind: 'unknown', words: 'zzzzzzzz' });
  });

  it('shows the overview without words, also with --json alone', () => {
    expect(find('')).toEqual({ kind: 'root' });
    expect(find('--json')).toEqual({ kind: 'root' });
    expect(find('--version')).toEqual({ kind: 'version' });
  });

  it('says that flags go behind the command', () => {
    expect(find('--sandbox deploy')).toEqual({ kind: 'flag-first', flag: '--sandbox' });
  });
});

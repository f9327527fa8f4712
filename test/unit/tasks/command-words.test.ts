import { describe, expect, it } from 'vitest';
import { isPlatformError, type PlatformError } from '../../../src/lib/errors/platform-error.js';
import { clientTokenOf } from '../../../src/lib/runtimes/ecs/actions/run-task.js';
import { parseCommand, parseVariables, shellText } from '../../../src/lib/tasks/command-words.js';
import { startedByOf } from '../../../src/lib/tasks/plan-run.js';

const refused = (work: () => unknown): PlatformError => {
  try {
    work();
  } catch (error) {
    if (isPlatformError(error)) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('the words of a command', () => {
  it('are taken as they are, flags and empty words too', () => {
    const words = ['api', 'sh', '-c', 'echo "$HOME" && exit 3', '--json', ''];
    expect(parseCommand(words)).toEqual({ service: 'api', command: words.slice(1) });
  });

  it.each([
    [['psql', 'postgres://shop:correct-horse@db/shop'], 2],
    [['curl', '-H', 'Authorization: Bearer abcdefgh12345678'], 3],
    [['node', 'sync.js', '--api-key', 'k3yk3yk3y'], 4],
    [['node', 'sync.js', '--password=correct-horse'], 3],
    [['env', 'DB_PASSWORD=correct-horse', 'node', 'sync.js'], 2],
    [['aws', 'configure', 'AKIAIOSFODNN7EXAMPLE'], 3],
  ])('%j look like a secret at word %i, which is named and not repeated', (command, word) => {
    const error = refused(() => parseCommand(['api', ...command]));
    expect(error).toMatchObject({ code: 'E_POLICY', details: { word } });
    expect(`${error.message}${error.hints.join()}`).not.toContain(command[word - 1]);
    expect(error.hints.join()).toContain('services.api.secrets');
  });

  it.each([
    [['node', 'migrate.js', '--token-file', '/run/token']],
    [['bundle', 'exec', 'rake', 'db:migrate', 'VERSION=20261125']],
    [['node', 'rotate.js', '--password', '--dry-run']],
    [['php', 'artisan', 'queue:work', '--timeout=60']],
  ])('%j are no secrets', (command) => {
    expect(parseCommand(['api', ...command]).command).toEqual(command);
  });
});

describe('variables', () => {
  const rules = { service: 'api', secrets: ['DATABASE_URL'] };

  it('are split at the first =', () => {
    expect(parseVariables(['A=b=c', 'EMPTY='], rules)).toEqual({ A: 'b=c', EMPTY: '' });
  });

  it.each(['DATABASE_URL=x', 'API_TOKEN=abcdef', 'URL=https://u:passw0rd@host'])('%s is refused', (word) => {
    expect(refused(() => parseVariables([word], rules)).code).toBe('E_POLICY');
  });

  it.each(['NAME', '=x', '1A=x', 'A-B=x'])('%s is no variable', (word) => {
    expect(refused(() => parseVariables([word], rules)).code).toBe('E_USAGE');
  });
});

describe('what ECS knows the task by', () => {
  it('fits its limits, and is the same for the same attempt only', () => {
    expect(startedByOf('01m844f9fre196ntf1re4z3w8s')).toHaveLength(35);
    expect(clientTokenOf('run/step/1')).toMatch(/^[0-9a-f]{64}$/);
    expect(clientTokenOf('run/step/1')).toBe(clientTokenOf('run/step/1'));
    expect(clientTokenOf('run/step/1')).not.toBe(clientTokenOf('run/step/2'));
  });
});

describe('a command to be pasted', () => {
  it.each([
    [['node', 'migrate.js'], 'node migrate.js'],
    [['sh', '-c', 'exit 3'], "sh -c 'exit 3'"],
    [['echo', "it's"], "echo 'it'\\''s'"],
    [['echo', ''], "echo ''"],
    [['echo', '$(rm -rf /)'], "echo '$(rm -rf /)'"],
  ])('%j', (words, text) => {
    expect(shellText(words)).toBe(text);
  });
});

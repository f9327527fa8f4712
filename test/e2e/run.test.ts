/** One-off commands that really run: `sandbox start --exec` starts them as processes of this machine. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { follow } from '../helpers/e2e-following.js';
import { type Operator, type Shop, startShop } from '../helpers/e2e-shop.js';
import { documentOf } from '../helpers/run-cli.js';

let shop: Shop;
let operator: Operator;

const program = `
const [lines, code] = process.argv.slice(2).map(Number);
for (let line = 1; line <= lines; line += 1) console.log('line ' + line);
process.exitCode = code;
`;

beforeAll(async () => {
  shop = await startShop({ flags: ['--exec'] });
  operator = shop.operator();
  writeFileSync(join(shop.project, 'api', 'lines.js'), program);
  writeFileSync(join(shop.project, 'api', 'forever.js'), "console.log('begun'); setInterval(() => undefined, 1000);");
});

afterAll(async () => {
  await shop?.stop();
  operator?.remove();
});

const run = (...words: readonly string[]) => operator.platform(['run', 'api', ...words], { timeoutMs: 120_000 });

describe('a command that really runs', () => {
  it('gives its output to stdout, all of it and in order, and 0 to the shell', async () => {
    const { exitCode, stdout, stderr } = await run('--', 'node', 'lines.js', '10000', '0');
    expect(exitCode, stderr).toBe(0);
    expect(stdout.split('\n').filter((line) => line !== '')).toEqual(
      Array.from({ length: 10_000 }, (_, index) => `line ${index + 1}`),
    );
    expect(stderr).toContain('exit code 0');
  });

  it('gives its exit code to the shell, and one document to a script', async () => {
    const { exitCode, stdout } = await run('--json', '--', 'node', 'lines.js', '60', '3');
    expect(exitCode).toBe(3);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ ok: false, exitCode: 3, error: { code: 'E_COMMAND_FAILED' } });
    expect(document.result).toMatchObject({ exitCode: 3, outcome: 'failed' });
    expect(document.result.logs.map(({ message }: { message: string }) => message)).toEqual(
      Array.from({ length: 50 }, (_, index) => `line ${index + 11}`),
    );
  });

  it('takes flags after -- for its own, and streams events', async () => {
    const { exitCode, stdout } = await run('--output', 'ndjson', '--', 'node', 'lines.js', '1', '0', '--json');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(exitCode).toBe(0);
    expect(events.filter(({ event }) => event === 'log')).toMatchObject([
      { service: 'api', message: 'line 1', fields: null },
    ]);
    expect(events.at(-1)).toMatchObject({ schema: 'platform.run/1', ok: true });
    expect(JSON.stringify(events.filter(({ event }) => event === 'progress'))).not.toContain('"lines"');
  });

  it('goes on after Ctrl-C; a second process follows it, and an undo stops it', async () => {
    const since = await shop.newest();
    const first = follow(operator, ['run', 'api', '--', 'node', 'forever.js']);
    await first.sees(/begun/);
    first.signal('SIGINT');
    const left = await first.ended;
    expect(left.exitCode).toBe(130);
    const runId = /platform runs undo (\w+)/.exec(left.stderr)?.[1] ?? '';
    const second = follow(operator, ['runs', 'resume', runId]);
    await second.sees(/begun/);
    second.signal('SIGTERM');
    expect((await second.ended).exitCode).toBe(143);
    const undone = await operator.platform(['runs', 'undo', runId, '--yes', '--json']);
    expect(documentOf(undone)).toMatchObject({ ok: true, exitCode: 0 });
    expect((await shop.changes(since)).map(({ operation }) => operation)).toEqual(['RunTask', 'StopTask']);
  });

  it('--detach leaves with 0 at once; resume brings log and exit code', async () => {
    const left = await run('--detach', '--json', '--', 'node', 'lines.js', '2', '4');
    const document = documentOf(left);
    expect(left.exitCode, left.stderr).toBe(0);
    expect(document).toMatchObject({ ok: true, result: { outcome: 'paused', exitCode: null } });
    expect(document.result.task).toContain(':task/');
    const resumed = await operator.platform(['runs', 'resume', document.runId]);
    expect(resumed).toMatchObject({ exitCode: 4, stdout: 'line 1\nline 2\n' });
  });
});

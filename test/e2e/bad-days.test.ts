/**
 * One in ten of the bad days (test/integration/bad-days) through the built program: what only a process of its own can
 * show. A hanging sandbox, a taken port, a full and a read-only disk, a reader that goes away, credentials that are not
 * there, and a container that speaks out a secret and bytes that are no text.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskTrouble, onDisk } from '../helpers/crash-disk.js';
import { type Operator, type Shop, startShop } from '../helpers/e2e-shop.js';
import { type CliResult, cliHome, documentOf, runCli } from '../helpers/run-cli.js';
import { problemsOf } from '../integration/bad-days/promises.js';

let shop: Shop;
let operator: Operator;
beforeAll(async () => {
  shop = await startShop();
  operator = shop.operator();
});
afterAll(async () => {
  operator.remove();
  await shop.stop();
});

const held = (result: CliResult, id: string, mode: 'text' | 'json' = 'json'): readonly string[] =>
  problemsOf({ exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr, calls: 0 }, { id, mode });

describe('the built program', () => {
  it('gives a sandbox that hangs three seconds and says so', async () => {
    process.kill(shop.pid, 'SIGSTOP');
    try {
      const results = await Promise.all([
        operator.platform(['status', '--json']),
        operator.platform(['sandbox', 'status', '--json']),
      ]);
      expect(results.map(({ exitCode }) => exitCode)).toEqual([13, 0]);
      expect(documentOf(results[0]).error).toMatchObject({ code: 'E_UNREACHABLE', hints: ['platform sandbox start'] });
      expect(documentOf(results[1]).result.sandboxes).toMatchObject([{ answering: false }]);
      expect(held(results[0], 'status')).toEqual([]);
    } finally {
      process.kill(shop.pid, 'SIGCONT');
    }
  });

  it('names a port that is taken and leaves no process behind', async () => {
    const home = cliHome();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const result = await runCli(['sandbox', 'start', '--port', String(port), '--json'], { env: home.env });
    expect(documentOf(result)).toMatchObject({ exitCode: 13, error: { message: `port ${port} is in use` } });
    expect(held(result, 'sandbox:start')).toEqual([]);
    const after = await runCli(['sandbox', 'status', '--json'], { env: home.env });
    expect(documentOf(after).result.sandboxes).toEqual([]);
    taken.close();
    home.remove();
  });

  it('says which credentials it missed, without any on this machine', async () => {
    const home = cliHome();
    const result = await runCli(['status', '--json', '--config', join(shop.project, 'platform.yaml')], {
      env: home.env,
    });
    expect(documentOf(result)).toMatchObject({ exitCode: 4, error: { code: 'E_CREDENTIALS' } });
    expect(held(result, 'status')).toEqual([]);
    home.remove();
  });

  it('ends quietly when its reader goes away in the middle of a long answer', async () => {
    const result = await operator.platform(['sandbox', 'timeline', '--json'], {
      onStart: (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
    });
    expect([result.exitCode, result.stderr]).toEqual([0, '']);
  });
});

const trouble = diskTrouble();

describe.skipIf(trouble !== undefined)(`on a disk of its own${trouble ? ` (${trouble})` : ''}`, () => {
  it('init says that there is no room, or that it may not write, and what it wrote is whole', () => {
    const folder = '"$STATE/here"';
    const disk = { operator, project: shop.project, size: '64k' };
    const state = (name: string) => join(operator.state, '..', 'disk', name);
    const full = onDisk(disk, [
      {
        name: 'full',
        argv: ['init', '--yes', '--dir', state('here'), '--json'],
        before: `mkdir -p ${folder}; dd if=/dev/zero of="$STATE/fill" 2>/dev/null`,
      },
    ]).get('full');
    const readOnly = onDisk({ ...disk, size: '1m' }, [
      { name: 'ro', argv: ['init', '--yes', '--dir', state('here'), '--json'], before: 'mount -o remount,ro "$STATE"' },
    ]).get('ro');
    for (const [answer, word] of [
      [full, /no space|disk is full|ENOSPC/i],
      [readOnly, /read-only|EROFS/i],
    ] as const) {
      const document = JSON.parse(answer?.stdout ?? '');
      expect(document.ok, answer?.stdout).toBe(false);
      expect(document.error.message).toMatch(word);
      expect(document.error.code, answer?.stdout).not.toBe('E_BUG');
      expect(document.error.hints.length).toBeGreaterThan(0);
      expect([document.exitCode, answer?.exitCode]).toEqual([6, 6]);
      expect(answer?.stderr).not.toMatch(/\n\s+at /);
    }
  });
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: looks for what must not be there.
const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

describe('a container that speaks out secrets and bytes that are no text', () => {
  const planted = ['Pl4nted-url-Passw0rd', 'Pl4ntedBearer0123456789abcdef', 'AKIAPLANTED123456789'];
  const [password = '', bearer = '', key = ''] = planted;
  const folder = mkdtempSync(join(tmpdir(), 'platform-spoken-'));
  const home = cliHome({ PLATFORM_SANDBOX: '1', DATABASE_URL: `postgres://shop:${password}@db/shop` });
  const cli = (line: string) => runCli(line.split(' '), { env: home.env, cwd: folder, timeoutMs: 120_000 });
  afterAll(async () => {
    await cli('sandbox stop --all');
    home.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const program = `
    process.stdout.write(Buffer.from([0xff, 0xfe, 0x1b, 0x5b, 0x32, 0x4a, 0xc2, 0x9b, 0x0a]));
    console.log('\\u001b]0;title\\u0007::error::owned');
    console.log('connecting to postgres://shop:${password}@db:5432/shop');
    console.error('Authorization: Bearer ${bearer} with ${key}');
    setTimeout(() => process.exit(3), 200);`;

  const filesIn = (root: string): readonly string[] =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  /** Command lines of every process of ours that runs now. */
  const commandLines = (): string =>
    process.platform !== 'linux'
      ? ''
      : readdirSync('/proc')
          .filter((name) => /^\d+$/.test(name))
          .map((pid) => {
            try {
              return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
            } catch {
              return '';
            }
          })
          .filter((line) => line.includes('run.js') || line.includes('daemon.js'))
          .join('\n');

  it('is told of without them: on no terminal, in no file, in no list of processes', async () => {
    expect(await cli('init --yes')).toMatchObject({ exitCode: 0 });
    const definition = JSON.parse(readFileSync(join(folder, 'task-definitions', 'api.json'), 'utf8')) as {
      containerDefinitions: Record<string, unknown>[];
    };
    mkdirSync(join(folder, 'api'), { recursive: true });
    writeFileSync(join(folder, 'api', 'speak.cjs'), program);
    Object.assign(definition.containerDefinitions[0] ?? {}, { command: ['node', 'speak.cjs'] });
    expect(await cli('sandbox start --speed 60 --exec --json')).toMatchObject({ exitCode: 0 });
    writeFileSync(join(folder, 'task-definitions', 'api.json'), JSON.stringify(definition));
    let processes = '';
    const failed = await runCli(['deploy', 'api', '--tag', 'v2', '--json'], {
      env: home.env,
      cwd: folder,
      timeoutMs: 120_000,
      onStart: (child) => {
        const timer = setInterval(() => {
          processes += commandLines();
        }, 500);
        child.once('close', () => clearInterval(timer));
      },
    });
    const { runId } = documentOf(failed);
    expect([6, 7], failed.stdout).toContain(failed.exitCode);
    const shown = await cli(`runs show ${runId}`);
    const logs = await cli('logs tail api --since 1h');
    const texts = [
      { where: 'deploy', text: `${failed.stdout}${failed.stderr}` },
      { where: 'runs show', text: `${shown.stdout}${shown.stderr}` },
      { where: 'processes', text: processes },
      ...filesIn(join(home.home, 'state'))
        .filter((file) => !file.includes('sandbox-logs'))
        .map((where) => ({ where, text: readFileSync(where, 'latin1') })),
    ];
    const forms = planted.flatMap((secret) => [secret, Buffer.from(secret).toString('base64').slice(0, -4)]);
    const found = texts.flatMap(({ where, text }) =>
      forms.filter((form) => text.includes(form)).map((form) => `${form} in ${where}`),
    );
    expect(found).toEqual([]);
    expect(shown.stdout).toContain('redacted');
    expect(processes).toContain('daemon.js');
    // The log itself is what people asked to see: whole, but made visible.
    expect(logs.stdout).toContain(password);
    for (const { stdout, stderr } of [failed, shown, logs]) expect(`${stdout}${stderr}`).not.toMatch(raw);
  });
});

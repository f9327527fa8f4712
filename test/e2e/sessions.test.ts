/** `exec` and `tunnel` as built, through AWS's own session-manager-plugin, into containers that are processes here. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { binary, type CliOptions, cliHome, documentOf, runCli } from '../helpers/run-cli.js';
import { sessionPluginOrSkip } from '../helpers/session-plugin.js';

const run = promisify(execFile);
const home = cliHome({ PLATFORM_SANDBOX: '1' });
const project = join(home.home, 'shop');
let plugin = '';
let echo: Server;

/** Sends back what it gets. */
const startEcho = async (): Promise<Server> => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const cli = (argv: readonly string[], options: Partial<CliOptions> = {}) =>
  runCli(argv, { cwd: project, env: { ...home.env, PATH: `${plugin}:${home.env['PATH']}` }, ...options });

const edit = (file: string, change: (text: string) => string): void => {
  const path = join(project, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
};

beforeAll(async () => {
  echo = await startEcho();
  mkdirSync(project);
  const plain = { cwd: project, env: home.env };
  expect(await runCli(['init', '--runtime', 'ecs', '--yes'], plain)).toMatchObject({ exitCode: 0 });
  edit('task-definitions/api.json', (text) =>
    text.replace(
      '"executionRoleArn"',
      '"taskRoleArn": "arn:aws:iam::${{ account }}:role/shop-task",\n  "executionRoleArn"',
    ),
  );
  edit('platform.yaml', (text) =>
    text.replace(
      'environments:\n  staging:\n',
      [
        'environments:',
        '  staging:',
        '    dataStores:',
        `      db: { kind: postgres, identifier: shop-db, endpoint: "db.shop.internal:${portOf(echo)}" }`,
        '      url: { kind: postgres, identifier: shop-db, endpoint: "ssm:/shop/staging/DATABASE_URL" }',
        '      away: { kind: redis, identifier: shop-cache, endpoint: "127.0.0.1:1" }',
        '      unknown: { kind: mysql, identifier: shop-old }',
        '',
      ].join('\n'),
    ),
  );
  const start = ['sandbox', 'start', '--exec', '--speed', '60', '--traffic', '0'];
  expect(await runCli(start, plain)).toMatchObject({ exitCode: 0 });
});

afterAll(async () => {
  await runCli(['sandbox', 'stop', '--all'], { env: home.env });
  echo.close();
  home.remove();
});

beforeEach(async (context) => {
  plugin = await sessionPluginOrSkip(context.skip);
});

/** Processes of this machine, by what is in their arguments; of the sandbox at work here only. */
const processes = (pattern: RegExp): readonly { readonly pid: number; readonly argv: string }[] =>
  readdirSync('/proc').flatMap((name) => {
    try {
      const argv = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') : '';
      return pattern.test(argv) ? [{ pid: Number(name), argv }] : [];
    } catch {
      return [];
    }
  });

const until = async <T>(look: () => T | undefined | Promise<T | undefined>, limitMs = 60_000): Promise<T> => {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(50)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`nothing within ${limitMs} ms`);
};

const endpoint = (): string => {
  const folder = join(home.home, 'state', 'platform', 'sandboxes');
  const file = readdirSync(folder).find((name) => name.endsWith('.json')) ?? '';
  return JSON.parse(readFileSync(join(folder, file), 'utf8')).endpoint;
};
const plugins = () => processes(new RegExp(`session-manager-plugin .*${endpoint()}`));

describe('platform exec', () => {
  it.each([
    { words: ['printenv', 'LOG_LEVEL'], exitCode: 0, stdout: 'debug\n' },
    { words: ['sh', '-c', 'printf "no newline"; exit 1'], exitCode: 1, stdout: 'no newline' },
    { words: ['sh', '-c', 'echo out; echo err >&2; exit 42'], exitCode: 42, stdout: 'out\nerr\n' },
    { words: ['no-such-program'], exitCode: 127, stdout: expect.stringContaining('no-such-program') },
    {
      words: ['printf', '[%s]', "it's", 'a "b"  c', '$HOME `x` $(y) ;&|', 'line\nbreak', '', '*', '--json', '-h'],
      exitCode: 0,
      stdout: `[it's][a "b"  c][$HOME \`x\` $(y) ;&|][line\nbreak][][*][--json][-h]`,
    },
    { words: ['sh', '-c', 'printf "crlf\\r\\nkept\\r\\n"; cat'], exitCode: 0, stdout: 'crlf\r\nkept\r\n' },
  ])('ends like $words ended: $exitCode', async ({ words, exitCode, stdout }) => {
    const result = await cli(['exec', 'api', '--', ...words], { stdin: 'not for the command' });
    expect(result).toMatchObject({ exitCode, stdout });
    expect(result.stderr).not.toMatch(/SessionId|:begin|:end/);
  });

  it('brings 1 MB whole, and into one document at most that', async () => {
    const words = ['node', '-e', "process.stdout.write(('x'.repeat(99) + '\\n').repeat(12000))"];
    const { exitCode, stdout } = await cli(['exec', 'api', '--', ...words]);
    expect(exitCode).toBe(0);
    expect(stdout === `${'x'.repeat(99)}\n`.repeat(12_000)).toBe(true);
    const { result, ok } = documentOf(await cli(['exec', 'api', '--json', '--', ...words]));
    expect(ok).toBe(true);
    expect(result).toMatchObject({ service: 'api', container: 'api', exitCode: 0, truncated: true });
    expect(result.stdout.length).toBe(1_000_000);
    const failed = documentOf(await cli(['exec', 'api', '--json', '--', 'sh', '-c', 'echo no; exit 9']));
    expect(failed).toMatchObject({ ok: false, exitCode: 9, result: { stdout: 'no\n', exitCode: 9 } });
    expect(failed.error.code).toBe('E_COMMAND_FAILED');
  });

  it('hands Ctrl-C on, keeps the token out of every argument, and leaves nothing behind', async () => {
    let child: ChildProcess | undefined;
    const running = cli(['exec', 'api', '--', 'sleep', '4321'], {
      onStart: (started) => {
        child = started;
      },
    });
    const [at] = await until(() => (plugins().length > 0 ? plugins() : undefined));
    const environ = readFileSync(`/proc/${at?.pid}/environ`, 'utf8');
    const token = /"TokenValue":"([^"]+)"/.exec(environ)?.[1] ?? '';
    expect(token.length).toBeGreaterThan(40);
    await until(() => (processes(/^sleep 4321/).length > 0 ? true : undefined));
    expect(processes(new RegExp(token))).toEqual([]);
    child?.kill('SIGINT');
    expect(await running).toMatchObject({ exitCode: 130 });
    expect(plugins()).toEqual([]);
    await until(() => (processes(/^sleep 4321/).length === 0 ? true : undefined));
    for (const file of readdirSync(join(home.home, 'state'), { recursive: true, withFileTypes: true }))
      if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain(token);
  });

  it('ends the session when it is told to end', async () => {
    const running = cli(['exec', 'api', '--', 'sleep', '4322'], {
      onStart: (child) => void until(() => processes(/^sleep 4322/)[0]).then(() => child.kill('SIGTERM')),
    });
    expect(await running).toMatchObject({ exitCode: 143 });
    await until(() => (processes(/^sleep 4322/).length === 0 ? true : undefined));
    expect(plugins()).toEqual([]);
  });

  it('asks for the name of a protected environment, and notes who did what without the words', async () => {
    const words = ['--', 'sh', '-c', 'echo hunter2'];
    const refused = await cli(['exec', 'api', '-e', 'production', ...words]);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain('--confirm production');
    expect(await cli(['exec', 'api', '-e', 'production', '--confirm', 'production', ...words])).toMatchObject({
      exitCode: 0,
      stdout: 'hunter2\n',
    });
    const state = join(home.home, 'state', 'platform');
    const place = readdirSync(state).find((name) => name.startsWith('sandbox-sbx-')) ?? '';
    const file = join(state, place, 'us-east-1', 'shop', 'production', 'audit.jsonl');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('hunter2');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { event: 'began', kind: 'exec', program: 'sh', words: 3, consent: '--confirm' },
      { event: 'ended', exitCode: 0 },
    ]);
    expect(await cli(['runs', 'list', '--json'])).toMatchObject({ exitCode: 0 });
  });

  it('says what is missing: the plugin, ECS Exec, a terminal', async () => {
    const without = await cli(['exec', 'api', '--json', '--', 'true'], {
      env: { ...home.env, PATH: mkdtempSync(join(home.home, 'empty-')) },
    });
    expect(without.exitCode).toBe(5);
    expect(documentOf(without).error).toMatchObject({
      code: 'E_NOT_FOUND',
      details: { tool: 'session-manager-plugin' },
    });
    expect(documentOf(without).error.hints.join()).toContain('session-manager-downloads');
    const off = await cli(['exec', 'workers', '--', 'true']);
    expect(off.exitCode).toBe(3);
    expect(off.stderr).toContain('--enable-execute-command');
    expect(await cli(['exec', 'api'])).toMatchObject({ exitCode: 2 });
    const old = mkdtempSync(join(home.home, 'old-'));
    writeFileSync(join(old, 'session-manager-plugin'), '#!/bin/sh\necho 1.2.30.0\n', { mode: 0o755 });
    const tooOld = await cli(['exec', 'api', '--', 'true'], { env: { ...home.env, PATH: `${old}:/usr/bin:/bin` } });
    expect(tooOld).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('1.2.30.0; 1.2.497.0 or newer') });
  });

  it('gives a shell the terminal: its prompt, its Ctrl-C, and no mark of ours', async (context) => {
    const python = await run('python3', ['-c', 'import pty']).catch(() => undefined);
    if (!python && process.env['PLATFORM_TEST_REQUIRE'] === 'all') throw new Error('missing tool: python3');
    if (!python) context.skip('python3 is not there');
    const env = { ...home.env, PATH: `${plugin}:${home.env['PATH']}`, TERM: 'xterm' };
    const argv = [
      'test/fixtures/exec-terminal.py',
      process.execPath,
      binary,
      'exec',
      'api',
      '--config',
      join(project, 'platform.yaml'),
    ];
    const { stdout } = await run('python3', argv, { env, timeout: 200_000 });
    expect(stdout).toContain('sum 42');
    expect(stdout).toContain('alive 2');
    expect(stdout).toContain('initProcessEnabled');
    expect(stdout).not.toMatch(/:begin|:end|\nslept/);
    expect(plugins()).toEqual([]);
  });
});

interface OpenTunnel {
  readonly child: ChildProcess;
  readonly port: number;
  readonly task: string;
  readonly output: () => string;
  readonly end: Promise<number | null>;
}

const openTunnel = async (name: string, ...flags: readonly string[]): Promise<OpenTunnel> => {
  const child = spawn(process.execPath, [binary, 'tunnel', name, '--output', 'ndjson', ...flags], {
    cwd: project,
    env: { ...home.env, PATH: `${plugin}:${home.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  const end = once(child, 'close').then(([code]) => code as number | null);
  const open = await until(() => {
    const line = text.split('\n').find((each) => each.includes('"event":"open"'));
    if (child.exitCode !== null) throw new Error(text);
    return line === undefined ? undefined : JSON.parse(line);
  });
  return { child, port: open.port, task: open.via.task, output: () => text, end };
};

const exchange = async (port: number, bytes: Buffer): Promise<Buffer> => {
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(bytes);
  const got: Buffer[] = [];
  let length = 0;
  for await (const chunk of socket) {
    got.push(chunk);
    length += chunk.length;
    if (length >= bytes.length) break;
  }
  return Buffer.concat(got);
};

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('platform tunnel', () => {
  it('carries bytes both ways unchanged, and Ctrl-C is its orderly end', async () => {
    const tunnel = await openTunnel('db');
    const sent = [randomBytes(1_500_000), randomBytes(200_000)];
    const got = await Promise.all(sent.map((bytes) => exchange(tunnel.port, bytes)));
    expect(got.map(digest)).toEqual(sent.map(digest));
    tunnel.child.kill('SIGINT');
    expect(await tunnel.end).toBe(0);
    const last = JSON.parse(
      tunnel
        .output()
        .trim()
        .split('\n')
        .findLast((line) => line.startsWith('{')) ?? '',
    );
    expect(last).toMatchObject({ schema: 'platform.tunnel/1', ok: true, result: { name: 'db', port: tunnel.port } });
    expect(plugins()).toEqual([]);
  });

  it('leaves nothing behind when it is killed', async () => {
    const tunnel = await openTunnel('db');
    expect(plugins()).toHaveLength(1);
    tunnel.child.kill('SIGKILL');
    await until(() => (plugins().length === 0 ? true : undefined));
    await tunnel.end;
  });

  it('says that nothing answers at the other end, and that its task is gone: 6', async () => {
    const tunnel = await openTunnel('away');
    expect((await exchange(tunnel.port, Buffer.from('PING\r\n')).catch(() => Buffer.alloc(0))).length).toBe(0);
    await until(() => (tunnel.output().includes('"event":"trouble"') ? true : undefined));
    expect(await cli(['restart', 'api', '--yes'], { timeoutMs: 200_000 })).toMatchObject({ exitCode: 0 });
    expect(await tunnel.end).toBe(6);
    expect(tunnel.output()).toMatch(new RegExp(`the tunnel to away is gone: task ${tunnel.task} of api`));
  });

  it('refuses a port that is taken, a store without an address, one that nobody knows', async () => {
    expect(await cli(['tunnel', 'db', '--port', String(portOf(echo))])).toMatchObject({ exitCode: 9 });
    const nowhere = await cli(['tunnel', 'unknown', '--json']);
    expect(nowhere.exitCode).toBe(3);
    expect(documentOf(nowhere).error.hints[0]).toBe('environments.staging.dataStores.unknown.endpoint: HOST:PORT');
    expect(await cli(['tunnel', 'dbb'])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('did you mean `db`'),
    });
  });

  it('leads psql to a real PostgreSQL', async (context) => {
    const postgres = await startPostgres();
    if (!postgres) {
      if (process.env['PLATFORM_TEST_REQUIRE'] === 'all') throw new Error('missing tool: PostgreSQL');
      return context.skip('PostgreSQL is not there');
    }
    try {
      edit('platform.yaml', (text) => text.replace('"127.0.0.1:1"', `"127.0.0.1:${postgres.port}"`));
      const tunnel = await openTunnel('away', '--via', 'api');
      const query = "select md5(string_agg(repeat('x', 100) || n, '' order by n)) from generate_series(1, 20000) n";
      const ask = (port: number) =>
        run('psql', ['-h', '127.0.0.1', '-p', String(port), '-U', 'shop', '-At', '-c', query, 'postgres'], {
          env: { ...process.env, PGPASSWORD: 'x', PGSSLMODE: 'disable' },
        });
      const big = await run(
        'psql',
        [
          '-h',
          '127.0.0.1',
          '-p',
          String(tunnel.port),
          '-U',
          'shop',
          '-At',
          '-c',
          "select repeat('y', 1200000)",
          'postgres',
        ],
        { maxBuffer: 4_000_000 },
      );
      expect(big.stdout.trim() === 'y'.repeat(1_200_000)).toBe(true);
      expect((await ask(tunnel.port)).stdout).toBe((await ask(postgres.port)).stdout);
      tunnel.child.kill('SIGINT');
      expect(await tunnel.end).toBe(0);
    } finally {
      await postgres.stop();
    }
  });
});

interface Postgres {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** A server of its own in a temporary folder; undefined where PostgreSQL is not installed. It does not run as root. */
const startPostgres = async (): Promise<Postgres | undefined> => {
  const { stdout } = await run('sh', ['-c', 'dirname "$(readlink -f "$(command -v postgres)")"']).catch(() => ({
    stdout: '',
  }));
  const bin = stdout.trim();
  if (!existsSync(join(bin, 'initdb')) || !(await run('psql', ['--version']).catch(() => undefined))) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'platform-postgres-'));
  const probe = await startEcho();
  const port = portOf(probe);
  probe.close();
  const data = join(folder, 'data');
  const isRoot = process.getuid?.() === 0;
  const who = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  const env = { PATH: process.env['PATH'], HOME: folder, LANG: 'C', TZ: 'UTC' };
  if (isRoot) await run('chown', ['65534:65534', folder]);
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'shop', '-A', 'trust', '--no-sync'], { ...who, env, cwd: folder });
  const argv = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off'];
  const child = spawn(join(bin, 'postgres'), argv, { ...who, env, cwd: folder, stdio: 'ignore' });
  const ended = once(child, 'close');
  await until(() =>
    run('psql', ['-h', '127.0.0.1', '-p', String(port), '-U', 'shop', '-c', 'select 1', 'postgres']).then(
      () => true,
      () => undefined,
    ),
  );
  return {
    port,
    stop: async () => {
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** `platform sandbox …` of the built CLI: a real background process, its registry, its guards. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateClusterCommand, DescribeClustersCommand, ECSClient } from '@aws-sdk/client-ecs';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processStart } from '../../src/lib/sandbox/daemon-process.js';
import { type CliHome, type CliResult, cliHome, documentOf, runCli } from '../helpers/run-cli.js';

let home: CliHome;

beforeEach(() => {
  home = cliHome();
});
afterEach(async () => {
  await platform(['sandbox', 'stop', '--all']);
  home.remove();
});

const platform = (argv: readonly string[], options: { readonly cwd?: string } = {}): Promise<CliResult> =>
  runCli(argv, { env: home.env, ...options });

const start = async (...flags: readonly string[]) =>
  documentOf(await platform(['sandbox', 'start', '--speed', '600', '--json', ...flags])).result;

/** A process that ended but was not waited for yet is not alive. */
const isAlive = (pid: number): boolean => processStart(pid) !== undefined;

const clientConfig = (env: Readonly<Record<string, string>>) => ({
  endpoint: env['AWS_ENDPOINT_URL'] ?? '',
  region: env['AWS_REGION'] ?? '',
  maxAttempts: 1,
  credentials: { accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '' },
});

const call = (
  endpoint: string,
  options: { readonly path?: string; readonly method?: string; readonly headers?: Readonly<Record<string, string>> },
): Promise<number> =>
  new Promise((resolve, reject) => {
    const url = new URL(options.path ?? '/', endpoint);
    const outgoing = request(
      url,
      { method: options.method ?? 'POST', headers: { ...options.headers }, agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });

const signed = (accessKeyId: string): Readonly<Record<string, string>> => ({
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListClusters',
  authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261123/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
});

describe('platform sandbox', () => {
  it('starts in the background, answers, and stops', async () => {
    const result = await start();
    expect(result).toMatchObject({ account: '123456789012', region: 'us-east-1', started: true, speed: 600 });
    expect(result.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(result.env.AWS_ENDPOINT_URL).toBe(result.endpoint);
    const { clusters } = await new ECSClient(clientConfig(result.env)).send(new DescribeClustersCommand({}));
    expect(clusters).toEqual([]);
    expect(documentOf(await platform(['sandbox', 'stop', '--json'])).result.stopped).toMatchObject([
      { pid: result.pid },
    ]);
    expect(isAlive(result.pid)).toBe(false);
    await expect(call(result.endpoint, {})).rejects.toThrow('ECONNREFUSED');
  });

  it('gives the same endpoint when it is started twice, from another folder too', async () => {
    const first = await start();
    const second = await platform(['sandbox', 'start', '--json'], { cwd: '/tmp' });
    expect(second.exitCode).toBe(0);
    expect(documentOf(second).result).toMatchObject({ endpoint: first.endpoint, pid: first.pid, started: false });
  });

  it('keeps its token in a file that only the user can read', async () => {
    await start();
    const folder = join(home.home, 'state', 'platform', 'sandboxes');
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect([statSync(folder).mode & 0o777, statSync(join(folder, file)).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('starts anew after it was killed, without being in its own way', async () => {
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    while (isAlive(first.pid)) await sleep(10);
    expect(documentOf(await platform(['sandbox', 'status', '--json'])).result.sandboxes).toEqual([]);
    const second = await start();
    expect(second.started).toBe(true);
    expect(second.pid).not.toBe(first.pid);
  });

  it('does not end a process that has the pid of a sandbox that is gone', async () => {
    const first = await start();
    const folder = join(home.home, 'state', 'platform', 'sandboxes');
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.json'));
    const entry = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    await platform(['sandbox', 'stop']);
    // This very test process, with the start time of another.
    writeFileSync(join(folder, file), JSON.stringify({ ...entry, pid: process.pid, pidStart: '1' }), { mode: 0o600 });
    const stopped = documentOf(await platform(['sandbox', 'stop', '--json'])).result.stopped;
    expect([stopped, isAlive(first.pid)]).toEqual([[], false]);
  });

  it('ends by itself when the state folder is removed: nobody could find it any more', async () => {
    const { pid } = await start();
    rmSync(join(home.home, 'state'), { recursive: true });
    for (let tries = 0; tries < 500 && isAlive(pid); tries += 1) await sleep(20);
    expect(isAlive(pid)).toBe(false);
  });

  it('says so when the port is taken', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const result = await platform(['sandbox', 'start', '--port', String(port)]);
    server.close();
    expect(result.exitCode).toBe(13);
    expect(result.stderr).toContain(`port ${port} is in use`);
  });

  it('prints what a shell needs, and leaves no way to a real account', async () => {
    const { endpoint } = await start();
    const lines = (await platform(['sandbox', 'env'])).stdout;
    expect(lines).toContain(`export AWS_ENDPOINT_URL=${endpoint}`);
    expect(lines).toMatch(/^unset .*AWS_PROFILE.*AWS_SESSION_TOKEN/m);
    expect(lines).toContain('export AWS_EC2_METADATA_DISABLED=true');
  });

  it('is exit 13 with the way out where none is running', async () => {
    const results = await Promise.all(
      [['env'], ['reset'], ['timeline'], ['fault', 'list']].map((words) => platform(['sandbox', ...words])),
    );
    for (const result of results) {
      expect(result.exitCode).toBe(13);
      expect(result.stderr).toContain('platform sandbox start');
    }
    expect((await platform(['sandbox', 'stop'])).exitCode).toBe(0);
  });

  it('refuses foreign pages, unsigned calls and keys that look real', async () => {
    const { endpoint } = await start();
    const good = signed('SANDBOX');
    const status = (headers: Readonly<Record<string, string>>) => call(endpoint, { headers: { ...good, ...headers } });
    expect(await status({})).toBe(200);
    expect(await status({ host: 'evil.example' })).toBe(403);
    expect(await status({ origin: 'http://evil.example' })).toBe(403);
    expect(await status({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await status(signed('AKIAZZZZZZZZZZZZZZZZ'))).toBe(403);
    const { authorization: _, ...unsigned } = good;
    expect(await call(endpoint, { headers: unsigned })).toBe(403);
    expect(await call(endpoint, { path: '/_sandbox/status', method: 'GET' })).toBe(401);
  });

  it('begins anew with another id on reset, at the same endpoint', async () => {
    const first = await start();
    const ecs = new ECSClient(clientConfig(first.env));
    await ecs.send(new CreateClusterCommand({ clusterName: 'shop' }));
    const { id } = documentOf(await platform(['sandbox', 'reset', '--json'])).result;
    expect(id).not.toBe(first.id);
    expect((await ecs.send(new DescribeClustersCommand({ clusters: ['shop'] }))).clusters).toEqual([]);
    expect(documentOf(await platform(['sandbox', 'status', '--json'])).result.sandboxes).toMatchObject([
      { id, endpoint: first.endpoint },
    ]);
  });

  it('keeps its world over a restart with --state', async () => {
    const state = join(home.home, 'kept');
    const put = async (result: { readonly env: Readonly<Record<string, string>> }): Promise<void> => {
      await new SSMClient(clientConfig(result.env)).send(
        new PutParameterCommand({ Name: '/kept', Value: 'yes', Type: 'String' }),
      );
    };
    const first = await start('--state', state);
    await put(first);
    await platform(['sandbox', 'stop']);
    const second = await start('--state', state);
    const { Parameter } = await new SSMClient(clientConfig(second.env)).send(
      new GetParameterCommand({ Name: '/kept' }),
    );
    expect([Parameter?.Value, second.id]).toEqual(['yes', first.id]);
  });

  it('breaks calls on purpose and shows it in the timeline', async () => {
    const { env } = await start();
    const added = await platform([
      'sandbox',
      'fault',
      'add',
      'throttle',
      'ecs:DescribeClusters',
      '--count',
      '1',
      '--json',
    ]);
    expect(documentOf(added).result.fault).toMatchObject({
      kind: 'throttle',
      operation: 'ecs:DescribeClusters',
      remaining: 1,
    });
    const ecs = new ECSClient(clientConfig(env));
    await expect(ecs.send(new DescribeClustersCommand({}))).rejects.toMatchObject({ name: 'ThrottlingException' });
    await ecs.send(new DescribeClustersCommand({}));
    const { entries } = documentOf(await platform(['sandbox', 'timeline', '--service', 'ecs', '--json'])).result;
    expect(entries.map((entry: { error?: string }) => entry.error ?? 'ok')).toEqual(['ThrottlingException', 'ok']);
    expect((await platform(['sandbox', 'timeline', '--mutating'])).stdout).toContain('Nothing has happened.');
    expect((await platform(['sandbox', 'fault', 'add', 'nope'])).exitCode).toBe(2);
  });

  it('follows the timeline until Ctrl-C', async () => {
    const { env } = await start();
    const result = await runCli(['sandbox', 'timeline', '--follow', '--output', 'ndjson'], {
      env: home.env,
      onStart: (child) => {
        child.stdout?.once('data', () => child.kill('SIGINT'));
        const ecs = new ECSClient(clientConfig(env));
        const poke = setInterval(() => void ecs.send(new DescribeClustersCommand({})).catch(() => undefined), 200);
        child.once('close', () => clearInterval(poke));
      },
    });
    expect(JSON.parse(result.stdout.split('\n')[0] ?? '{}')).toMatchObject({
      kind: 'call',
      operation: 'DescribeClusters',
    });
    expect(result.signal).toBeNull();
  });
});

describe('platform sandbox start --exec', () => {
  it('takes its own key only, proven by the signature', async () => {
    const { env } = await start('--exec');
    expect(env.AWS_SECRET_ACCESS_KEY).toMatch(/^[0-9a-f]{40}$/);
    await new ECSClient(clientConfig(env)).send(new DescribeClustersCommand({}));
    const wrong = new ECSClient(clientConfig({ ...env, AWS_SECRET_ACCESS_KEY: 'sandbox' }));
    await expect(wrong.send(new DescribeClustersCommand({}))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    const other = new ECSClient(clientConfig({ ...env, AWS_ACCESS_KEY_ID: 'SANDBOX' }));
    await expect(other.send(new DescribeClustersCommand({}))).rejects.toThrow('platform sandbox env');
  });
});

describe('programs that a sandbox runs', () => {
  const childrenOf = (parent: number): readonly number[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => parentOf(pid) === parent && commandOf(pid).includes('.js'));

  const readProc = (pid: number, what: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${what}`, 'utf8');
    } catch {
      return '';
    }
  };
  const commandOf = (pid: number): string => readProc(pid, 'cmdline');
  const parentOf = (pid: number): number => Number(/^\d+ \(.*\) \S (\d+)/s.exec(readProc(pid, 'stat'))?.[1]);

  const startInProject = async (): Promise<{ readonly pid: number; readonly children: readonly number[] }> => {
    const folder = join(home.home, 'shop');
    mkdirSync(folder);
    await platform(['init', '--runtime', 'ecs', '--yes'], { cwd: folder });
    const argv = ['sandbox', 'start', '--exec', '--speed', '600', '-e', 'staging', '--json'];
    const { pid } = documentOf(await platform(argv, { cwd: folder })).result;
    const children = childrenOf(pid);
    expect(children.length).toBeGreaterThan(0);
    return { pid, children };
  };

  it.skipIf(process.platform !== 'linux')('end with it when it is stopped', async () => {
    const { children } = await startInProject();
    await platform(['sandbox', 'stop']);
    expect(children.filter(isAlive)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('end with it when it is killed', async () => {
    const { pid, children } = await startInProject();
    process.kill(pid, 'SIGKILL');
    for (let tries = 0; tries < 500 && children.some(isAlive); tries += 1) await sleep(20);
    expect(children.filter(isAlive)).toEqual([]);
  });
});

describe('a sandbox started in a project', () => {
  it('has the environments of the project in it, running the image seed', async () => {
    const folder = join(home.home, 'shop');
    mkdirSync(folder);
    expect((await platform(['init', '--runtime', 'ecs', '--yes'], { cwd: folder })).exitCode).toBe(0);
    const result = documentOf(await platform(['sandbox', 'start', '--speed', '600', '--json'], { cwd: folder }));
    expect(result.warnings).toEqual([]);
    expect(result.result.seeded).toEqual(expect.arrayContaining(['cluster shop-staging', 'service shop-staging-api']));
    const { sandboxes } = documentOf(await platform(['sandbox', 'status', '--json'])).result;
    const listener = sandboxes[0].listeners.find((each: { port: number }) => each.port === 80);
    expect(await call(`http://127.0.0.1:${listener.localPort}`, { path: '/health', method: 'GET' })).toBe(200);
    const again = documentOf(await platform(['sandbox', 'start', '--json'], { cwd: folder }));
    expect(again.result.seeded).toEqual([]);
  });

  it('does not bring back what was deleted on purpose when the next command runs', async () => {
    const folder = join(home.home, 'shop');
    mkdirSync(folder);
    await platform(['init', '--runtime', 'ecs', '--yes'], { cwd: folder });
    const { result } = documentOf(await platform(['sandbox', 'start', '--speed', '600', '--json'], { cwd: folder }));
    const group = '/ecs/shop-staging-api';
    const added = await platform(
      ['sandbox', 'fault', 'add', 'delete-log-group', group, '--region', result.region, '--json'],
      { cwd: folder },
    );
    expect(documentOf(added).result.done).toBe(`log group ${group} deleted`);
    await platform(['status', '--sandbox', '-e', 'staging', '--json'], { cwd: folder });
    const { entries } = documentOf(await platform(['sandbox', 'timeline', '--json'])).result;
    const seeds = entries.filter((entry: { subject?: string }) => entry.subject === 'seed');
    expect(
      seeds.every((entry: { message: string }, index: number) => index < 2 || !entry.message.includes(group)),
    ).toBe(true);
  });
});

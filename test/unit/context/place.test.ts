import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPlace, loopbackEndpoint, runningSandboxes, wantedPlace } from '../../../src/lib/context/place.js';
import { processStart } from '../../../src/lib/sandbox/daemon-process.js';

let state = '';
const servers: Server[] = [];

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'platform-place-'));
  mkdirSync(join(state, 'sandboxes'));
});

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(state, { recursive: true, force: true });
});

/** A control API that knows the clock only, and takes the token `secret`. */
const clockServer = async (answer: string): Promise<string> => {
  const server = createServer((request, response) => {
    const isAllowed = request.headers.authorization === 'Bearer secret' && request.url === '/_sandbox/clock';
    response.statusCode = isAllowed ? 200 : 401;
    response.end(answer);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const register = (name: string, entry: object): void =>
  writeFileSync(join(state, 'sandboxes', `${name}.json`), JSON.stringify(entry), { mode: 0o600 });

const entryFor = (endpoint: string, change: object = {}) => ({
  id: 'sbx1',
  endpoint,
  pid: process.pid,
  pidStart: processStart(process.pid),
  accessKeyId: 'key-of-it',
  secretAccessKey: 'secret-of-it',
  createdAt: '2026-11-23T12:00:00.000Z',
  token: 'secret',
  speed: 60,
  ...change,
});

const find = (options: { sandbox?: boolean; env?: Record<string, string> } = {}) =>
  findPlace({ env: options.env ?? {}, state, sandbox: options.sandbox ?? false });

describe('where a command works', () => {
  it('is AWS when nobody asks for a sandbox, also while one runs', async () => {
    register('sbx1', entryFor('http://127.0.0.1:1'));
    expect((await find()).place).toEqual({ kind: 'aws' });
    expect((await find({ env: { PLATFORM_SANDBOX: '0' } })).place).toEqual({ kind: 'aws' });
  });

  it.each([
    [{ sandbox: true }],
    [{ env: { PLATFORM_SANDBOX: '1' } }],
  ])('is the running sandbox with %o', async (options) => {
    register('sbx1', entryFor(await clockServer('{"now": 1000, "rate": 60, "held": false}')));
    const found = await find(options);
    expect(found.place).toMatchObject({ kind: 'sandbox', id: 'sbx1', speed: 60, controlToken: 'secret' });
    expect(found.place).toMatchObject({ credentials: { accessKeyId: 'key-of-it', secretAccessKey: 'secret-of-it' } });
    expect(found.clock?.first).toEqual({ now: 1000, rate: 60, isHeld: false });
  });

  it('is exit 13 with a hint when none is running', async () => {
    await expect(find({ sandbox: true })).rejects.toMatchObject({
      code: 'E_UNREACHABLE',
      exitCode: 13,
      hints: ['platform sandbox start'],
    });
  });

  it('is exit 13 when the registered one does not answer, or answers nonsense', async () => {
    register('sbx1', entryFor('http://127.0.0.1:1'));
    await expect(find({ sandbox: true })).rejects.toMatchObject({ exitCode: 13 });
    register('sbx1', entryFor(await clockServer('hello')));
    await expect(find({ sandbox: true })).rejects.toMatchObject({ exitCode: 13 });
    register('sbx1', entryFor(await clockServer('{}'), { token: 'wrong' }));
    await expect(find({ sandbox: true })).rejects.toMatchObject({ exitCode: 13 });
  });

  it('passes over one whose process is gone', async () => {
    register('dead', entryFor('http://127.0.0.1:1', { pid: 4_194_304 }));
    expect(runningSandboxes(state)).toEqual([]);
    await expect(find({ sandbox: true })).rejects.toMatchObject({ message: 'no sandbox is running' });
  });

  it('passes over registry files that are links or make no sense', () => {
    const elsewhere = join(state, 'elsewhere.json');
    writeFileSync(elsewhere, JSON.stringify(entryFor('http://127.0.0.1:2')));
    symlinkSync(elsewhere, join(state, 'sandboxes', 'link.json'));
    writeFileSync(join(state, 'sandboxes', 'broken.json'), '{');
    chmodSync(join(state, 'sandboxes', 'broken.json'), 0o600);
    expect(runningSandboxes(state)).toEqual([]);
  });

  it('is exit 2 when several are running and none is named, and the named one otherwise', async () => {
    const url = await clockServer('{"now": 1, "rate": 60}');
    register('a', entryFor(url, { id: 'a' }));
    register('b', entryFor('http://127.0.0.1:1', { id: 'b' }));
    await expect(find({ sandbox: true })).rejects.toMatchObject({ code: 'E_USAGE' });
    expect((await find({ env: { PLATFORM_SANDBOX: url } })).place).toMatchObject({ id: 'a' });
  });

  it.each([
    'http://10.0.0.1:4566',
    'https://ecs.us-east-1.amazonaws.com',
    'http://localhost.example.com:1',
    'http://127.0.0.1.nip.io:1',
    'http://user@127.0.0.1:1',
    'ftp://127.0.0.1',
    '://',
  ])('refuses a sandbox that is not on this machine: %s', async (url) => {
    expect(() => loopbackEndpoint(url)).toThrow('not on this machine');
    await expect(find({ env: { PLATFORM_SANDBOX: url } })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('refuses a PLATFORM_SANDBOX that is neither', () => {
    expect(() => wantedPlace({ env: { PLATFORM_SANDBOX: 'maybe' }, sandbox: false })).toThrow('1 or a URL');
  });
});

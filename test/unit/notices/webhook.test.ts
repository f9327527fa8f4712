import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Post, postToWebhook } from '../../../src/lib/notices/webhook.js';

interface Hook {
  readonly url: string;
  readonly bodies: unknown[];
}

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

/** Answers with these statuses, one after the other, the last one for ever; 0 is silence. */
const hook = async (statuses: readonly number[], headers: Readonly<Record<string, string>> = {}): Promise<Hook> => {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      bodies.push({ method: request.method, type: request.headers['content-type'], body: JSON.parse(text) });
      const status = statuses[Math.min(bodies.length, statuses.length) - 1] ?? 200;
      if (status !== 0) response.writeHead(status, headers).end('told /services/T0/SECRET');
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/SECRET`, bodies };
};

const post = (url: string, change: Partial<Post> = {}) =>
  postToWebhook({
    url,
    body: { text: 'hello' },
    place: { kind: 'sandbox' },
    timeoutMs: 10_000,
    sleep: async () => undefined,
    ...change,
  });

describe('a webhook', () => {
  it('gets one POST of JSON', async () => {
    const { url, bodies } = await hook([200]);
    expect(await post(url)).toEqual({ kind: 'sent' });
    expect(bodies).toEqual([{ method: 'POST', type: 'application/json; charset=utf-8', body: { text: 'hello' } }]);
  });

  it.each([
    [[500, 200], { kind: 'sent' }, 2],
    [[429, 200], { kind: 'sent' }, 2],
    [[503, 503, 200], { kind: 'failed', why: 'HTTP 503' }, 2],
    [[404], { kind: 'failed', why: 'HTTP 404' }, 1],
    [[403], { kind: 'failed', why: 'HTTP 403' }, 1],
  ])('that answers %j', async (statuses, delivery, calls) => {
    const { url, bodies } = await hook(statuses);
    expect(await post(url)).toEqual(delivery);
    expect(bodies).toHaveLength(calls);
  });

  it('does not send us on', async () => {
    const other = await hook([200]);
    const { url } = await hook([302], { location: other.url });
    expect(await post(url)).toEqual({ kind: 'failed', why: 'HTTP 302' });
    expect(other.bodies).toEqual([]);
  });

  it('that is silent is given up, twice', async () => {
    const { url, bodies } = await hook([0]);
    expect(await post(url, { timeoutMs: 100 })).toEqual({ kind: 'failed', why: 'no answer in time' });
    expect(bodies.length).toBeLessThanOrEqual(2);
  });

  it('that is not there is said without its address', async () => {
    const { url } = await hook([200]);
    await new Promise((done) => servers.splice(0)[0]?.close(done));
    expect(await post(url)).toEqual({ kind: 'failed', why: 'ECONNREFUSED' });
  });

  it.each([
    [
      'https://hooks.slack.example/services/T0/SECRET',
      'sandbox',
      { kind: 'skipped', why: 'a sandbox sends nothing to other machines' },
    ],
    [
      'http://127.0.0.1.evil.example/',
      'sandbox',
      { kind: 'skipped', why: 'a sandbox sends nothing to other machines' },
    ],
    ['http://10.0.0.1/', 'sandbox', { kind: 'skipped', why: 'a sandbox sends nothing to other machines' }],
    ['ftp://127.0.0.1/', 'sandbox', { kind: 'skipped', why: 'a sandbox sends nothing to other machines' }],
    ['http://hooks.slack.example/services/T0/SECRET', 'aws', { kind: 'failed', why: 'the address is not https' }],
    ['http://127.0.0.1:1/', 'aws', { kind: 'failed', why: 'the address is not https' }],
    ['file:///etc/passwd', 'aws', { kind: 'failed', why: 'the address is not https' }],
    ['not an address', 'aws', { kind: 'failed', why: 'what is kept there is not an address' }],
  ] as const)('at %s is not called from %s', async (url, kind, delivery) => {
    expect(await post(url, { place: { kind } })).toEqual(delivery);
  });
});

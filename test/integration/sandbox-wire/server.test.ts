import { request as httpRequest } from 'node:http';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeServicesCommand, ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from 'vitest';
import { createDispatcher, type DispatcherOptions } from '../../../src/lib/sandbox/dispatch.js';
import { type SandboxServer, type ServerOptions, startServer } from '../../../src/lib/sandbox/server.js';
import type { ServiceModule } from '../../../src/lib/sandbox/service.js';
import { createUpstream } from '../../../src/lib/sandbox/upstream.js';
import { textToBytes } from '../../../src/lib/sandbox/wire/message.js';
import { World } from '../../../src/lib/sandbox/world.js';
import { endpointConfig } from '../../helpers/sandbox-client.js';

const ecs: ServiceModule = {
  id: 'ecs',
  signingName: 'ecs',
  target: 'AmazonEC2ContainerServiceV20141113',
  loadSchema: () => import('@aws-sdk/client-ecs'),
  initial: () => ({}),
  operations: {
    DescribeServices: (input: { services: string[] }) => ({
      services: input.services.map((serviceName) => ({ serviceName })),
    }),
    UpdateService: () => ({}),
  },
};

const servers: SandboxServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const start = async (
  server: Partial<ServerOptions> = {},
  dispatch: Partial<DispatcherOptions> = {},
): Promise<{ readonly server: SandboxServer; readonly world: World }> => {
  const world = new World([ecs], { now: 1_800_000_000_000, sandboxId: 'test' });
  const started = await startServer({
    dispatcher: createDispatcher({ world, modules: [ecs], ...dispatch }),
    ...server,
  });
  servers.push(started);
  return { server: started, world };
};

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const scope = (accessKeyId: string): string =>
  `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;

/** A plain HTTP call with any headers, Host included, which fetch does not allow. */
const call = (
  server: SandboxServer,
  {
    headers = {},
    path = '/',
    body = '{"services":["api"]}',
  }: { headers?: Record<string, string>; path?: string; body?: string },
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port: server.port,
        method: 'POST',
        path,
        headers: {
          'x-amz-target': 'AmazonEC2ContainerServiceV20141113.DescribeServices',
          'content-type': 'application/x-amz-json-1.1',
          authorization: scope('dummy'),
          ...headers,
        },
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });

describe('the sandbox server refuses what a web page could send', () => {
  it.each([
    ['evil.example:PORT', 403],
    ['127.0.0.1.evil.example:PORT', 403],
    ['evillocalhost:PORT', 403],
    ['[::1]:PORT', 403],
    ['127.0.0.1', 403],
    ['127.0.0.1:1', 403],
    ['127.0.0.1:PORT', 200],
    ['localhost:PORT', 200],
    ['bucket.localhost:PORT', 200],
  ])('answers Host %s with %i', async (host, status) => {
    const { server, world } = await start();
    const answer = await call(server, { headers: { host: host.replace('PORT', String(server.port)) } });
    expect(answer.status).toBe(status);
    expect(world.state.timeline).toHaveLength(status === 200 ? 1 : 0);
  });

  it.each([
    [{ origin: 'http://127.0.0.1:3000' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'none' }, 200],
  ])('answers %j with %i', async (headers, status) => {
    const { server } = await start();
    const answer = await call(server, { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('guards the control API with the same rules and hands the rest of it on', async () => {
    const control = async () => ({ status: 204, headers: {}, body: new Uint8Array() });
    const { server } = await start({ control });
    expect((await call(server, { path: '/_sandbox/reset', headers: { origin: 'http://evil.example' } })).status).toBe(
      403,
    );
    expect((await call(server, { path: '/_sandbox/reset' })).status).toBe(204);
  });

  it('answers 404 under /_sandbox/ when there is no control API', async () => {
    const { server } = await start();
    expect((await call(server, { path: '/_sandbox/reset' })).status).toBe(404);
  });
});

describe('the sandbox server looks at the access key', () => {
  it('refuses an unsigned call as AWS does', async () => {
    const { server } = await start();
    const answer = await call(server, { headers: { authorization: '' } });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({ __type: 'MissingAuthenticationToken' });
  });

  it.each([
    ['AKIAQ3EGRXAMTQ7KVN2B', 403],
    ['ASIAQ3EGRXAMTQ7KVN2B', 403],
    ['AKIAIOSFODNN7EXAMPLE', 200],
    ['dummy', 200],
    ['ASIAOWNKEYOFSANDBOX7', 200],
  ])('answers the key %s with %i', async (accessKeyId, status) => {
    const { server } = await start({ isOwnKey: (id) => id === 'ASIAOWNKEYOFSANDBOX7' });
    expect((await call(server, { headers: { authorization: scope(accessKeyId) } })).status).toBe(status);
  });

  const execKey = { accessKeyId: 'EXECKEY', secretAccessKey: 'made-at-start' };

  it('takes a call that is signed with the exec key, whatever its date', async () => {
    const { server } = await start({ execKey });
    const client = new ECSClient({
      ...endpointConfig(server.endpoint),
      credentials: execKey,
      systemClockOffset: -86_400_000_000,
    });
    const answer = await client.send(new DescribeServicesCommand({ services: ['api é'] }));
    expect(answer.services?.[0]?.serviceName).toBe('api é');
    client.destroy();
  });

  it('takes a signed query with signed parameters', async () => {
    const ec2: ServiceModule = {
      id: 'ec2',
      signingName: 'ec2',
      loadSchema: () => import('@aws-sdk/client-ec2'),
      initial: () => ({}),
      operations: { DescribeVpcs: () => ({ Vpcs: [{ VpcId: 'vpc-1' }] }) },
    };
    const world = new World([ec2], { now: 0, sandboxId: 'test' });
    const { server } = await start({ execKey, dispatcher: createDispatcher({ world, modules: [ec2] }) });
    const client = new EC2Client({ ...endpointConfig(server.endpoint), credentials: execKey });
    expect((await client.send(new DescribeVpcsCommand({}))).Vpcs).toEqual([{ VpcId: 'vpc-1' }]);
    client.destroy();
  });

  it.each([
    ['another secret', { ...execKey, secretAccessKey: 'guessed' }, 'SignatureDoesNotMatch'],
    ['another key', { accessKeyId: 'dummy', secretAccessKey: 'dummy' }, 'InvalidClientTokenId'],
  ])('refuses %s in exec mode', async (_what, credentials, code) => {
    const { server, world } = await start({ execKey });
    const client = new ECSClient({ ...endpointConfig(server.endpoint), credentials });
    await expect(client.send(new DescribeServicesCommand({ services: ['api'] }))).rejects.toMatchObject({
      name: code,
      $metadata: { httpStatusCode: 403 },
    });
    expect(world.state.timeline).toEqual([]);
    client.destroy();
  });

  it('refuses a body that was changed after it was signed', async () => {
    const { server } = await start({ execKey });
    const client = new ECSClient({ ...endpointConfig(server.endpoint), credentials: execKey });
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: Uint8Array };
        request.body = Buffer.from(Buffer.from(request.body).toString().replace('api', 'ipa'));
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    await expect(client.send(new DescribeServicesCommand({ services: ['api'] }))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
    client.destroy();
  });
});

describe('the sandbox server as an HTTP server', () => {
  it('sends wall time in Date and a request id', async () => {
    const { server } = await start();
    const before = Date.now();
    const answer = await call(server, {});
    expect(Math.abs(Date.parse(String(answer.headers['date'])) - before)).toBeLessThan(5_000);
    expect(answer.headers['x-amzn-requestid']).toMatch(/^[\da-f-]{36}$/);
  });

  it('refuses a body over the limit', async () => {
    const { server, world } = await start({ maxBodyBytes: 1_000 });
    expect((await call(server, { body: 'x'.repeat(1_001) })).status).toBe(413);
    expect(world.state.timeline).toEqual([]);
  });

  it('says clearly that an operation is not simulated, and SDKs do not retry it', async () => {
    const { server, world } = await start();
    const client = new ECSClient({ ...endpointConfig(server.endpoint), maxAttempts: 3 });
    const { ListServicesCommand } = await import('@aws-sdk/client-ecs');
    await expect(client.send(new ListServicesCommand({}))).rejects.toMatchObject({
      message: 'ecs:ListServices is not part of the sandbox',
      $metadata: { httpStatusCode: 501, attempts: 1 },
    });
    expect(world.state.timeline).toMatchObject([{ kind: 'call', operation: 'ListServices', status: 501 }]);
    client.destroy();
  });

  it('cuts the connection when a fault drops the request, and the client sees a network error', async () => {
    const faults = { decide: () => ({ kind: 'drop-request' }) as const, wait: async () => {} };
    const { server, world } = await start({}, { faults });
    const client = new ECSClient(endpointConfig(server.endpoint));
    await expect(client.send(new UpdateServiceCommand({ service: 'api' }))).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect(world.state.timeline).toMatchObject([{ operation: 'UpdateService', status: 0, error: 'RequestDropped' }]);
    client.destroy();
  });

  it('closes while a client keeps its connection open, and does not listen afterwards', async () => {
    const { server } = await start();
    const client = new ECSClient(endpointConfig(server.endpoint));
    await client.send(new DescribeServicesCommand({ services: ['api'] }));
    await server.close();
    await expect(call(server, {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    client.destroy();
  });
});

describe('an upstream', () => {
  it('must be on this machine', () => {
    expect(createUpstream('http://example.com:5000')).toBeUndefined();
    expect(createUpstream('https://127.0.0.1:5000')).toBeUndefined();
    expect(createUpstream('http://127.0.0.1.example.com')).toBeUndefined();
    expect(createUpstream('nonsense')).toBeUndefined();
    expect(createUpstream('http://127.0.0.1:5000')).toBeDefined();
  });

  it('gets the calls that the sandbox does not know, and only those', async () => {
    const seen: string[] = [];
    const emulator = await start({
      dispatcher: {
        handle: async (request) => {
          seen.push(request.headers['x-amz-target'] ?? request.path);
          return {
            status: 200,
            headers: { 'content-type': 'application/x-amz-json-1.1' },
            body: textToBytes('{"serviceArns":["from-upstream"]}'),
          };
        },
      },
    });
    const upstream = createUpstream(emulator.server.endpoint);
    const { server } = await start({}, upstream ? { upstream } : {});
    const answer = await call(server, {
      headers: { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListServices', host: `127.0.0.1:${server.port}` },
    });
    expect(JSON.parse(answer.text)).toEqual({ serviceArns: ['from-upstream'] });
    expect((await call(server, {})).text).toContain('"api"');
    expect(seen).toEqual(['AmazonEC2ContainerServiceV20141113.ListServices']);
  });

  it('that does not answer is a 502 with its address', async () => {
    const upstream = createUpstream('http://127.0.0.1:1');
    const { server } = await start({}, upstream ? { upstream } : {});
    const answer = await call(server, { headers: { 'x-amz-target': 'DynamoDB_20120810.GetItem' } });
    expect(answer.status).toBe(502);
    expect(answer.text).toContain('http://127.0.0.1:1');
  });
});

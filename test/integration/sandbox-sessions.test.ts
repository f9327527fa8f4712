/**
 * Sessions of the sandbox against AWS's own session-manager-plugin: the data channel's protocol is theirs, and a client
 * that we did not write says whether ours is right.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeTasksCommand,
  ECSClient,
  ExecuteCommandCommand,
  ListTasksCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { DescribeSessionsCommand, SSMClient, StartSessionCommand, TerminateSessionCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Sandbox, startSandbox } from '../../src/lib/sandbox/start-sandbox.js';
import { endpointConfig } from '../helpers/sandbox-client.js';
import { sessionPluginOrSkip } from '../helpers/session-plugin.js';

const region = 'us-east-1';
const execKey = { accessKeyId: 'SANDBOXEXECKEY', secretAccessKey: 'made-for-this-test' };

let folder = '';
let sandbox: Sandbox;
let children: ChildProcess[] = [];

const taskDefinition = {
  family: 'shop-staging-api',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
  taskRoleArn: 'arn:aws:iam::123456789012:role/shop-task',
  containerDefinitions: [
    {
      name: 'api',
      image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/shop-api:seed',
      command: ['node', 'main.mjs'],
      environment: [{ name: 'COLOUR', value: 'blue' }],
    },
    { name: 'sidecar', image: 'public.ecr.aws/sidecar:1', environment: [{ name: 'COLOUR', value: 'green' }] },
  ],
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'platform-sessions-'));
  writeFileSync(join(folder, 'main.mjs'), 'setInterval(() => {}, 1000);\n');
  children = [];
  sandbox = await startSandbox({
    id: 'sessions',
    token: 'token',
    speed: 600,
    now: Date.UTC(2026, 10, 23, 12),
    region,
    trafficRps: 0,
    execKey,
    newId: () => 'again',
  });
  await sandbox.seed({
    project: 'shop',
    environment: 'staging',
    region,
    clusters: ['shop-staging'],
    services: [
      {
        name: 'api',
        serviceName: 'shop-staging-api',
        family: 'shop-staging-api',
        cluster: 'shop-staging',
        container: 'api',
        desiredCount: 1,
        image: 'shop-api:seed',
        logGroup: '/ecs/shop',
        taskDefinition,
      },
    ],
    logGroups: ['/ecs/shop'],
    parameters: [],
    secrets: [],
    roles: ['arn:aws:iam::123456789012:role/shop-task'],
    repositories: [{ name: 'shop-api', execFolder: folder }],
    loopbackHosts: ['db.shop.internal'],
  });
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

const config = () => ({ ...endpointConfig(sandbox.endpoint), region, credentials: execKey });
const ecs = (): ECSClient => new ECSClient(config());
const ssm = (): SSMClient => new SSMClient(config());

const theTask = async () => {
  const { taskArns } = await ecs().send(new ListTasksCommand({ cluster: 'shop-staging' }));
  const { tasks } = await ecs().send(new DescribeTasksCommand({ cluster: 'shop-staging', tasks: taskArns ?? [] }));
  const task = tasks?.[0];
  if (!task) throw new Error('no task');
  return task;
};

const execute = async (command: string, container = 'api') => {
  const { taskArn = '' } = await theTask();
  const answer = await ecs().send(
    new ExecuteCommandCommand({ cluster: 'shop-staging', task: taskArn, container, command, interactive: true }),
  );
  return answer.session ?? {};
};

interface Grant {
  readonly sessionId?: string | undefined;
  readonly streamUrl?: string | undefined;
  readonly tokenValue?: string | undefined;
}

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Waits until the output matches. */
  readonly see: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly end: Promise<number | null>;
}

/** The plugin, as the AWS CLI starts it. Its stdin stays open: it ends the session at the end of its input. */
const runPlugin = (pluginFolder: string, grant: Grant): Running => {
  const { sessionId: SessionId, streamUrl: StreamUrl, tokenValue: TokenValue } = grant;
  const child = spawn(
    join(pluginFolder, 'session-manager-plugin'),
    ['AWS_SSM_START_SESSION_RESPONSE', region, 'StartSession', '', '{"Target":"x"}', sandbox.endpoint],
    {
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        TMPDIR: folder,
        AWS_ACCESS_KEY_ID: execKey.accessKeyId,
        AWS_SECRET_ACCESS_KEY: execKey.secretAccessKey,
        AWS_SSM_START_SESSION_RESPONSE: JSON.stringify({ SessionId, StreamUrl, TokenValue }),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  children.push(child);
  let text = '';
  let look = (): void => undefined;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      look();
    });
  return {
    child,
    output: () => text,
    see: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          const match = pattern.exec(text);
          if (match) resolve(match);
        };
        look();
        child.once('close', () => reject(new Error(`the plugin ended without ${pattern}: ${text}`)));
      }),
    end: once(child, 'close').then(([code]) => code as number | null),
  };
};

describe('a session of ExecuteCommand', () => {
  it('runs the command in the container’s folder with its environment and nothing of ours', async (context) => {
    const plugin = await sessionPluginOrSkip(context.skip);
    process.env['PLATFORM_TEST_PLANTED'] = 'planted';
    const session = await execute(`sh -c 'pwd; echo "it is $COLOUR"; env | grep -c PLANTED; ls'`);
    const running = runPlugin(plugin, session);
    expect(await running.end).toBe(0);
    expect(running.output()).toContain(`${folder}\r\nit is blue\r\n0\r\nmain.mjs\r\n`);
    expect(running.output()).toContain('Exiting session with sessionId: ecs-execute-command-');
  });

  it('brings 1 MB of output whole and in order', async (context) => {
    const plugin = await sessionPluginOrSkip(context.skip);
    const running = runPlugin(
      plugin,
      await execute(`sh -c 'i=0; while [ $i -lt 20000 ]; do echo "line $i ${'x'.repeat(40)}"; i=$((i+1)); done'`),
    );
    await running.end;
    const lines = running
      .output()
      .split('\r\n')
      .filter((line) => line.includes('xxx'));
    expect(lines.length).toBe(20_000);
    for (const [index, line] of lines.entries()) expect(line.endsWith(`line ${index} ${'x'.repeat(40)}`)).toBe(true);
  });

  it('hands on what is typed, and Ctrl-C as a signal', async (context) => {
    const plugin = await sessionPluginOrSkip(context.skip);
    const running = runPlugin(
      plugin,
      await execute(`sh -c 'trap "echo caught; exit 0" INT; read line; echo "got $line"; sleep 30 & wait'`),
    );
    await running.see(/Starting session/);
    running.child.stdin?.write('hello\r');
    await running.see(/got hello/);
    running.child.kill('SIGINT');
    await running.see(/caught/);
    expect(await running.end).toBe(0);
  });

  it('answers in a container without a process by itself', async (context) => {
    const plugin = await sessionPluginOrSkip(context.skip);
    const running = runPlugin(
      plugin,
      await execute(`sh -c 'printenv COLOUR; false || echo "no $?"; (exit 4); echo $?; ls'`, 'sidecar'),
    );
    await running.end;
    expect(running.output()).toContain('green\r\nno 1\r\n4\r\nsh: ls: not found\r\n');
  });

  it('says why a command could not be started', async (context) => {
    const plugin = await sessionPluginOrSkip(context.skip);
    for (const container of ['api', 'sidecar']) {
      const running = runPlugin(plugin, await execute('no-such-program', container));
      await running.end;
      expect(running.output()).toContain('exec: "no-such-program": executable file not found in $PATH');
    }
  });

  it('ends with its task, and with TerminateSession', async (context) => {
    const plugin = await sessionPluginOrSkip(context.skip);
    const session = await execute('sh');
    const running = runPlugin(plugin, session);
    await running.see(/\$ |# /);
    const active = await ssm().send(new DescribeSessionsCommand({ State: 'Active' }));
    expect(active.Sessions?.map(({ SessionId }) => SessionId)).toEqual([session.sessionId]);
    await ssm().send(new TerminateSessionCommand({ SessionId: session.sessionId ?? '' }));
    expect(await running.end).toBe(0);
    expect(running.output()).toContain('Your session has been terminated.');
    const past = await ssm().send(new DescribeSessionsCommand({ State: 'History' }));
    expect(past.Sessions?.[0]).toMatchObject({ SessionId: session.sessionId, Status: 'Terminated' });
    const other = runPlugin(plugin, await execute('sh', 'sidecar'));
    await other.see(/\$ /);
    const { taskArn = '' } = await theTask();
    await ecs().send(new StopTaskCommand({ cluster: 'shop-staging', task: taskArn }));
    expect(await other.end).toBe(0);
    expect(other.output()).toContain('The container has stopped.');
  });

  it('takes one client, with the token, and no web page', async () => {
    const session = await execute('sh');
    const upgrade = (headers: Readonly<Record<string, string>>): Promise<number> =>
      new Promise((resolve) => {
        const call = request(`${sandbox.endpoint}/v1/data-channel/${session.sessionId}`, {
          headers: {
            connection: 'Upgrade',
            upgrade: 'websocket',
            'sec-websocket-version': '13',
            'sec-websocket-key': randomBytes(16).toString('base64'),
            ...headers,
          },
        });
        call.once('upgrade', (_answer, socket) => {
          socket.destroy();
          resolve(101);
        });
        call.once('response', (answer) => resolve(answer.statusCode ?? 0));
        call.once('error', () => resolve(0));
        call.end();
      });
    expect(await upgrade({ origin: 'http://evil.example' })).toBe(403);
    expect(await upgrade({ host: 'evil.example' })).toBe(403);
    expect(await upgrade({})).toBe(101);
    const closed = await new Promise<number>((resolve) => {
      const socket = new WebSocket(session.streamUrl ?? '');
      socket.addEventListener('open', () => socket.send(JSON.stringify({ TokenValue: 'guessed' })));
      socket.addEventListener('close', ({ code }) => resolve(code));
    });
    expect(closed).toBe(1008);
  });
});

/** Answers every connection with the digest of what it got, then with the same bytes. */
const echoServer = async (): Promise<Server> => {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const exchange = (port: number, bytes: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const got: Buffer[] = [];
    let length = 0;
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      got.push(chunk);
      length += chunk.length;
      if (length >= bytes.length) socket.end(() => resolve(Buffer.concat(got)));
    });
    socket.on('close', () => resolve(Buffer.concat(got)));
    socket.write(bytes);
  });

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a session that forwards a port', () => {
  const open = async (plugin: string, parameters: Record<string, string[]>): Promise<Running & { port: number }> => {
    const task = await theTask();
    const runtimeId = task.containers?.find(({ name }) => name === 'api')?.runtimeId;
    const { SessionId, StreamUrl, TokenValue } = await ssm().send(
      new StartSessionCommand({
        Target: `ecs:shop-staging_${task.taskArn?.split('/').at(-1)}_${runtimeId}`,
        DocumentName: 'AWS-StartPortForwardingSessionToRemoteHost',
        Parameters: parameters,
      }),
    );
    const running = runPlugin(plugin, { sessionId: SessionId, streamUrl: StreamUrl, tokenValue: TokenValue });
    const [, port] = await running.see(/Port (\d+) opened/);
    return { ...running, port: Number(port) };
  };

  it('carries 2 MB in both directions unchanged, over three connections at once', async (context) => {
    const plugin = await sessionPluginOrSkip(context.skip);
    const server = await echoServer();
    const portNumber = [String((server.address() as AddressInfo).port)];
    const running = await open(plugin, { host: ['db.shop.internal'], portNumber, localPortNumber: ['0'] });
    const sent = [2_000_000, 300_000, 40_000].map((length) => randomBytes(length));
    const got = await Promise.all(sent.map((bytes) => exchange(running.port, bytes)));
    expect(got.map(digest)).toEqual(sent.map(digest));
    running.child.kill('SIGINT');
    expect(await running.end).toBe(0);
    server.close();
  });

  it('goes nowhere but to this machine', async (context) => {
    const plugin = await sessionPluginOrSkip(context.skip);
    const running = await open(plugin, { host: ['example.com'], portNumber: ['80'] });
    expect((await exchange(running.port, Buffer.from('GET / HTTP/1.0\r\n\r\n'))).length).toBe(0);
    await running.see(/Connection to destination port failed/);
  });
});

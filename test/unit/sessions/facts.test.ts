import { describe, expect, it } from 'vitest';
import type { EcsTask } from '../../../src/lib/aws/ecs-model.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { chooseContainer, chooseTask } from '../../../src/lib/sessions/choose-container.js';
import { endpointIn, resolveEndpoint } from '../../../src/lib/sessions/endpoint.js';
import { auditedCommand } from '../../../src/lib/sessions/open-session.js';
import { installHints, isOlder, pluginRequest } from '../../../src/lib/sessions/plugin.js';
import { pluginWords } from '../../../src/lib/sessions/plugin-words.js';
import {
  type ContainerFacts,
  notConnected,
  refused,
  sessionObstacle,
  sessionWarnings,
} from '../../../src/lib/sessions/session-checks.js';

const task = (over: Partial<EcsTask> = {}): EcsTask => ({
  arn: 'arn:aws:ecs:eu-west-1:123456789012:task/shop/aaa111',
  id: 'aaa111',
  taskDefinition: 'api:1',
  status: 'RUNNING',
  desiredStatus: 'RUNNING',
  createdAtMs: 0,
  startedAtMs: 1,
  containers: [
    { name: 'api', status: 'RUNNING' },
    { name: 'proxy', status: 'PENDING' },
  ],
  ...over,
});

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (isPlatformError(error)) return `${error.code} ${error.message} | ${error.hints.join(' | ')}`;
    throw error;
  }
  return 'none';
};

describe('the task of a session', () => {
  const tasks = [
    task({ id: 'aaa111', startedAtMs: 1 }),
    task({ id: 'aab222', startedAtMs: 3 }),
    task({ id: 'ccc333', startedAtMs: 9, status: 'PENDING' }),
    task({ id: 'ddd444', startedAtMs: 8, desiredStatus: 'STOPPED', status: 'DEACTIVATING' }),
  ];
  const choose = (wanted?: string) => chooseTask(tasks, { service: 'api', wanted });

  it('is the newest that runs, or the named one', () => {
    expect(choose().id).toBe('aab222');
    expect(choose('aaa').id).toBe('aaa111');
    expect(choose('arn:aws:ecs:x:1:task/shop/aab222').id).toBe('aab222');
  });

  it.each([
    { wanted: 'aa', said: /^E_USAGE several tasks of api begin with aa \| --task aaa111 \| --task aab222/ },
    { wanted: 'aab223', said: /^E_NOT_FOUND there is no task aab223 in api \| did you mean `aab222`\?/ },
    { wanted: 'ccc', said: /^E_CONFLICT task ccc333 is not running: it is PENDING/ },
    { wanted: '', said: /^E_NOT_FOUND/ },
  ])('is refused: $wanted', ({ wanted, said }) => {
    expect(codeOf(() => choose(wanted))).toMatch(said);
  });

  it('must be there, and so must the container', () => {
    expect(codeOf(() => chooseTask([task({ status: 'PENDING' })], { service: 'api' }))).toMatch(
      /^E_NOT_FOUND no task of api is running \(1 on their way: PENDING\) \| platform status/,
    );
    expect(chooseContainer(task(), { usual: 'api' }).name).toBe('api');
    expect(codeOf(() => chooseContainer(task(), { usual: 'api', wanted: 'apu' }))).toMatch(/did you mean `api`/);
    expect(codeOf(() => chooseContainer(task(), { usual: 'api', wanted: 'proxy' }))).toMatch(/it is PENDING/);
  });
});

const facts = (over: Partial<ContainerFacts> = {}): ContainerFacts => ({
  service: 'api',
  cluster: 'shop',
  region: 'eu-west-1',
  live: { name: 'shop-api', execEnabled: true },
  task: { id: 'aaa111', execEnabled: true, platformVersion: '1.4.0' },
  container: { name: 'api', execAgent: { status: 'RUNNING' } },
  definition: { taskRole: 'arn:aws:iam::1:role/shop-task', readonlyRoot: false, hasInit: true },
  ...over,
});
const definition = (over: Partial<ContainerFacts['definition']>) => ({ ...facts().definition, ...over });
const obstacle = (over: Partial<ContainerFacts>): string => {
  const error = sessionObstacle(facts(over));
  return error === undefined ? 'none' : `${error.code} ${error.message} | ${error.hints.join(' | ')}`;
};

describe('what stands in the way of a session', () => {
  it('is nothing when all is well', () => {
    expect(sessionObstacle(facts())).toBeUndefined();
    expect(sessionWarnings(facts(), { kind: 'shell' })).toEqual([]);
  });

  it.each([
    {
      name: 'Exec is off',
      over: { live: { name: 'shop-api', execEnabled: false }, task: { id: 'aaa111', execEnabled: false } },
      said: 'E_POLICY ECS Exec is off for api (shop-api); it is for tasks that start after it was switched on | aws ecs update-service --region eu-west-1 --cluster shop --service shop-api --enable-execute-command | platform restart api',
    },
    {
      name: 'switched on later',
      over: { task: { id: 'aaa111', execEnabled: false } },
      said: 'E_POLICY task aaa111 was started before ECS Exec was switched on for api | platform restart api',
    },
    {
      name: 'an old platform',
      over: { task: { id: 'aaa111', execEnabled: true, platformVersion: '1.3.0' } },
      said: /^E_POLICY task aaa111 runs on Fargate platform 1\.3\.0, and ECS Exec needs 1\.4\.0/,
    },
    {
      name: 'no task role',
      over: { definition: definition({ taskRole: undefined }) },
      said: /^E_POLICY api has no task role.*ssmmessages/,
    },
    {
      name: 'the agent starts',
      over: { container: { name: 'api', execAgent: { status: 'PENDING' } } },
      said: /^E_CONFLICT the agent of ECS Exec in container api of task aaa111 is still starting/,
    },
    {
      name: 'a read-only root',
      over: {
        container: { name: 'api', execAgent: { status: 'STOPPED', reason: 'cannot write' } },
        definition: definition({ readonlyRoot: true }),
      },
      said: /is STOPPED: readonlyRootFilesystem is true, and it must write its files: cannot write/,
    },
    {
      name: 'the agent died',
      over: { container: { name: 'api', execAgent: { status: 'STOPPED', reason: 'killed' } } },
      said: 'E_POLICY the agent of ECS Exec in container api of task aaa111 is STOPPED: killed | platform restart api',
    },
  ])('$name', ({ over, said }) => {
    if (typeof said === 'string') expect(obstacle(over)).toBe(said);
    else expect(obstacle(over)).toMatch(said);
  });

  it('is warned of where it is none', () => {
    const codes = (over: Partial<ContainerFacts>, kind: 'shell' | 'command' | 'tunnel') =>
      sessionWarnings(facts(over), { kind }).map(({ code }) => code);
    expect(codes({ definition: definition({ readonlyRoot: true, pidMode: 'task' }) }, 'command')).toEqual([
      'W_READONLY_ROOT',
      'W_PID_MODE',
    ]);
    expect(codes({ definition: definition({ hasInit: false }) }, 'shell')).toEqual(['W_NO_INIT']);
    expect(codes({ definition: definition({ hasInit: false }) }, 'command')).toEqual([]);
  });

  it('is explained where AWS only says that it does not reach the agent', () => {
    const cause = new Error('internal');
    const denied = notConnected(facts(), { denied: ['ssmmessages:OpenDataChannel'], cause });
    expect([denied.code, denied.message]).toEqual([
      'E_DENIED',
      'AWS does not reach the agent in container api of task aaa111: its task role shop-task is not allowed ssmmessages:OpenDataChannel',
    ]);
    const unknown = notConnected(facts(), { denied: undefined, cause });
    expect(unknown.code).toBe('E_UNREACHABLE');
    expect(unknown.hints.join('\n')).toMatch(/simulate-principal-policy[\s\S]*com\.amazonaws\.eu-west-1\.ssmmessages/);
    expect(notConnected(facts(), { denied: [], cause }).hints.join()).not.toContain('simulate');
    const other = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    expect(refused(facts(), other)).toBe(other);
    expect(refused(facts(), Object.assign(new Error('gone'), { name: 'InvalidParameterException' }))).toMatchObject({
      code: 'E_CONFLICT',
    });
  });
});

describe('the plugin', () => {
  it('is compared by its version', () => {
    expect(isOlder('1.2.496.9', '1.2.497.0')).toBe(true);
    for (const version of ['1.2.497.0', '1.2.1000.0', '1.3.0.0', '2'])
      expect(isOlder(version, '1.2.497.0')).toBe(false);
    for (const version of ['', 'dev', '1.x']) expect(isOlder(version, '1.2.497.0')).toBe(true);
  });

  it('is installed differently on every system', () => {
    expect(installHints({ platform: 'darwin', arch: 'arm64' })[0]).toBe('brew install --cask session-manager-plugin');
    expect(installHints({ platform: 'linux', arch: 'arm64' })[0]).toContain('ubuntu_arm64/session-manager-plugin.deb');
    expect(installHints({ platform: 'win32', arch: 'x64' })[0]).toContain('SessionManagerPluginSetup.exe');
  });

  const grant = { sessionId: 's-1', streamUrl: 'ws://127.0.0.1:1/x', tokenValue: 'the-token' };
  const keys = { accessKeyId: 'AKID', secretAccessKey: 'the-secret' };
  const call = { grant, keys, region: 'eu-west-1', target: 'ecs:shop_a_b-1' };
  const paths = { cwd: '/tmp', state: '/tmp', templates: '/tmp' };
  const env = { PATH: '/bin', AWS_PROFILE: 'prod', AWS_SESSION_TOKEN: 'old', AWS_ACCESS_KEY_ID: 'MINE' };

  it('gets token and keys in its environment, never as arguments, and the identity that opened the session', () => {
    const request = pluginRequest({ env, paths, place: { kind: 'aws' } }, call);
    expect(request.argv.join(' ')).not.toMatch(/the-token|the-secret/);
    expect(request.argv.slice(0, 4)).toEqual([
      'session-manager-plugin',
      'AWS_SSM_START_SESSION_RESPONSE',
      'eu-west-1',
      'StartSession',
    ]);
    expect(request.env).toMatchObject({ AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'the-secret' });
    expect(JSON.parse(request.env['AWS_SSM_START_SESSION_RESPONSE'] ?? '')).toMatchObject({ TokenValue: 'the-token' });
    expect(Object.keys(request.env)).not.toEqual(expect.arrayContaining(['AWS_PROFILE']));
    expect(request.env['AWS_SESSION_TOKEN']).toBeUndefined();
  });

  it('gets nothing of the operator’s credentials in a sandbox', () => {
    const place = { kind: 'sandbox', id: 's', endpoint: 'http://127.0.0.1:9', speed: 60 } as const;
    const request = pluginRequest(
      { env, paths, place },
      { ...call, keys: { accessKeyId: 'sandbox', secretAccessKey: 'x' } },
    );
    expect(JSON.stringify(request)).not.toMatch(/prod|MINE|old/);
    expect(request.argv.at(-1)).toBe('http://127.0.0.1:9');
    expect(request.env).toMatchObject({ AWS_CONFIG_FILE: '/dev/null', AWS_ACCESS_KEY_ID: 'sandbox' });
  });

  it('is quoted without its frame and without secrets', () => {
    const text =
      '\nStarting session with SessionId: s-1\n\n\nSessionId: s-1 : ----------ERROR-------\nUnable to start command: exec: "sh": executable file not found in $PATH password=hunter2secret\n\n';
    expect(pluginWords(text)).toMatch(/^Unable to start command: exec: "sh": executable file not found in \$PATH/);
    expect(pluginWords(text)).not.toContain('hunter2secret');
    expect(pluginWords('\nStarting session with SessionId: s\n\n\nExiting session with sessionId: s.\n')).toBe('');
  });
});

describe('the address of a data store', () => {
  it.each([
    ['db.internal:6000', 'postgres', { host: 'db.internal', port: 6000 }],
    ['db.internal', 'postgres', { host: 'db.internal', port: 5432 }],
    ['postgres://app:p%40ss@db.internal:6000/app?sslmode=require', 'postgres', { host: 'db.internal', port: 6000 }],
    ['postgresql://app:p@ss:word@db.internal/app', 'postgres', { host: 'db.internal', port: 5432 }],
    ['mysql://db.internal', 'mysql', { host: 'db.internal', port: 3306 }],
    ['rediss://:secret@cache.internal:6380/0', 'redis', { host: 'cache.internal', port: 6380 }],
    [
      '{"engine":"postgres","host":"db.internal","port":5433,"password":"x"}',
      'postgres',
      { host: 'db.internal', port: 5433 },
    ],
    ['{"host":"db.internal"}', 'mysql', { host: 'db.internal', port: 3306 }],
    ['just a secret', 'postgres', undefined],
    ['{"password":"x"}', 'postgres', undefined],
    ['{broken', 'postgres', undefined],
    ['db.internal:99999', 'postgres', undefined],
    ['-oProxyCommand=x', 'postgres', undefined],
    ['', 'postgres', undefined],
  ] as const)('in %s', (value, kind, endpoint) => {
    expect(endpointIn(value, kind)).toEqual(endpoint);
  });

  it('never shows the rest of what it is taken from', async () => {
    const values = { parameter: async () => 'hunter2 not a URL', secret: async () => undefined };
    const of = (endpoint?: string) =>
      resolveEndpoint({
        name: 'db',
        environment: 'staging',
        store: { kind: 'postgres', identifier: 'x', ...(endpoint === undefined ? {} : { endpoint }) },
        values,
      }).catch((error: unknown) => error);
    const wrong = await of('ssm:/shop/DB');
    expect(wrong).toMatchObject({ code: 'E_CONFIG' });
    expect(JSON.stringify(wrong)).not.toContain('hunter2');
    expect((wrong as Error).message).not.toContain('hunter2');
    expect(await of('secretsmanager:gone')).toMatchObject({ code: 'E_NOT_FOUND' });
    expect(await of()).toMatchObject({ code: 'E_CONFIG', exitCode: 3 });
  });
});

describe('the audit line', () => {
  it('holds the program and how many words, never the words', () => {
    expect(auditedCommand(['psql', 'postgres://app:hunter2@db/app', '-c', 'select 1'])).toEqual({
      program: 'psql',
      words: 4,
    });
    expect(JSON.stringify(auditedCommand(['PASSWORD=hunter2secret']))).not.toContain('hunter2secret');
    expect(auditedCommand([])).toEqual({ program: 'sh', words: 0 });
  });
});

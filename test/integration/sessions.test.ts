/** What `exec` and `tunnel` say before anything is opened, against the sandbox in process. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RegisterTaskDefinitionCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from 'vitest';
import { isPlatformError } from '../../src/lib/errors/platform-error.js';
import { prepareExec, runCommand } from '../../src/lib/sessions/exec.js';
import { prepareTunnel } from '../../src/lib/sessions/tunnel.js';
import { createRig, type Rig } from '../operations/sandbox-rig.js';

let rig: Rig;
afterEach(() => rig.dispose());

const plugin = async (): Promise<string> => '1.3.0.0';
const request = { service: 'api', words: ['true'], terminal: 'none' } as const;

const prepare = async (over: Partial<Parameters<typeof prepareExec>[2]> = {}) =>
  rig.drive(prepareExec(rig.ctx, await rig.drive(rig.target()), { ...request, ...over }, plugin));

const said = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (isPlatformError(error)) return `${error.exitCode} ${error.code} ${error.message}`;
    throw error;
  }
  return 'nothing';
};

/** A new revision with a task role, and ECS Exec on, rolled out. */
const enable = async (container: object = {}): Promise<void> => {
  const ecs = await rig.clients.write('ecs');
  const registered = ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'shop-staging-api',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
      taskRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
      containerDefinitions: [
        { name: 'api', image: 'shop-api:v2', portMappings: [{ containerPort: 3000 }], ...container },
      ],
    }),
  );
  const { taskDefinition } = await rig.drive(registered);
  const change = new UpdateServiceCommand({
    cluster: 'shop-staging',
    service: 'shop-staging-api',
    taskDefinition: taskDefinition?.taskDefinitionArn,
    enableExecuteCommand: true,
  });
  await rig.drive(ecs.send(change));
  rig.world.advance(20 * 60_000);
};

const deny = (action: string): void => {
  const { roles } = rig.world.service<{ roles: Record<string, { denied: string[] }> }>('aws-global', 'iam');
  roles['ecsTaskExecutionRole']?.denied.push(action);
};

describe('exec', () => {
  it('says that ECS Exec is off and how to switch it on', async () => {
    rig = await createRig();
    expect(await said(prepare())).toMatch(/^3 E_POLICY ECS Exec is off for api \(shop-staging-api\)/);
    expect(await said(prepare({ service: 'apj' }))).toMatch(/^5 E_NOT_FOUND there is no service apj/);
    expect(await said(prepare({ task: 'zzz' }))).toMatch(/^5 E_NOT_FOUND there is no task zzz in api/);
    expect(await said(prepare({ container: 'apu' }))).toMatch(/^5 E_NOT_FOUND there is no container apu/);
    expect(await said(prepare({ terminal: 'missing', words: [] }))).toMatch(/^2 E_USAGE a shell needs a terminal/);
    expect(rig.changes()).toEqual([]);
  });

  it('finds the container once it can be entered, and knows what a service asleep means', async () => {
    rig = await createRig();
    await enable();
    const { seen, what, warnings } = await prepare();
    expect(what).toBe('run a command in api');
    expect(warnings).toEqual([]);
    expect(seen.sessionTarget).toMatch(/^ecs:shop-staging_[0-9a-f]{32}_[0-9a-f]{32}-\d{10}$/);
    expect(await said(prepare({ task: seen.task.id.slice(0, 8) }))).toBe('nothing');
    const ecs = await rig.clients.write('ecs');
    const asleep = { cluster: 'shop-staging', service: 'shop-staging-api', desiredCount: 0 };
    await rig.drive(ecs.send(new UpdateServiceCommand(asleep)));
    rig.world.advance(20 * 60_000);
    expect(await said(prepare())).toMatch(/^5 E_NOT_FOUND no task of api is running/);
  });

  it('explains a container that the agent cannot write to', async () => {
    rig = await createRig();
    await enable({ readonlyRootFilesystem: true });
    expect(await said(prepare())).toMatch(/^3 E_POLICY .*readonlyRootFilesystem is true/);
  });

  it('names what the task role lacks where AWS only says "internal error", and writes the attempt down first', async () => {
    rig = await createRig();
    await enable();
    const prepared = await prepare({ words: ['psql', 'postgres://app:hunter2@db/app'] });
    deny('ssmmessages:OpenControlChannel');
    const io = { consent: 'not needed', signal: new AbortController().signal, onOutput: () => undefined };
    expect(await said(rig.drive(runCommand(rig.ctx, prepared, io)))).toMatch(
      /^4 E_DENIED AWS does not reach the agent in container api .* its task role ecsTaskExecutionRole is not allowed ssmmessages:OpenControlChannel$/,
    );
    const { account, region, environment, project, sandbox } = prepared.at.target;
    expect(account).toBe('123456789012');
    const file = join(rig.ctx.paths.state, `sandbox-${sandbox}`, region, project, environment, 'audit.jsonl');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('hunter2');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      {
        event: 'began',
        kind: 'exec',
        program: 'psql',
        words: 2,
        service: 'api',
        user: 'tester',
        consent: 'not needed',
      },
      { event: 'refused', code: 'TargetNotConnectedException', id: lines[0].id },
    ]);
  });

  it('opens nothing when the audit line cannot be written', async () => {
    rig = await createRig();
    await enable();
    const prepared = await prepare();
    const before = rig.changes().length;
    const ctx = { ...rig.ctx, paths: { ...rig.ctx.paths, state: '/dev/null/state' } };
    const io = { consent: 'not needed', signal: new AbortController().signal, onOutput: () => undefined };
    expect(await said(rig.drive(runCommand(ctx, prepared, io)))).toMatch(/^9 E_JOURNAL/);
    expect(rig.changes().length).toBe(before);
  });
});

describe('tunnel', () => {
  const tunnel = async (name: string, over: object = {}) =>
    rig.drive(prepareTunnel(rig.ctx, await rig.drive(rig.target()), { name, ...over }, plugin));

  it('needs a data store that platform.yaml knows', async () => {
    rig = await createRig();
    expect(await said(tunnel('db'))).toMatch(/^5 E_NOT_FOUND there is no data store db in platform.yaml/);
  });
});

/** Real child processes; the world's time is moved by hand, so only their own boot takes real time. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execFolders } from '../../src/lib/sandbox/apply-seed.js';
import { manualClock } from '../../src/lib/sandbox/clock.js';
import { createExecRunner, type ExecRunner } from '../../src/lib/sandbox/exec.js';
import { startGuardian } from '../../src/lib/sandbox/exec-guardian.js';
import type { ServiceModule } from '../../src/lib/sandbox/service.js';
import { logsModule } from '../../src/lib/sandbox/services/logs/module.js';
import { createLogGroup } from '../../src/lib/sandbox/services/logs/store.js';
import { type ContainerSpec, containerExitTimer } from '../../src/lib/sandbox/task-runner.js';
import { callIn, worldOf } from '../helpers/service-world.js';

const region = 'eu-west-1';
const taskArn = 'arn:aws:ecs:eu-west-1:123456789012:task/shop/t1';

let folder = '';
let runner: ExecRunner | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'platform-exec-test-'));
});
afterEach(async () => {
  await runner?.stopAll();
  rmSync(folder, { recursive: true, force: true });
});

const start = (program: string, extra: Partial<ContainerSpec> = {}) => {
  const exits: unknown[] = [];
  const ecs: ServiceModule = {
    id: 'ecs',
    signingName: 'ecs',
    loadSchema: async () => ({}),
    initial: () => ({ tasks: {} }),
    operations: {},
    timers: { [containerExitTimer]: (_world, _region, exit) => void exits.push(exit) },
  };
  const world = worldOf(logsModule(), ecs);
  const clock = manualClock(world);
  createLogGroup(world, region, '/ecs/api');
  execFolders(world)['shop-api'] = folder;
  writeFileSync(join(folder, 'main.mjs'), program);
  const made = createExecRunner(world, clock);
  runner = made;
  const spec: ContainerSpec = {
    region,
    taskArn,
    container: 'api',
    image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-api:v1',
    entryPoint: [],
    command: [process.execPath, 'main.mjs'],
    environment: { COLOUR: 'blue' },
    secrets: { DATABASE_URL: 'postgres://x' },
    log: { group: '/ecs/api', stream: 'api/t1' },
    ...extra,
  };
  made.start(world, spec);
  const logLines = async (): Promise<readonly string[]> => {
    world.advance(10_000);
    const { events } = await callIn(world, 'logs')('FilterLogEvents', { logGroupName: '/ecs/api' });
    return events.map((event: { message: string }) => event.message);
  };
  const exit = async (): Promise<unknown> => {
    for (let tries = 0; tries < 500 && exits.length === 0; tries += 1) {
      await sleep(10);
      clock.advance(0);
    }
    return exits[0];
  };
  return { world, clock, runner: made, spec, logLines, exit };
};

const server = (answer: string): string => `
import { createServer } from 'node:http';
createServer((request, response) => { ${answer} }).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => { console.log('bye'); process.exit(0); });
`;

describe('a container that runs as a process', () => {
  it('is one with a command whose repository has a folder', () => {
    const { world, runner, spec } = start('');
    expect(runner.handles(world, spec)).toBe(true);
    expect(runner.handles(world, { ...spec, command: [] })).toBe(false);
    expect(runner.handles(world, { ...spec, image: 'nginx:1' })).toBe(false);
  });

  it('sends its output to the log and its exit code to ECS', async () => {
    const { exit, logLines } = start(`console.log('out'); console.error('err'); process.exitCode = 3;`);
    expect(await exit()).toEqual({ taskArn, container: 'api', exitCode: 3, reason: null });
    expect([...(await logLines())].sort()).toEqual(['err', 'out']);
  });

  it('gets its own environment and nothing of the operator', async () => {
    process.env['OPERATORS_TOKEN'] = 'planted-secret';
    const { exit, logLines } = start('console.log(JSON.stringify(process.env))');
    await exit();
    delete process.env['OPERATORS_TOKEN'];
    const environment = JSON.parse((await logLines())[0] ?? '{}') as Record<string, string>;
    expect(environment).toMatchObject({ COLOUR: 'blue', DATABASE_URL: 'postgres://x', PATH: process.env['PATH'] });
    expect(environment['HOME']).not.toBe(process.env['HOME']);
    expect(
      Object.keys(environment)
        .filter((name) => !name.startsWith('__'))
        .sort(),
    ).toEqual(['COLOUR', 'DATABASE_URL', 'HOME', 'PATH', 'PORT']);
  });

  it('lets AWS time stand still until it listens', async () => {
    const program = `setTimeout(async () => { ${server("response.end('ok')").replaceAll('import {', 'const {').replace("} from 'node:http'", "} = await import('node:http')")} }, 300);`;
    const { world, clock, runner } = start(program, { containerPort: 3000 });
    const before = world.now;
    clock.advance(3_600_000);
    expect(world.now).toBe(before);
    await runner.idle();
    expect(world.now).toBe(before + 3_600_000);
    expect(runner.portOf(taskArn, 'api')).toBeGreaterThan(0);
  });

  it('answers health checks for itself: unknown at first, then what it really says', async () => {
    const { runner } = start(server("response.statusCode = request.url === '/health' ? 200 : 500; response.end()"), {
      containerPort: 3000,
    });
    await runner.idle();
    expect(runner.checkHealth(taskArn, 'api', '/health')).toBe('unknown');
    await runner.idle();
    expect(runner.checkHealth(taskArn, 'api', '/broken')).toBe('healthy');
    await runner.idle();
    expect(runner.checkHealth(taskArn, 'api', '/health')).toBe('unhealthy');
    await runner.idle();
  });

  it('is asked to end, and may do so in its own way', async () => {
    const { world, runner, exit, logLines } = start(server('response.end()'), { containerPort: 3000 });
    await runner.idle();
    runner.stop(world, { taskArn, container: 'api', stopTimeoutMs: 30_000 });
    expect(await exit()).toMatchObject({ exitCode: 0 });
    expect(await logLines()).toEqual(['listening', 'bye']);
    expect(runner.isRunning(taskArn, 'api')).toBe(false);
  });

  it('ends with everything that it started, even when that ignores the signal', async () => {
    const program = `
      import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      writeFileSync('child.pid', String(child.pid));
      setInterval(() => {}, 1000);
    `;
    const { runner } = start(program);
    while (!existsSync(join(folder, 'child.pid')) || readFileSync(join(folder, 'child.pid'), 'utf8') === '')
      await sleep(10);
    const pid = Number(readFileSync(join(folder, 'child.pid'), 'utf8'));
    await runner.stopAll();
    // A killed orphan may stay in the process table for a moment: only a live one is a failure.
    const isAlive = (): boolean => {
      try {
        process.kill(pid, 0);
        return !/ Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return false;
      }
    };
    for (let tries = 0; tries < 100 && isAlive(); tries += 1) await sleep(10);
    expect(isAlive()).toBe(false);
  });

  it('ends when the sandbox is gone without a word', async () => {
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const other = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    const guardian = startGuardian();
    guardian.add(child.pid ?? 0);
    guardian.add(other.pid ?? 0);
    guardian.drop(other.pid ?? 0);
    // What a killed process leaves behind: the closed end of the pipe.
    guardian.close();
    expect(await ended).toBe('SIGTERM');
    expect(other.exitCode).toBeNull();
    other.kill('SIGKILL');
  });

  it('that cannot be started says why and exits with 127', async () => {
    const { exit, logLines } = start('', { command: ['no-such-program-here'] });
    expect(await exit()).toMatchObject({ exitCode: 127, reason: expect.stringContaining('CannotStartContainerError') });
    expect((await logLines())[0]).toContain('no-such-program-here');
  });

  it('leaves no temporary home behind', async () => {
    const { exit, logLines } = start('console.log(process.env.HOME)');
    await exit();
    const [home = ''] = await logLines();
    expect([home === '', existsSync(home)]).toEqual([false, false]);
  });
});

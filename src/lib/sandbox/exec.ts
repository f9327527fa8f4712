/**
 * `--exec`: a container's command runs as a child process of the sandbox, in the folder that the seed maps to its image
 * repository. It gets the container's environment and secrets, PATH, a PORT of its own and a temporary HOME, and nothing
 * of the operator's. Its own process group, so that stopping it stops its children. Output goes to CloudWatch Logs, the
 * exit comes back to ECS as a timer. While it boots, and while a probe is on its way, AWS time stands still.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execFolders } from './apply-seed.js';
import type { SandboxClock } from './clock.js';
import { type Guardian, startGuardian } from './exec-guardian.js';
import { parseImage } from './images.js';
import { putLogLines } from './services/logs/store.js';
import { type ContainerSpec, containerExitTimer, type TaskRunner, useTaskRunner } from './task-runner.js';
import type { World } from './world.js';

export interface ExecRunner extends TaskRunner {
  /** Resolves when nothing boots and no probe is pending. */
  idle(): Promise<void>;
  /** Ends every process. */
  stopAll(): Promise<void>;
  /** After the state was replaced: real containers of the new state have no process, so they have exited. */
  afterRestore(): void;
}

/** Real time limits: a program that does not listen by then is left to its health checks. */
const bootLimitMs = 20_000;
const bootPollMs = 25;
const probeLimitMs = 5_000;
/** AWS's stop time-out at 600× would be 50 ms: no program ends that fast. */
const minimumGraceMs = 2_000;
const endLimitMs = 5_000;

interface Running {
  readonly spec: ContainerSpec;
  readonly home: string;
  child?: ChildProcess;
  port?: number;
  health: 'healthy' | 'unhealthy' | 'unknown';
  isProbing: boolean;
  isForgotten: boolean;
  kill?: NodeJS.Timeout;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

const keyOf = (taskArn: string, container: string): string => `${taskArn}/${container}`;

export const createExecRunner = (world: World, clock: SandboxClock): ExecRunner => {
  const running = new Map<string, Running>();
  const busy = new Set<Promise<void>>();
  /** AWS time stands still until the work is done. */
  const holdWhile = (work: Promise<void>): void => {
    const release = clock.hold();
    const done = work
      .catch(() => undefined)
      .finally(() => {
        release();
        busy.delete(done);
      });
    busy.add(done);
  };
  let guardian: Guardian | undefined;
  const guard = (): Guardian => {
    guardian ??= startGuardian();
    return guardian;
  };
  const host: Host = { world, clock, running, holdWhile, guard };
  const runner: ExecRunner = {
    kind: 'exec',
    handles: (_world, spec) => spec.command.length > 0 && folderOf(world, spec) !== undefined,
    start: (_world, spec) => startProcess(host, spec),
    stop: (_world, { taskArn, container, stopTimeoutMs }) => {
      const entry = running.get(keyOf(taskArn, container));
      if (entry) stopProcess(entry, Math.max(minimumGraceMs, stopTimeoutMs / Math.max(1, clock.speed)));
    },
    portOf: (taskArn, container) => running.get(keyOf(taskArn, container))?.port,
    checkHealth: (taskArn, container, path) => {
      const entry = running.get(keyOf(taskArn, container));
      if (!entry) return 'unknown';
      if (entry.port !== undefined && !entry.isProbing) holdWhile(probe(entry, entry.port, path));
      return entry.health;
    },
    isRunning: (taskArn, container) => running.has(keyOf(taskArn, container)),
    homeOf: (taskArn, container) => {
      const entry = running.get(keyOf(taskArn, container));
      const cwd = entry && folderOf(world, entry.spec);
      return entry && cwd !== undefined
        ? { cwd, env: environmentOf(entry, entry.port ?? 0), guard: guard() }
        : undefined;
    },
    idle: async () => {
      while (busy.size > 0) await Promise.all(busy);
    },
    stopAll: async () => {
      const entries = [...running.values()];
      for (const entry of entries) {
        entry.isForgotten = true;
        stopProcess(entry, minimumGraceMs);
      }
      await Promise.race([Promise.all(entries.map(({ ended }) => ended)), delay(endLimitMs)]);
      guardian?.close();
      guardian = undefined;
    },
    afterRestore: () => endLostContainers(world, running),
  };
  useTaskRunner(world, runner);
  return runner;
};

interface Host {
  readonly world: World;
  readonly clock: SandboxClock;
  readonly running: Map<string, Running>;
  readonly holdWhile: (work: Promise<void>) => void;
  readonly guard: () => Guardian;
}

const folderOf = (world: World, spec: ContainerSpec): string | undefined => {
  const folders = execFolders(world);
  const { repository } = parseImage(spec.image);
  return Object.hasOwn(folders, repository) ? folders[repository] : undefined;
};

const startProcess = (host: Host, spec: ContainerSpec): void => {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const entry: Running = {
    spec,
    home: mkdtempSync(join(tmpdir(), 'platform-sandbox-')),
    health: 'unknown',
    isProbing: false,
    isForgotten: false,
    ended,
    end,
  };
  host.running.set(keyOf(spec.taskArn, spec.container), entry);
  host.holdWhile(boot(host, entry));
};

const boot = async (host: Host, entry: Running): Promise<void> => {
  const { spec } = entry;
  const port = await freePort();
  // Asked to end before it began.
  if (entry.isForgotten || entry.kill) return finish(host, entry, { exitCode: 137, reason: null });
  const [file = '', ...args] = [...spec.entryPoint, ...spec.command];
  const child = spawn(file, args, {
    cwd: folderOf(host.world, spec),
    detached: true,
    env: environmentOf(entry, port),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  entry.child = child;
  if (child.pid !== undefined) host.guard().add(child.pid);
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => write(host, entry, line));
  child.once('error', (error) => {
    write(host, entry, `exec: ${file}: ${error.message}`);
    finish(host, entry, { exitCode: 127, reason: `CannotStartContainerError: ${error.message}` });
  });
  // `close` comes after the last line of output, so that no line is later than the exit.
  child.once('close', (code, signal) =>
    finish(host, entry, { exitCode: code ?? signalExitCode(signal), reason: null }),
  );
  if (spec.containerPort === undefined) return;
  entry.port = port;
  await listening(entry, port);
};

const environmentOf = (entry: Running, port: number): Readonly<Record<string, string>> => ({
  ...entry.spec.environment,
  ...entry.spec.secrets,
  PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  HOME: entry.home,
  PORT: String(port),
});

const signalExitCode = (signal: NodeJS.Signals | null): number => (signal === 'SIGTERM' ? 143 : 137);

const write = (host: Host, { spec, isForgotten }: Running, line: string): void => {
  if (spec.log && !isForgotten)
    putLogLines(host.world, spec.region, { ...spec.log, lines: [line.slice(0, 256 * 1024)] });
};

const finish = (
  host: Host,
  entry: Running,
  exit: { readonly exitCode: number; readonly reason: string | null },
): void => {
  const { spec } = entry;
  const key = keyOf(spec.taskArn, spec.container);
  clearTimeout(entry.kill);
  if (host.running.get(key) === entry) {
    host.running.delete(key);
    if (!entry.isForgotten) {
      host.clock.sync();
      host.world.schedule(spec.region, containerExitTimer, 0, {
        taskArn: spec.taskArn,
        container: spec.container,
        ...exit,
      });
    }
  }
  // What it left running in its group ends with it, as in a container.
  killGroup(entry.child, 'SIGKILL');
  if (entry.child?.pid !== undefined) host.guard().drop(entry.child.pid);
  rmSync(entry.home, { recursive: true, force: true });
  entry.end();
};

const killGroup = (child: ChildProcess | undefined, signal: NodeJS.Signals): void => {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
};

const stopProcess = (entry: Running, graceMs: number): void => {
  if (entry.kill) return;
  killGroup(entry.child, 'SIGTERM');
  entry.kill = setTimeout(() => killGroup(entry.child, 'SIGKILL'), graceMs);
};

const delay = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.setTimeout(1_000, () => settle(false));
  });

const listening = async (entry: Running, port: number): Promise<void> => {
  const until = performance.now() + bootLimitMs;
  let hasEnded = false;
  void entry.ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded && performance.now() < until) {
    if (await accepts(port)) return;
    await delay(bootPollMs);
  }
};

const probe = async (entry: Running, port: number, path: string): Promise<void> => {
  entry.isProbing = true;
  const status = await new Promise<number | undefined>((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, timeout: probeLimitMs, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(undefined));
    call.end();
  });
  entry.isProbing = false;
  entry.health = status !== undefined && status >= 200 && status < 400 ? 'healthy' : 'unhealthy';
};

interface RestoredTask {
  readonly arn: string;
  readonly containers: readonly { readonly name: string; readonly status: string; readonly isReal?: boolean }[];
}

const endLostContainers = (world: World, running: ReadonlyMap<string, Running>): void => {
  if (!world.modules.has('ecs')) return;
  for (const region of Object.keys(world.state.regions)) {
    const tasks = world.service<{ tasks?: Record<string, RestoredTask> }>(region, 'ecs').tasks ?? {};
    for (const task of Object.values(tasks)) {
      for (const container of task.containers) {
        const isLost =
          container.isReal === true && container.status === 'RUNNING' && !running.has(keyOf(task.arn, container.name));
        if (isLost)
          world.schedule(region, containerExitTimer, 0, {
            taskArn: task.arn,
            container: container.name,
            exitCode: 137,
            reason: null,
          });
      }
    }
  }
};

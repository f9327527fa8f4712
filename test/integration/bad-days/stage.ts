/**
 * Where a command meets a day: the real command class in process, on a project, a state folder with runs of every kind, a
 * world of AWS and a sandbox's control API. Every meeting begins on the same morning: world, project and state are put
 * back. Time is the world's and moves only when nobody waits for an answer (test/operations/sandbox-rig.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Config } from '@oclif/core';
import type { AwsClients } from '../../../src/lib/aws/clients.js';
import { type AwsAccess, createAwsClients, type HttpTransport } from '../../../src/lib/aws/create-clients.js';
import type { BaseCommand } from '../../../src/lib/cli/base-command.js';
import type { CommandPorts } from '../../../src/lib/cli/command-ports.js';
import type { Terminal } from '../../../src/lib/cli/terminal.js';
import type { Ctx } from '../../../src/lib/context/context.js';
import type { ContextOptions, CreatedContext } from '../../../src/lib/context/create-context.js';
import { processStart } from '../../../src/lib/sandbox/daemon-process.js';
import { type SandboxEntry, sandboxFolder, writeEntry } from '../../../src/lib/sandbox/registry.js';
import { type Sandbox, startSandbox } from '../../../src/lib/sandbox/start-sandbox.js';
import { type ManifestCommand, manifest, repository } from '../../helpers/manifest.js';
import { sampleId, started, writeRun } from '../../helpers/sample-runs.js';
import { recordedTerminal } from '../../helpers/terminal.js';
import { createRig, type Rig, type RigService, writeProject } from '../../operations/sandbox-rig.js';

export interface Ending {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Calls that reached AWS, or tried to. */
  readonly calls: number;
}

/** What a day changes about the meeting; everything else is as on a good day. */
export interface Scene {
  readonly ctx?: (ctx: Ctx) => Ctx;
  /** Instead of the stage's own context: the real one, for days that strike while it is made. */
  readonly createContext?: (options: ContextOptions) => Promise<CreatedContext>;
  readonly env?: Readonly<Record<string, string>>;
  readonly access?: AwsAccess;
  readonly transport?: (inner: HttpTransport) => HttpTransport;
  /** Before the n-th call to AWS, counted from 1. */
  readonly beforeCall?: (call: AwsCall) => void | Promise<void>;
  /** After AWS has answered it. */
  readonly afterCall?: (call: AwsCall) => void;
  readonly terminal?: Parameters<typeof recordedTerminal>[0];
  readonly interrupt?: AbortSignal;
  readonly argv?: (argv: readonly string[]) => readonly string[];
}

export interface AwsCall {
  readonly number: number;
  /** `UpdateService` */
  readonly operation: string;
}

export interface Stage {
  readonly rig: Rig;
  /** The project's folder of the meeting at hand. */
  readonly cwd: string;
  /** `$XDG_STATE_HOME/platform` of the meeting at hand. */
  readonly state: string;
  readonly sandbox: Sandbox;
  readonly entry: SandboxEntry;
  readonly runs: Readonly<Record<RunName, string>>;
  /** World, project and state as they were when the day began. */
  morning(): Promise<void>;
  meet(words: readonly string[], scene?: Scene): Promise<Ending>;
  /** URL of a server that accepts and never answers. */
  silentServer(): Promise<string>;
  /** URL of a server of another program: a page for everything. */
  strangeServer(): Promise<string>;
  dispose(): Promise<void>;
}

export const runNames = ['GOOD', 'BAD', 'PAUSED', 'DEAD'] as const;
export type RunName = (typeof runNames)[number];

export const services: readonly RigService[] = [
  { name: 'api', desiredCount: 2, port: 3000, logs: true },
  { name: 'web', desiredCount: 1 },
  { name: 'workers', desiredCount: 1 },
];

export const sandboxAccess: AwsAccess = {
  kind: 'sandbox',
  endpoint: 'http://127.0.0.1:1',
  accessKeyId: 'sandbox',
  secretAccessKey: 'sandbox',
};

type CommandClass = (new (argv: string[], config: Config) => BaseCommand<never, unknown>) & { id: string };

export const commandClass = async (command: ManifestCommand): Promise<CommandClass> => {
  const path = join(repository, 'src', ...command.relativePath.slice(1)).replace(/\.js$/, '.ts');
  return ((await import(path)) as { default: CommandClass }).default;
};

const found = (words: readonly string[]): { command: ManifestCommand; rest: readonly string[] } => {
  const { commands } = manifest();
  for (let length = Math.min(3, words.length); length > 0; length -= 1) {
    const command = commands[words.slice(0, length).join(':')];
    if (command) return { command, rest: words.slice(length) };
  }
  throw new Error(`no command: ${words.join(' ')}`);
};

interface Retrying {
  readonly config: {
    readonly retryStrategy: () => Promise<{
      readonly retryBackoffStrategy?: { computeNextBackoffDelay: () => number };
    }>;
  };
}

/** The SDK's waits between attempts are real time; everything else about its retries stays. */
const withoutWaits = async (client: Retrying): Promise<void> => {
  const { retryBackoffStrategy } = await client.config.retryStrategy();
  if (retryBackoffStrategy) retryBackoffStrategy.computeNextBackoffDelay = () => 0;
};

/** Clients whose calls hold time until they are answered, retries and all. */
const holding = (clients: AwsClients, rig: Rig): AwsClients => {
  const held = async <T extends object>(promised: Promise<T>): Promise<T> => {
    const client = await promised;
    await withoutWaits(client as unknown as Retrying);
    return new Proxy(client, {
      get: (of, key, self) => {
        const member: unknown = Reflect.get(of, key, self);
        if (key !== 'send' || typeof member !== 'function') return member;
        return (...args: unknown[]) => rig.hold(Reflect.apply(member, of, args) as Promise<unknown>);
      },
    });
  };
  return { ...clients, read: (name) => held(clients.read(name)), write: (name) => held(clients.write(name)) };
};

const operationOf = (headers: Readonly<Record<string, string>>, body: unknown): string =>
  headers['x-amz-target']?.split('.').at(-1) ?? /Action=(\w+)/.exec(String(body ?? ''))?.[1] ?? '?';

const observed = (inner: HttpTransport, scene: Scene, count: () => number): HttpTransport =>
  ({
    ...inner,
    handle: async (...args: Parameters<HttpTransport['handle']>) => {
      const call = { number: count(), operation: operationOf(args[0].headers, args[0].body) };
      await scene.beforeCall?.(call);
      const answer = await inner.handle(...args);
      scene.afterCall?.(call);
      return answer;
    },
  }) as HttpTransport;

/** A process that only lives, to stand for the sandbox's daemon: `sandbox stop` waits until it is gone. */
const startKeeper = (): ChildProcess => spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });

/** A thousand meetings write as many state folders: in memory, where the system has such a place. */
const inMemory = async <T>(work: () => Promise<T>): Promise<T> => {
  const usual = process.env['TMPDIR'];
  if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';
  try {
    return await work();
  } finally {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
  }
};

export const openStage = (): Promise<Stage> => inMemory(open);

const open = async (): Promise<Stage> => {
  const rig = await createRig({ services });
  const home = mkdtempSync(join(tmpdir(), 'platform-stage-'));
  const { state } = rig.ctx.paths;
  const kept = join(home, 'morning');
  let keeper = startKeeper();
  let cwd = join(home, 'project-0', 'shop');
  let folders = 0;
  const sandbox = await startSandbox({
    id: 'test',
    token: 'token-of-the-stage',
    speed: 'manual',
    now: rig.world.now,
    trafficRps: 0,
    limits: 'off',
    newId: () => 'test-again',
    onStop: () => keeper.kill('SIGKILL'),
  });
  const entry = (): SandboxEntry => ({
    id: 'test',
    endpoint: sandbox.endpoint,
    pid: keeper.pid ?? 0,
    pidStart: processStart(keeper.pid ?? 0) ?? '',
    token: 'token-of-the-stage',
    speed: 60,
    region: 'eu-west-1',
    account: '123456789012',
    exec: false,
    accessKeyId: 'sandbox',
    secretAccessKey: 'sandbox',
    createdAt: '2026-11-23T12:00:00.000Z',
    log: join(home, 'sandbox.log'),
  });
  const config = await Config.load(repository);
  const runs: Record<RunName, string> = { GOOD: '', BAD: '', PAUSED: '', DEAD: sampleId(9) };
  let snapshot = '';
  let faults = sandbox.world.snapshot();

  const meet = async (words: readonly string[], scene: Scene = {}): Promise<Ending> => {
    const { command, rest } = found(words);
    const terminal = recordedTerminal(scene.terminal);
    const env = { PATH: process.env['PATH'] ?? '', HOME: join(home, 'home'), ...scene.env };
    let calls = 0;
    const count = (): number => {
      calls += 1;
      return calls;
    };
    const transport = observed(scene.transport?.(rig.transport) ?? rig.transport, scene, count);
    const usual: Ctx = {
      ...rig.ctx,
      env,
      paths: { ...rig.ctx.paths, cwd, templates: join(repository, 'templates') },
      aws: ({ region }) =>
        holding(
          createAwsClients({
            region,
            userAgent: 'platform/test',
            access: scene.access ?? sandboxAccess,
            requestHandler: transport,
          }),
          rig,
        ),
    };
    const ctx = scene.ctx?.(usual) ?? usual;
    let exitCode = -1;
    const ports: Partial<CommandPorts> = {
      terminal: terminal as Terminal,
      env,
      createContext: scene.createContext ?? (async () => ({ ctx, logFile: () => undefined, dispose: () => undefined })),
      prompts: () => refusingPrompts,
      listenForSignals: () => ({
        signal: scene.interrupt ?? new AbortController().signal,
        dispose: () => undefined,
      }),
      setExitCode: (code) => {
        exitCode = code;
      },
      exit: () => undefined as never,
    };
    const Command = await commandClass(command);
    Command.id = command.id;
    const argv = [...(scene.argv?.(rest) ?? rest)];
    await rig.drive(new Command(argv, config).using(ports).run());
    rig.forget();
    return { exitCode, stdout: terminal.stdout(), stderr: terminal.stderr(), calls };
  };

  const morning = async (): Promise<void> => {
    rig.world.restore(snapshot);
    rig.world.state.timeline = [];
    sandbox.world.restore(faults);
    rig.forget();
    if (processStart(keeper.pid ?? 0) === undefined) keeper = startKeeper();
    rmSync(state, { recursive: true, force: true });
    cpSync(kept, state, { recursive: true });
    writeEntry(sandboxFolder(state, process.getuid?.()), entry());
    rmSync(dirname(cwd), { recursive: true, force: true });
    folders += 1;
    cwd = join(home, `project-${folders}`, 'shop');
    mkdirSync(cwd, { recursive: true });
    writeProject(cwd, services);
  };

  mkdirSync(cwd, { recursive: true });
  writeProject(cwd, services);
  const servers: Server[] = [];
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  let silent: Promise<string> | undefined;
  let strange: Promise<string> | undefined;

  await prepareRuns({ rig, meet, runs });
  snapshot = rig.world.snapshot();
  faults = sandbox.world.snapshot();
  cpSync(state, kept, { recursive: true });
  return {
    rig,
    sandbox,
    runs,
    state,
    morning,
    meet,
    silentServer: () => {
      silent ??= serve(() => undefined);
      return silent;
    },
    strangeServer: () => {
      strange ??= serve((_request, response) => {
        response.setHeader('content-type', 'text/html');
        response.end('<html><body>It works!</body></html>');
      });
      return strange;
    },
    get cwd() {
      return cwd;
    },
    get entry() {
      return entry();
    },
    dispose: async () => {
      keeper.kill('SIGKILL');
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      await sandbox.close();
      rig.dispose();
      rmSync(home, { recursive: true, force: true });
    },
  };
};

const refuse = async (): Promise<never> => {
  throw new Error('nobody is there to be asked');
};
const refusingPrompts = { confirm: refuse, input: refuse, select: refuse };

interface Preparing {
  readonly rig: Rig;
  readonly meet: Stage['meet'];
  readonly runs: Record<RunName, string>;
}

/** A release that worked, one that did not, a deploy that was left half-way, and one whose process was killed. */
const prepareRuns = async ({ rig, meet, runs }: Preparing): Promise<void> => {
  const idOf = (ending: Ending): string => (JSON.parse(ending.stdout) as { runId: string }).runId;
  runs.GOOD = idOf(await meet('deploy api --tag v1 --json'.split(' ')));
  runs.BAD = idOf(await meet('deploy api --tag v2-bad --json'.split(' ')));
  // A second one that worked, for the roll-back to leave.
  await meet('deploy api --tag v2 --json'.split(' '));
  const hangUp = new AbortController();
  const afterCall = ({ operation }: AwsCall): void => {
    if (operation === 'UpdateService') hangUp.abort('SIGINT');
  };
  runs.PAUSED = idOf(await meet('deploy workers --tag v2 --json'.split(' '), { afterCall, interrupt: hangUp.signal }));
  await writeRun(rig.ctx, { runId: runs.DEAD, locks: 'web', services: ['web'], lock: 'dead', bodies: [started] });
};

export const wordsFor = (stage: Stage, argv: string): readonly string[] =>
  argv.split(' ').map((word) => ((runNames as readonly string[]).includes(word) ? stage.runs[word as RunName] : word));

/** `platform sandbox start`: finds the running sandbox that fits, or starts one, and seeds it from the project here. */
import { dirname, join, resolve } from 'node:path';
import type { Line, Report, Warning } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import { PlatformError } from '../errors/platform-error.js';
import type { SandboxEntry } from '../sandbox/registry.js';
import { DaemonFailed, ownEntries, spawnDaemon } from '../sandbox/spawn-daemon.js';
import { controlClient } from './control-client.js';
import { seedFromFolder } from './seed-sandbox.js';
import { shellEnvironment } from './shell-environment.js';

export interface StartSandboxOptions {
  readonly port?: number;
  readonly speed?: number;
  readonly state?: string;
  readonly exec: boolean;
  readonly traffic?: number;
  readonly upstream?: string;
  readonly logEvents?: number;
  readonly limits: 'enforced' | 'off';
  readonly environment?: string;
  readonly config?: string;
}

export interface SandboxStartResult {
  readonly id: string;
  readonly endpoint: string;
  readonly pid: number;
  readonly region: string;
  readonly account: string;
  readonly speed: number;
  readonly exec: boolean;
  readonly started: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly seeded: readonly string[];
}

type Needs = Pick<Ctx, 'env' | 'paths' | 'ids'>;

export const defaultSpeed = 60;
const defaultTraffic = 5;

export const startSandbox = async (ctx: Needs, options: StartSandboxOptions): Promise<Report<SandboxStartResult>> => {
  const running = ownEntries(ctx.paths.state).find((entry) => fits(ctx, entry, options));
  const entry = running ?? (await spawn(ctx, options));
  const client = controlClient(entry);
  const seeded = await seedFromFolder(ctx, {
    client,
    ...(options.environment !== undefined && { environment: options.environment }),
    ...(options.config !== undefined && { config: options.config }),
  });
  const { id, endpoint, pid, region, account, speed, exec } = entry;
  return {
    result: {
      id,
      endpoint,
      pid,
      region,
      account,
      speed,
      exec,
      started: running === undefined,
      env: shellEnvironment(entry).set,
      seeded: seeded.added,
    },
    lines: describe(entry, { started: running === undefined, seeded }),
    warnings: [...(running ? differences(running, options) : []), ...seeded.warnings],
    next: [
      { command: 'eval "$(platform sandbox env)"', why: 'this shell and every AWS tool in it use the sandbox' },
      seeded.environments.length > 0
        ? { command: 'platform deploy --tag v1', why: 'ship a release' }
        : { command: 'platform init', why: 'a project to rehearse with' },
    ],
  };
};

/** Without a port or a state folder the running one is meant, whatever its settings. */
const fits = ({ paths }: Needs, entry: SandboxEntry, { port, state }: StartSandboxOptions): boolean => {
  if (port !== undefined && port !== 0 && entry.endpoint !== `http://127.0.0.1:${port}`) return false;
  return state === undefined || entry.stateFolder === resolve(paths.cwd, state);
};

const spawn = async (ctx: Needs, options: StartSandboxOptions): Promise<SandboxEntry> => {
  const root = dirname(ctx.paths.templates);
  const { port, upstream, logEvents, state } = options;
  try {
    return await spawnDaemon({
      entry: join(root, 'dist', 'sandbox', 'daemon.js'),
      stamp: ctx.ids.runId(),
      registryState: ctx.paths.state,
      speed: options.speed ?? defaultSpeed,
      region: ctx.env['AWS_REGION'] || ctx.env['AWS_DEFAULT_REGION'] || 'us-east-1',
      exec: options.exec,
      trafficRps: options.traffic ?? defaultTraffic,
      limits: options.limits,
      ...(port !== undefined && { port }),
      ...(upstream !== undefined && { upstream: checkedUpstream(upstream) }),
      ...(logEvents !== undefined && { logEvents }),
      ...(state !== undefined && { stateFolder: resolve(ctx.paths.cwd, state) }),
    });
  } catch (error) {
    if (!(error instanceof DaemonFailed)) throw error;
    const isTaken = error.message.includes('EADDRINUSE');
    throw new PlatformError(
      'E_UNREACHABLE',
      isTaken ? `port ${port} is in use` : `the sandbox did not start: ${error.message}`,
      { hints: isTaken ? ['platform sandbox start (a free port)'] : [] },
    );
  }
};

const checkedUpstream = (url: string): string => {
  const host = URL.canParse(url) ? new URL(url) : undefined;
  if (host?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(host.hostname)) return url;
  throw new PlatformError('E_USAGE', `--upstream ${url} is not an http URL of this machine`, {
    hints: ['--upstream http://127.0.0.1:5000'],
  });
};

const differences = (entry: SandboxEntry, options: StartSandboxOptions): readonly Warning[] => {
  const other = [
    ...(options.speed !== undefined && options.speed !== entry.speed ? [`--speed ${entry.speed}`] : []),
    ...(options.exec !== entry.exec && options.exec ? ['no --exec'] : []),
  ];
  if (other.length === 0) return [];
  return [
    {
      code: 'W_ALREADY_RUNNING',
      message: `the running sandbox has ${other.join(', ')}; to change that: platform sandbox stop, then start`,
    },
  ];
};

const describe = (
  entry: SandboxEntry,
  {
    started,
    seeded,
  }: {
    readonly started: boolean;
    readonly seeded: { readonly environments: readonly string[]; readonly added: readonly string[] };
  },
): readonly Line[] => [
  [
    { text: started ? 'Sandbox started' : 'Sandbox is running', tone: 'strong' },
    { text: `  ${entry.endpoint}  ` },
    { text: `${entry.speed}×  pid ${entry.pid}`, tone: 'dim' },
  ],
  `AWS account ${entry.account}, region ${entry.region}. Nothing here can reach a real account.`,
  ...(entry.exec ? ['Containers with a command run as processes of this machine (--exec).'] : []),
  ...(seeded.environments.length > 0
    ? [`In it: ${seeded.environments.join(', ')}${seeded.added.length === 0 ? ' (was there already)' : ''}.`]
    : []),
];

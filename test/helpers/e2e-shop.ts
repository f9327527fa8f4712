/**
 * A scaffolded project and a sandbox daemon for a whole test file. Each sample gets a state folder of its own that knows
 * the sandbox at the address it is told (a proxy, for example), and the world can be put back to a named moment.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TimelineItem } from '../../src/lib/rehearsal/control-client.js';
import { processStart } from '../../src/lib/sandbox/daemon-process.js';
import type { SandboxEntry } from '../../src/lib/sandbox/registry.js';
import { type CliHome, type CliOptions, type CliResult, cliHome, documentOf, runCli } from './run-cli.js';

export interface TimelineCall {
  readonly seq: number;
  readonly at: number;
  readonly service: string;
  readonly operation: string;
  readonly status: number;
  readonly summary: Readonly<Record<string, unknown>>;
}

export interface Operator {
  /** XDG_STATE_HOME. */
  readonly state: string;
  readonly env: Readonly<Record<string, string>>;
  /** `platform ARGV` in the project, as this operator. */
  platform(argv: readonly string[], options?: Partial<CliOptions>): Promise<CliResult>;
  remove(): void;
}

export interface OperatorOptions {
  /** Where this operator believes the sandbox to be. */
  readonly endpoint?: string;
  /** State folder to begin with: the runs of an earlier operator. */
  readonly like?: string;
}

export interface Shop {
  readonly project: string;
  readonly endpoint: string;
  readonly sandboxId: string;
  readonly pid: number;
  operator(options?: OperatorOptions): Operator;
  snapshot(name: string): Promise<void>;
  restore(name: string): Promise<void>;
  /** Successful mutating calls after `since`, oldest first. */
  changes(since?: number): Promise<readonly TimelineCall[]>;
  timeline(query?: Readonly<Record<string, string>>): Promise<readonly TimelineItem[]>;
  /** Sandbox time, ms. */
  now(): Promise<number>;
  /** Number of the newest timeline entry. */
  newest(): Promise<number>;
  stop(): Promise<void>;
}

const stamp = process.env['PLATFORM_TEST_RUN'];

/** AWS seconds per second: what a built CLI is tested with, unless a test wants to meet a deployment half-way. */
const usualSpeed = 120;

export interface ShopOptions {
  readonly speed?: number;
  /** More flags of `sandbox start`. */
  readonly flags?: readonly string[];
  /** Writes the project instead of `platform init`. */
  readonly write?: (folder: string) => void;
}

export const startShop = async (options: ShopOptions = {}): Promise<Shop> => {
  const home = cliHome({ PLATFORM_SANDBOX: '1' });
  try {
    return await shopIn(home, options);
  } catch (error) {
    await stopIn(home);
    throw error;
  }
};

const stopIn = async (home: CliHome): Promise<void> => {
  await runCli(['sandbox', 'stop', '--all'], { env: home.env });
  home.remove();
};

const shopIn = async (home: CliHome, { speed = usualSpeed, flags = [], write }: ShopOptions): Promise<Shop> => {
  const project = join(home.home, 'shop');
  mkdirSync(project);
  if (write) write(project);
  else await ok(runCli(['init', '--runtime', 'ecs', '--yes'], { env: home.env, cwd: project }));
  const start = ['sandbox', 'start', '--speed', String(speed), '--traffic', '0', '--json', ...flags];
  const { result } = documentOf(await ok(runCli(start, { env: home.env, cwd: project })));
  const registry = join(home.home, 'state', 'platform', 'sandboxes');
  const [file = ''] = readdirSync(registry).filter((name) => name.endsWith('.json'));
  const entry = JSON.parse(readFileSync(join(registry, file), 'utf8')) as SandboxEntry;
  const control = controlOf(entry);
  return {
    project,
    endpoint: entry.endpoint,
    sandboxId: entry.id,
    pid: result.pid,
    operator: (options = {}) => makeOperator({ home, project, registry, entry, options }),
    snapshot: async (name) => void (await control('POST', 'snapshots', { name })),
    restore: async (name) => void (await control('POST', 'restore', { name })),
    changes: async (since = 0) => {
      const answer = await control('GET', `timeline?since=${since}&mutating=1&kind=call`);
      const { entries } = answer as { readonly entries: readonly TimelineCall[] };
      return entries.filter(({ status }) => status < 300);
    },
    timeline: async (query = {}) => {
      const answer = await control('GET', `timeline?${new URLSearchParams(query)}`);
      return (answer as { readonly entries: readonly TimelineItem[] }).entries;
    },
    now: async () => ((await control('GET', 'status')) as { readonly now: number }).now,
    newest: async () => ((await control('GET', 'status')) as { readonly events: number }).events,
    stop: async () => {
      await stopIn(home);
      if (processStart(entry.pid) !== undefined) throw new Error(`the sandbox (pid ${entry.pid}) still runs`);
    },
  };
};

const ok = async (work: Promise<CliResult>): Promise<CliResult> => {
  const result = await work;
  if (result.exitCode !== 0) throw new Error(`exit ${result.exitCode}: ${result.stderr}${result.stdout}`);
  return result;
};

const controlOf =
  (entry: SandboxEntry) =>
  async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${entry.endpoint}/_sandbox/${path}`, {
      method,
      headers: { authorization: `Bearer ${entry.token}`, 'content-type': 'application/json', connection: 'close' },
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };

interface Making {
  readonly home: CliHome;
  readonly project: string;
  readonly registry: string;
  readonly entry: SandboxEntry;
  readonly options: OperatorOptions;
}

const makeOperator = ({ home, project, registry, entry, options }: Making): Operator => {
  const folder = mkdtempSync(join(tmpdir(), 'platform-operator-'));
  const state = join(folder, 'state');
  if (options.like !== undefined && existsSync(options.like)) cpSync(options.like, state, { recursive: true });
  const sandboxes = join(state, 'platform', 'sandboxes');
  mkdirSync(sandboxes, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(registry)) cpSync(join(registry, name), join(sandboxes, name));
  const known = { ...entry, endpoint: options.endpoint ?? entry.endpoint };
  writeFileSync(join(sandboxes, `${entry.id}.json`), JSON.stringify(known), { mode: 0o600 });
  const env = { ...home.env, HOME: folder, XDG_STATE_HOME: state, ...(stamp ? { PLATFORM_TEST_RUN: stamp } : {}) };
  return {
    state,
    env,
    platform: (argv, more = {}) => runCli(argv, { cwd: project, env, ...more }),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
};

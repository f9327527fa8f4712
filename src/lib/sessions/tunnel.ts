/**
 * `tunnel`: a port of this machine that leads to a private data store, through a task that runs. It stands until its user
 * ends it (that is an orderly end: 0), the task is gone (6), or the session is (13). Start reading at prepareTunnel, which
 * only looks; runTunnel opens it and stays.
 */
import { createEcsGateway, type EcsGateway } from '../aws/ecs.js';
import { createStoredValues } from '../aws/stored-values.js';
import { isPortFree } from '../child-process/free-port.js';
import { type PipedProgram, startPiped } from '../child-process/session-program.js';
import type { Report, Warning } from '../cli/report.js';
import { suggest } from '../config/diagnostics.js';
import type { EnvironmentConfig } from '../config/schema.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { isPlatformError, PlatformError } from '../errors/platform-error.js';
import { type Endpoint, resolveEndpoint } from './endpoint.js';
import { observeContainer, type SeenContainer } from './observe-container.js';
import { type OpenSession, openSession, type SessionCtx } from './open-session.js';
import { assertPlugin } from './plugin.js';
import { pluginWords } from './plugin-words.js';
import { sessionWarnings } from './session-checks.js';

type DataStore = NonNullable<EnvironmentConfig['dataStores']>[string];

export interface TunnelRequest {
  readonly name: string;
  readonly via?: string | undefined;
  readonly task?: string | undefined;
  readonly port?: number | undefined;
}

export interface TunnelResult {
  readonly name: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly via: { readonly service: string; readonly task: string };
}

export interface PreparedTunnel {
  readonly request: TunnelRequest;
  readonly at: ResolvedTarget;
  readonly store: DataStore;
  readonly endpoint: Endpoint;
  readonly seen: SeenContainer;
  readonly warnings: readonly Warning[];
}

export const prepareTunnel = async (
  ctx: SessionCtx,
  at: ResolvedTarget,
  request: TunnelRequest,
  checkPlugin: typeof assertPlugin = assertPlugin,
): Promise<PreparedTunnel> => {
  const store = dataStoreOf(at, request.name);
  const { name: environment } = at.environment;
  const values = createStoredValues(at.aws);
  const endpoint = await resolveEndpoint({ name: request.name, environment, store, values });
  const seen = await throughWhich(at, request);
  if (request.port !== undefined && !(await isPortFree(request.port)))
    throw new PlatformError('E_CONFLICT', `port ${request.port} of this machine is taken`, {
      hints: [`platform tunnel ${request.name}`],
      details: { port: request.port },
    });
  await checkPlugin(ctx);
  return { request, at, store, endpoint, seen, warnings: sessionWarnings(seen, { kind: 'tunnel' }) };
};

const dataStoreOf = (at: ResolvedTarget, name: string): DataStore => {
  const stores = at.environment.config.dataStores ?? {};
  const known = Object.keys(stores);
  const found = Object.hasOwn(stores, name) ? stores[name] : undefined;
  if (found) return found;
  const hint = suggest(name, known);
  throw new PlatformError('E_NOT_FOUND', `there is no data store ${name} in platform.yaml`, {
    hints: [hint ?? `name it in platform.yaml: environments.${at.environment.name}.dataStores.${name}`],
    details: { dataStore: name, dataStores: known },
  });
};

/** The service that was asked for; else the first whose containers can be entered. What is wrong with the first is said. */
const throughWhich = async (at: ResolvedTarget, request: TunnelRequest): Promise<SeenContainer> => {
  const { via, task } = request;
  if (via !== undefined) return observeContainer(at, { service: via, task });
  const obstacles: PlatformError[] = [];
  for (const { name } of at.environment.services) {
    try {
      return await observeContainer(at, { service: name, task });
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      obstacles.push(error);
    }
  }
  const [first] = obstacles;
  if (!first) throw new PlatformError('E_NOT_FOUND', 'there is no service in platform.yaml to go through');
  const others = obstacles.length > 1 ? `, nor of ${obstacles.length - 1} other services` : '';
  throw new PlatformError(first.code, `no task can be gone through${others}: ${first.message}`, {
    hints: first.hints,
    details: first.details,
  });
};

/** How to use it; the password comes from whoever has it. */
export const connectLine = (kind: DataStore['kind'], port: number): string => {
  switch (kind) {
    case 'postgres':
      return `psql -h 127.0.0.1 -p ${port} -U USER DATABASE`;
    case 'mysql':
      return `mysql -h 127.0.0.1 -P ${port} -u USER -p DATABASE`;
    case 'redis':
      return `redis-cli -h 127.0.0.1 -p ${port}`;
    case 'valkey':
      return `valkey-cli -h 127.0.0.1 -p ${port}`;
    case 'memcached':
      return `telnet 127.0.0.1 ${port}`;
  }
};

export interface TunnelIo {
  readonly consent: string;
  readonly signal: AbortSignal;
  readonly onOpen: (open: TunnelResult) => void;
  /** Nothing answers at the other end. */
  readonly onTrouble: (message: string) => void;
}

/** Real time for the session to stand; a plugin that reaches nobody waits for ever. */
const openLimitMs = 60_000;
/** Real time for the plugin to go when it is told to. */
const leaveLimitMs = 5_000;
/** AWS time between looks at the task. */
const lookEveryMs = 15_000;

export const runTunnel = async (
  ctx: SessionCtx,
  prepared: PreparedTunnel,
  io: TunnelIo,
): Promise<Report<TunnelResult>> => {
  const session = await open(ctx, prepared, io.consent);
  const standing = new Standing(ctx, { prepared, session, io });
  const end = await standing.run().finally(() => standing.close());
  await session.ended({ how: end.kind });
  return reportEnd(prepared, end);
};

const open = (ctx: SessionCtx, { at, seen, request, endpoint }: PreparedTunnel, consent: string) =>
  openSession(ctx, {
    at,
    seen,
    consent,
    what: { kind: 'tunnel', dataStore: request.name },
    open: (sessions) => sessions.forwardPort({ target: seen.sessionTarget, ...endpoint, localPort: request.port ?? 0 }),
  });

type TunnelEnd =
  | { readonly kind: 'left'; readonly reason: unknown; readonly open?: TunnelResult | undefined }
  | { readonly kind: 'task-gone'; readonly status: string }
  | { readonly kind: 'session-gone'; readonly text: string };

interface Parts {
  readonly prepared: PreparedTunnel;
  readonly session: OpenSession;
  readonly io: TunnelIo;
}

/** One tunnel, from its session to its end. */
class Standing {
  private readonly ended = new AbortController();
  private readonly program: PipedProgram;
  private readonly ecs: EcsGateway;
  private text = '';
  private result: TunnelResult | undefined;
  private hasComplained = false;

  constructor(
    private readonly ctx: SessionCtx,
    private readonly parts: Parts,
  ) {
    this.ecs = createEcsGateway(parts.prepared.at.aws);
    this.program = startPiped(parts.session.program, (bytes) => this.heard(bytes.toString('utf8')));
  }

  run(): Promise<TunnelEnd> {
    return Promise.race([this.left(), this.programEnd(), this.neverOpened(), this.taskGone()]);
  }

  /** Nothing of it is left when this resolves. */
  async close(): Promise<void> {
    this.ended.abort();
    this.program.interrupt();
    const limit = new AbortController();
    const killed = this.ctx.clocks.wall.sleep(leaveLimitMs, limit.signal).then(
      () => this.program.kill(),
      () => undefined,
    );
    await this.program.end;
    limit.abort();
    await killed;
    await this.parts.session.terminate();
  }

  private heard(text: string): void {
    const { prepared, io } = this.parts;
    this.text = (this.text + text).slice(-8_192);
    const port = /Port (\d+) opened for session/i.exec(this.text)?.[1];
    if (this.result === undefined && port !== undefined) {
      const { seen, request } = prepared;
      const via = { service: seen.service, task: seen.task.id };
      this.result = { name: request.name, host: '127.0.0.1', port: Number(port), via };
      io.onOpen(this.result);
    }
    if (this.hasComplained || !this.text.includes('Connection to destination port failed')) return;
    this.hasComplained = true;
    const { host, port: remote } = prepared.endpoint;
    io.onTrouble(
      `nothing answers at ${host}:${remote} from task ${prepared.seen.task.id}: is the address right, and does its security group let the task in?`,
    );
  }

  private left(): Promise<TunnelEnd> {
    const { signal } = this.parts.io;
    return new Promise((resolve) => {
      const leave = (): void => resolve({ kind: 'left', reason: signal.reason, open: this.result });
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
    });
  }

  private async programEnd(): Promise<TunnelEnd> {
    const { failure } = await this.program.end;
    const status = await this.taskStatus().catch(() => undefined);
    if (status !== undefined && isGone(status)) return { kind: 'task-gone', status };
    return { kind: 'session-gone', text: failure ?? this.text };
  }

  private async neverOpened(): Promise<TunnelEnd> {
    await this.sleepWhileOpen(() => this.ctx.clocks.wall.sleep(openLimitMs, this.ended.signal));
    return this.result === undefined ? { kind: 'session-gone', text: this.text } : new Promise(() => undefined);
  }

  private async taskGone(): Promise<TunnelEnd> {
    for (;;) {
      await this.sleepWhileOpen(() => this.ctx.clocks.service.sleep(lookEveryMs, this.ended.signal));
      // A look that fails is no news: the next one tells.
      const status = await this.taskStatus().catch(() => undefined);
      if (status !== undefined && isGone(status)) return { kind: 'task-gone', status };
    }
  }

  /** Never resolves once the tunnel is closed: the race is over. */
  private async sleepWhileOpen(sleep: () => Promise<void>): Promise<void> {
    try {
      await sleep();
    } catch {
      await new Promise(() => undefined);
    }
  }

  private async taskStatus(): Promise<string> {
    const { seen } = this.parts.prepared;
    const task = await this.ecs.task(seen.cluster, seen.task.arn);
    return task?.status ?? 'gone';
  }
}

const isGone = (status: string): boolean =>
  ['gone', 'DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED'].includes(status);

const reportEnd = ({ request, seen }: PreparedTunnel, end: TunnelEnd): Report<TunnelResult> => {
  const { name } = request;
  const again = [`platform tunnel ${name}`];
  switch (end.kind) {
    case 'left': {
      if (end.reason === 'SIGTERM')
        throw new PlatformError('E_TERMINATED', `the tunnel to ${name} was ended`, { hints: [] });
      if (end.open === undefined)
        throw new PlatformError('E_INTERRUPTED', `the tunnel to ${name} was ended before it stood`, { hints: [] });
      return { result: end.open, lines: [`The tunnel to ${name} is closed.`] };
    }
    case 'task-gone':
      throw new PlatformError(
        'E_FAILED',
        `the tunnel to ${name} is gone: task ${seen.task.id} of ${seen.service} ends (${end.status})`,
        { hints: again, details: { task: seen.task.id, status: end.status } },
      );
    case 'session-gone': {
      const said = pluginWords(end.text);
      throw new PlatformError('E_UNREACHABLE', `the tunnel to ${name} is gone${said === '' ? '' : `: ${said}`}`, {
        hints: [...again, 'check the network: a proxy or firewall may keep web sockets to ssmmessages away'],
        details: { task: seen.task.id, plugin: said },
      });
    }
  }
};

/**
 * A project, a sandbox in process and real SDK clients without sockets, on one manual clock: what integration tests and
 * the crash matrix of every shipped operation stand on. Time moves only when nobody has a call on its way.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsClients } from '../../src/lib/aws/clients.js';
import { createAwsClients, type HttpTransport } from '../../src/lib/aws/create-clients.js';
import type { Ctx } from '../../src/lib/context/context.js';
import { type ResolvedTarget, resolveTarget } from '../../src/lib/context/resolve-target.js';
import type { Clocks } from '../../src/lib/engine/clock.js';
import { seedFromProject } from '../../src/lib/rehearsal/seed-from-project.js';
import { bindPorts } from '../../src/lib/runtimes/ecs/bind-ports.js';
import type { EcsPorts, SmokeRunner } from '../../src/lib/runtimes/ecs/ports.js';
import { applySeed } from '../../src/lib/sandbox/apply-seed.js';
import { createDispatcher } from '../../src/lib/sandbox/dispatch.js';
import { addFault, type FaultDraft, faultPlan } from '../../src/lib/sandbox/faults.js';
import { inProcessHandler } from '../../src/lib/sandbox/in-process.js';
import { createModules } from '../../src/lib/sandbox/modules.js';
import { World } from '../../src/lib/sandbox/world.js';
import { testContext } from '../helpers/test-context.js';

const startAt = Date.UTC(2026, 10, 23, 12);

export interface RigService {
  readonly name: string;
  readonly desiredCount?: number;
  readonly port?: number;
  readonly dependsOn?: readonly string[];
  /** Its container logs with awslogs, to the group that the seed makes. */
  readonly logs?: true;
  /** Lines of YAML under the service, indented by four. */
  readonly extra?: readonly string[];
}

export interface RigOptions {
  readonly services?: readonly RigService[];
  readonly smoke?: SmokeRunner;
  /** AWS's request limits; off unless asked for. */
  readonly limits?: 'enforced' | 'off';
}

export interface Rig {
  readonly world: World;
  readonly ctx: Ctx;
  readonly clocks: Clocks;
  readonly folder: string;
  readonly clients: AwsClients;
  readonly smoke: SmokeRunner;
  target(): Promise<ResolvedTarget>;
  /** Fresh ports on another transport, for a process of its own. */
  ports(transport?: HttpTransport): EcsPorts;
  readonly transport: HttpTransport;
  /** The same, whose answers hold time. */
  tracked<T extends object>(target: T): T;
  /** Time stands still while this goes on: a client's retry waits in real time. */
  hold<T>(work: Promise<T>): Promise<T>;
  /** Runs until the work settles, moving time from sleeper to sleeper. */
  drive<T>(work: Promise<T>): Promise<T>;
  forget(): void;
  fault(draft: FaultDraft): void;
  /** Successful mutating calls since the seed, oldest first. */
  changes(): readonly string[];
  dispose(): void;
}

const defaultServices: readonly RigService[] = [{ name: 'api', desiredCount: 2, port: 3000 }];

const yamlOf = (services: readonly RigService[]): string =>
  [
    'version: 1',
    'project: shop',
    'region: eu-west-1',
    'defaultEnvironment: staging',
    'environments:',
    '  staging:',
    '    loadBalancer: { name: shop-staging }',
    '  production:',
    '    protected: true',
    '    loadBalancer: { name: shop-production }',
    'services:',
    ...services.flatMap((service) => [
      `  ${service.name}:`,
      `    taskDefinition: task-definitions/${service.name}.json`,
      `    image: { repository: shop-${service.name} }`,
      `    desiredCount: ${service.desiredCount ?? 2}`,
      '    secrets: { DATABASE_URL: /shop/staging/DATABASE_URL }',
      ...(service.port === undefined ? [] : [`    port: ${service.port}`]),
      ...(service.dependsOn ? [`    dependsOn: [${service.dependsOn.join(', ')}]`] : []),
      ...(service.extra ?? []).map((line) => `    ${line}`),
    ]),
    '',
  ].join('\n');

export const logGroupOf = (service: string): string => `/ecs/shop-staging/${service}`;

const templateOf = (service: RigService): object => ({
  family: '${{ service.family }}',
  requiresCompatibilities: ['FARGATE'],
  networkMode: 'awsvpc',
  cpu: '256',
  memory: '512',
  executionRoleArn: 'arn:aws:iam::${{ account }}:role/ecsTaskExecutionRole',
  containerDefinitions: [
    {
      name: service.name,
      image: '${{ image }}',
      essential: true,
      environment: [{ name: 'LOG_LEVEL', value: 'info' }],
      ...(service.port === undefined ? {} : { portMappings: [{ containerPort: service.port, protocol: 'tcp' }] }),
      ...(service.logs
        ? {
            logConfiguration: {
              logDriver: 'awslogs',
              options: {
                'awslogs-group': logGroupOf(service.name),
                'awslogs-region': 'eu-west-1',
                'awslogs-stream-prefix': service.name,
              },
            },
          }
        : {}),
    },
  ],
});

export const writeProject = (folder: string, services: readonly RigService[]): void => {
  mkdirSync(join(folder, 'task-definitions'), { recursive: true });
  writeFileSync(join(folder, 'platform.yaml'), yamlOf(services));
  for (const service of services) {
    writeFileSync(
      join(folder, 'task-definitions', `${service.name}.json`),
      JSON.stringify(templateOf(service), null, 2),
    );
  }
};

/** Always passes; tests that care bring their own. */
const contentSmoke: SmokeRunner = {
  http: async () => ({ passed: true, result: 'HTTP 200' }),
  command: async () => ({ passed: true, result: 'exit 0' }),
};

/** Real time after which a work that nothing can move any more is called a hang. */
const hangMs = 30_000;

interface Sleeper {
  readonly at: number;
  readonly seq: number;
  readonly wake: () => void;
}

/** World time is everybody's time: service and wall clock are one, at rate 1. */
class Driver {
  private sleepers: Sleeper[] = [];
  private seq = 0;
  calls = 0;

  constructor(private readonly world: World) {}

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        at: this.world.now + Math.max(0, ms),
        seq: this.seq++,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.sleepers.push(sleeper);
    });

  /** Counts what is on its way to the disk too: time must not run while a journal line is written. */
  tracked<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (of, key) => {
        const member: unknown = Reflect.get(of, key);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          const answer: unknown = Reflect.apply(member, of, args);
          return answer instanceof Promise ? this.counted(answer) : answer;
        };
      },
    });
  }

  async counted(answer: Promise<unknown>): Promise<unknown> {
    this.calls += 1;
    try {
      const value = await answer;
      if (typeof value !== 'object' || value === null) return value;
      if ('append' in value) return this.tracked(value);
      return 'lease' in value ? { ...value, lease: this.tracked(value.lease as object) } : value;
    } finally {
      this.calls -= 1;
    }
  }

  /** What died processes still wait for. */
  forget(): void {
    this.sleepers = [];
  }

  async drive<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    work.then(settled, settled);
    const startedAt = performance.now();
    for (let quiet = 0; !isSettled; ) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.calls > 0 ? 0 : quiet + 1;
      // A few turns of the event loop: whoever was just answered gets to make the next call.
      if (quiet < 4) continue;
      const next = this.earliest();
      if (next) {
        this.sleepers = this.sleepers.filter((other) => other !== next);
        this.world.advanceTo(Math.max(this.world.now, next.at));
        next.wake();
        quiet = 0;
      } else if (performance.now() - startedAt > hangMs)
        throw new Error('hang: the work waits for something that will never come');
    }
    return work;
  }

  private earliest(): Sleeper | undefined {
    return this.sleepers.reduce<Sleeper | undefined>(
      (best, each) => (!best || each.at < best.at || (each.at === best.at && each.seq < best.seq) ? each : best),
      undefined,
    );
  }
}

const quietReads = new Set(['seed']);

/** Loaded when first used, as in the CLI; but a load is no call that time would wait for. */
const loadClients = (): Promise<unknown> =>
  Promise.all([
    import('@aws-sdk/client-ecs'),
    import('@aws-sdk/client-ecr'),
    import('@aws-sdk/client-elastic-load-balancing-v2'),
    import('@aws-sdk/client-cloudwatch-logs'),
    import('@aws-sdk/client-ssm'),
    import('@aws-sdk/client-secrets-manager'),
    import('@aws-sdk/client-application-auto-scaling'),
  ]);

export const createRig = async (options: RigOptions = {}): Promise<Rig> => {
  await loadClients();
  const services = options.services ?? defaultServices;
  const folder = mkdtempSync(join(tmpdir(), 'platform-rig-'));
  writeProject(folder, services);
  const modules = createModules();
  const world = new World(modules, { now: startAt, sandboxId: 'test', seed: 7 });
  const driver = new Driver(world);
  const dispatcher = createDispatcher({ world, modules, faults: faultPlan(world), limits: options.limits ?? 'off' });
  const inner = inProcessHandler(dispatcher);
  const transport = {
    ...inner,
    handle: async (...args: Parameters<typeof inner.handle>) => {
      driver.calls += 1;
      try {
        return await inner.handle(...args);
      } finally {
        driver.calls -= 1;
      }
    },
  } as HttpTransport;
  const clocks: Clocks = {
    wall: { now: () => world.now, monotonic: () => world.now - startAt, sleep: driver.sleep },
    service: { now: () => world.now, sleep: driver.sleep, rate: 1 },
  };
  const { ctx: plain, dispose } = testContext({ clocks, transport, cwd: folder, env: { PATH: process.env['PATH'] } });
  const ctx: Ctx = {
    ...plain,
    journals: (target) => driver.tracked(plain.journals(target)),
    locks: (target) => driver.tracked(plain.locks(target)),
    aws: (options) => patient(plain.aws(options)),
  };
  const smoke = options.smoke ?? contentSmoke;
  const clientsOn = (through: HttpTransport): AwsClients =>
    createAwsClients({
      region: 'eu-west-1',
      userAgent: 'platform/test',
      access: { kind: 'sandbox', endpoint: 'http://127.0.0.1:1', accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
      requestHandler: through,
    });
  /** A client that waits before it tries again does so in real time, which must not be AWS time for everybody else. */
  const patient = (aws: AwsClients): AwsClients => ({
    ...aws,
    read: async (service) => driver.tracked(await aws.read(service)),
    write: async (service) => driver.tracked(await aws.write(service)),
  });
  // Those on another transport belong to processes that may die: their calls never come back.
  const clients = patient(clientsOn(transport));
  const rig: Rig = {
    world,
    ctx,
    clocks,
    folder,
    clients,
    smoke,
    transport,
    target: () => resolveTarget(ctx, {}),
    ports: (through = transport) => bindPorts(ctx, through === transport ? clients : clientsOn(through), smoke),
    tracked: (target) => driver.tracked(target),
    hold: <T>(work: Promise<T>) => driver.counted(work) as Promise<T>,
    drive: (work) => driver.drive(work),
    forget: () => driver.forget(),
    fault: (draft) => {
      addFault(world, draft);
    },
    changes: () =>
      world.state.timeline.flatMap((entry) =>
        entry.kind === 'call' && entry.mutating && entry.status < 400 && !quietReads.has(entry.caller)
          ? [entry.operation]
          : [],
      ),
    dispose: () => {
      dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const at = await rig.drive(rig.target());
  await applySeed({ world, document: seedFromProject({ project: at.project, environment: at.environment }) });
  world.state.timeline = [];
  return rig;
};

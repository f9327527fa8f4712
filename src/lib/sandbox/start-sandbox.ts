/**
 * A whole sandbox in this process: world, clock, services, faults, control API and HTTP server put together. The daemon
 * runs one; tests start their own (`speed: 'manual'` to move time themselves).
 */

import { applySeed, type SeedResult } from './apply-seed.js';
import { manualClock, type SandboxClock, scaledClock } from './clock.js';
import { createControl } from './control.js';
import type { Control, ControlSettings, ListenerPort } from './control-routes.js';
import { createDispatcher } from './dispatch.js';
import { createExecRunner, type ExecRunner } from './exec.js';
import { faultPlan } from './faults.js';
import { createListenerPorts, type ListenerPorts } from './listener-ports.js';
import { createModules } from './modules.js';
import type { SeedDocument } from './seed.js';
import { startServer } from './server.js';
import { endLiveTails } from './services/logs/live-tail.js';
import { stsState } from './services/sts/identity.js';
import { createSessionHost, type LiveSessions } from './session-host.js';
import { useTraffic } from './traffic.js';
import { createUpstream } from './upstream.js';
import { wakeEverybody } from './wake.js';
import type { SigningKey } from './wire/signature.js';
import { World } from './world.js';

export interface SandboxSettings {
  readonly id: string;
  /** Bearer token of the control API. */
  readonly token: string;
  /** AWS seconds per real second, or moved by `advance` only. */
  readonly speed: number | 'manual';
  /** Sandbox time at the start, in ms. */
  readonly now: number;
  readonly port?: number;
  readonly region?: string;
  /** Containers with a command run on this machine; calls need this key. */
  readonly execKey?: SigningKey;
  /** Requests per AWS second and service; 0 = none. */
  readonly trafficRps?: number;
  readonly upstream?: string;
  readonly logEvents?: number;
  readonly limits?: 'enforced' | 'off';
  /** A state to go on from (`--state`). */
  readonly state?: string;
  readonly stateFolder?: string;
  readonly newId: () => string;
  readonly onReset?: (id: string) => void;
  readonly onStop?: () => void;
  readonly onError?: (error: unknown) => void;
}

export interface Sandbox {
  readonly world: World;
  readonly clock: SandboxClock;
  readonly endpoint: string;
  readonly port: number;
  seed(document: SeedDocument): Promise<SeedResult>;
  close(): Promise<void>;
}

const snapshotSlots = 16;
const defaultTraffic = 5;

export const startSandbox = async (settings: SandboxSettings): Promise<Sandbox> => {
  const modules = createModules(settings.logEvents === undefined ? {} : { logEvents: settings.logEvents });
  const world = new World(modules, { now: settings.now, sandboxId: settings.id });
  if (settings.state !== undefined) world.restore(settings.state);
  const clock = settings.speed === 'manual' ? manualClock(world) : scaledClock(world, { speed: settings.speed });
  const runner = settings.execKey === undefined ? undefined : createExecRunner(world, clock);
  const upstream = settings.upstream === undefined ? undefined : createUpstream(settings.upstream);
  const dispatcher = createDispatcher({
    world,
    modules,
    faults: faultPlan(world),
    limits: settings.limits ?? 'enforced',
    ...(upstream && { upstream }),
  });
  let endpoint = '';
  const trafficRps = settings.trafficRps ?? defaultTraffic;
  useTraffic(world, trafficRps);
  const ports = createListenerPorts({ world, clock });
  const sessions = createSessionHost({ world, clock, endpoint: () => endpoint });
  const parts: Parts = { settings, world, clock, runner, ports, sessions };
  const control = controlOf(parts, () => endpoint);
  const handleControl = createControl(control);
  const server = await startServer({
    dispatcher: {
      handle: (request) => {
        clock.sync();
        return dispatcher.handle(request);
      },
    },
    control: (request) => {
      clock.sync();
      return handleControl(request);
    },
    upgrade: sessions.upgrade,
    ...(settings.port !== undefined && { port: settings.port }),
    ...(settings.execKey && { execKey: settings.execKey }),
    isOwnKey: (accessKeyId) => Object.hasOwn(stsState(world).sessions, accessKeyId),
    ...(settings.onError && { onError: settings.onError }),
  });
  endpoint = server.endpoint;
  const forget = world.onRecord((entry) => {
    if (entry.kind === 'call' && entry.service === 'elbv2' && entry.mutating) void ports.refresh();
  });
  await ports.refresh();
  runner?.afterRestore();
  return {
    world,
    clock,
    endpoint,
    port: server.port,
    seed: control.seed,
    close: async () => {
      clock.stop();
      forget();
      endLiveTails(world);
      wakeEverybody(world);
      sessions.closeAll();
      await Promise.all([server.close(), ports.stop(), runner?.stopAll()]);
    },
  };
};

interface Parts {
  readonly settings: SandboxSettings;
  readonly world: World;
  readonly clock: SandboxClock;
  readonly runner: ExecRunner | undefined;
  readonly ports: ListenerPorts;
  readonly sessions: LiveSessions;
}

const controlOf = (parts: Parts, endpoint: () => string): Control => {
  const { settings, world, clock, runner, ports } = parts;
  const slots = new Map<string, string>();
  // One seed at a time: two at once would each find half of the other's work missing.
  let seeding: Promise<unknown> = Promise.resolve();
  return {
    token: settings.token,
    world,
    clock,
    endpoint,
    settings: settingsOf(settings),
    seed: (document) => {
      const result = seeding.then(async () => {
        const seeded = await applySeed({ world, document, clock, ...(runner && { idle: () => runner.idle() }) });
        await ports.refresh();
        return seeded;
      });
      seeding = result.catch(() => undefined);
      return result;
    },
    reset: async () => {
      const id = settings.newId();
      const fresh = new World([...world.modules.values()], { now: world.now, sandboxId: id });
      await replaceState(parts, fresh.snapshot());
      settings.onReset?.(id);
      return { id };
    },
    snapshot: (slot) => {
      slots.delete(slot);
      slots.set(slot, world.snapshot());
      const oldest = slots.size > snapshotSlots ? slots.keys().next().value : undefined;
      if (oldest !== undefined) slots.delete(oldest);
    },
    restore: (slot) => {
      const state = slots.get(slot);
      if (state !== undefined) void replaceState(parts, state);
      return state !== undefined;
    },
    snapshots: () => [...slots.keys()],
    listeners: (): readonly ListenerPort[] => ports.open(),
    stop: () => settings.onStop?.(),
  };
};

/** Time goes on from the state's own; whoever waited for something of the old one is told. */
const replaceState = async ({ world, clock, runner, ports, sessions }: Parts, state: string): Promise<void> => {
  const release = clock.hold();
  sessions.closeAll();
  const ended = runner?.stopAll();
  world.restore(state);
  endLiveTails(world);
  wakeEverybody(world);
  runner?.afterRestore();
  release();
  await Promise.all([ended, ports.refresh()]);
};

const settingsOf = (settings: SandboxSettings): ControlSettings => ({
  exec: settings.execKey !== undefined,
  trafficRps: settings.trafficRps ?? defaultTraffic,
  limits: settings.limits ?? 'enforced',
  region: settings.region ?? 'us-east-1',
  ...(settings.stateFolder !== undefined && { stateFolder: settings.stateFolder }),
});

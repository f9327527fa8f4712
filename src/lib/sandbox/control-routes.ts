/** The routes of the control API. Bodies are checked here: they come from outside. */
import { isSeeded } from './apply-seed.js';
import type { ManualClock, SandboxClock } from './clock.js';
import { breakEstate } from './estate-faults.js';
import { estateFaults, type FaultKind, faultKinds, isEstateFault } from './fault-kinds.js';
import { addFault, clearFaults, type FaultDraft, listFaults } from './faults.js';
import type { SeedDocument } from './seed.js';
import { publishedMessages } from './services/sns/messages.js';
import { type TimelineFilter, timelineEntries, timelineLines } from './timeline-query.js';
import type { World } from './world.js';

/** What the control API can do; the daemon (or a test) provides it. */
export interface Control {
  readonly token: string;
  readonly world: World;
  readonly clock: SandboxClock;
  readonly endpoint: () => string;
  readonly settings: ControlSettings;
  readonly seed: (document: SeedDocument) => Promise<{ readonly added: readonly string[] }>;
  readonly reset: () => Promise<{ readonly id: string }>;
  readonly snapshot: (slot: string) => void;
  /** False when there is no such slot. */
  readonly restore: (slot: string) => boolean;
  readonly snapshots: () => readonly string[];
  /** AWS listener port → loopback port, per load balancer. */
  readonly listeners: () => readonly ListenerPort[];
  readonly stop: () => void;
}

export interface ControlSettings {
  readonly exec: boolean;
  readonly trafficRps: number;
  readonly limits: 'enforced' | 'off';
  readonly region: string;
  readonly stateFolder?: string;
}

export interface ListenerPort {
  readonly region: string;
  readonly loadBalancer: string;
  readonly port: number;
  readonly localPort: number;
}

export class ControlRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(refusal: { readonly status: number; readonly code: string; readonly message: string }) {
    super(refusal.message);
    this.status = refusal.status;
    this.code = refusal.code;
  }
}

export interface ControlCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

export interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly run: (control: Control, call: ControlCall) => object | Promise<object>;
}

const badRequest = (message: string): ControlRefusal =>
  new ControlRefusal({ status: 400, code: 'BadRequest', message });

const text = (body: ControlCall['body'], name: string): string => {
  const value = body[name];
  if (typeof value === 'string' && value !== '' && value.length <= 2_048) return value;
  throw badRequest(`${name} must be a text`);
};

const optionalText = (body: ControlCall['body'], name: string): string | undefined =>
  body[name] === undefined ? undefined : text(body, name);

const optionalNumber = (
  body: ControlCall['body'],
  { name, min, max }: { readonly name: string; readonly min: number; readonly max: number },
): number | undefined => {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw badRequest(`${name} must be a number from ${min} to ${max}`);
};

const status = ({ world, clock, settings, endpoint, listeners }: Control): object => ({
  id: world.state.sandboxId,
  endpoint: endpoint(),
  account: world.state.account,
  now: world.now,
  speed: clock.speed,
  held: clock.isHeld(),
  ...settings,
  listeners: listeners(),
  faults: listFaults(world).length,
  events: world.state.nextSeq - 1,
});

const readFault = (body: ControlCall['body']): FaultDraft => {
  const kind = text(body, 'kind');
  if (!Object.hasOwn(faultKinds, kind))
    throw badRequest(
      `there is no fault ${kind}; there are ${[...Object.keys(faultKinds), ...Object.keys(estateFaults)].join(', ')}`,
    );
  const operation = optionalText(body, 'operation') ?? '*';
  if (!/^[\w*-]+(:[\w*]+)?$/.test(operation))
    throw badRequest('operation must look like ecs:UpdateService, ecs:* or *');
  const percent = optionalNumber(body, { name: 'percent', min: 1, max: 100 });
  const count = optionalNumber(body, { name: 'count', min: 1, max: 1_000_000 });
  const delayMs = optionalNumber(body, { name: 'delayMs', min: 0, max: 86_400_000 });
  const region = optionalText(body, 'region');
  const code = optionalText(body, 'code');
  const message = optionalText(body, 'message');
  return {
    kind: kind as FaultKind,
    operation,
    ...(percent !== undefined && { percent }),
    ...(count !== undefined && { count: Math.floor(count) }),
    ...(delayMs !== undefined && { delayMs }),
    ...(region !== undefined && { region }),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
  };
};

const addFaultRoute = ({ world, settings }: Control, { body }: ControlCall): object => {
  const kind = text(body, 'kind');
  if (!isEstateFault(kind)) return { fault: addFault(world, readFault(body)) };
  const target = text(body, 'target');
  const done = breakEstate(world, { kind, target, region: optionalText(body, 'region') ?? settings.region });
  if (done !== undefined) return { done };
  throw new ControlRefusal({ status: 404, code: 'NotFound', message: `${kind}: there is no ${target}` });
};

const removeFault = ({ world }: Control, { params }: ControlCall): object => {
  const cleared = clearFaults(world, params['id']);
  if (params['id'] !== undefined && cleared === 0)
    throw new ControlRefusal({ status: 404, code: 'NotFound', message: `there is no fault ${params['id']}` });
  return { cleared };
};

const moveTag = (control: Control, { body }: ControlCall): object => {
  const target = `${text(body, 'repository')}:${text(body, 'tag')}`;
  return addFaultRoute(control, {
    body: { ...body, kind: 'move-tag', target },
    params: {},
    query: new URLSearchParams(),
    signal: new AbortController().signal,
  });
};

const advance = ({ clock, world }: Control, { body }: ControlCall): object => {
  const ms = optionalNumber(body, { name: 'ms', min: 0, max: 30 * 86_400_000 });
  if (ms === undefined) throw badRequest('ms must be a number');
  if (clock.kind !== 'manual')
    throw new ControlRefusal({ status: 409, code: 'Conflict', message: 'only a manual clock can be advanced' });
  (clock as ManualClock).advance(ms);
  return { now: world.now };
};

const filterOf = (query: URLSearchParams): TimelineFilter => {
  const since = Number(query.get('since') ?? '0');
  const limit = Number(query.get('limit') ?? '50000');
  if (!Number.isFinite(since) || !Number.isFinite(limit)) throw badRequest('since and limit must be numbers');
  const kind = query.get('kind') ?? undefined;
  const service = query.get('service') ?? undefined;
  return {
    since,
    limit,
    ...(kind !== undefined && { kind }),
    ...(service !== undefined && { service }),
    isMutatingOnly: query.get('mutating') === '1',
  };
};

const timeline = ({ world }: Control, { query, signal }: ControlCall): object =>
  query.get('follow') === '1'
    ? { lines: timelineLines(world, filterOf(query), signal) }
    : { entries: timelineEntries(world, filterOf(query)), next: world.state.nextSeq };

/** Messages that were published to topics: all of a region, or one topic's by name or ARN. */
const messages = ({ world, settings }: Control, { query }: ControlCall): object => ({
  messages: publishedMessages(
    { world, region: query.get('region') ?? settings.region },
    query.get('topic') ?? undefined,
  ),
});

const snapshot = ({ snapshot: take, world }: Control, { body }: ControlCall): object => {
  take(text(body, 'name'));
  return { name: text(body, 'name'), now: world.now };
};

const restore = ({ restore: back, world }: Control, { body }: ControlCall): object => {
  const name = text(body, 'name');
  if (!back(name)) throw new ControlRefusal({ status: 404, code: 'NotFound', message: `there is no snapshot ${name}` });
  return { name, now: world.now, id: world.state.sandboxId };
};

export const controlRoutes: readonly ControlRoute[] = [
  { method: 'GET', path: 'status', run: status },
  {
    method: 'GET',
    path: 'clock',
    run: ({ world, clock }) => ({ now: world.now, rate: clock.speed, held: clock.isHeld() }),
  },
  { method: 'GET', path: 'listeners', run: ({ listeners }) => ({ listeners: listeners() }) },
  { method: 'GET', path: 'timeline', run: timeline },
  { method: 'GET', path: 'messages', run: messages },
  { method: 'GET', path: 'faults', run: ({ world }) => ({ faults: listFaults(world) }) },
  { method: 'POST', path: 'faults', run: addFaultRoute },
  { method: 'DELETE', path: 'faults', run: removeFault },
  { method: 'DELETE', path: 'faults/:id', run: removeFault },
  { method: 'POST', path: 'images/move-tag', run: moveTag },
  { method: 'POST', path: 'advance', run: advance },
  {
    method: 'POST',
    path: 'seed',
    run: ({ seed, world }, { body, query }) => {
      const document = readSeed(body);
      return query.get('once') === '1' && isSeeded(world, document) ? { added: [] } : seed(document);
    },
  },
  { method: 'POST', path: 'reset', run: ({ reset }) => reset() },
  { method: 'GET', path: 'snapshots', run: ({ snapshots }) => ({ snapshots: snapshots() }) },
  { method: 'POST', path: 'snapshots', run: snapshot },
  { method: 'POST', path: 'restore', run: restore },
  {
    method: 'POST',
    path: 'stop',
    run: ({ stop }) => {
      stop();
      return { stopping: true };
    },
  },
];

const seedLists = ['clusters', 'services', 'logGroups', 'parameters', 'secrets', 'roles', 'repositories'] as const;
const optionalSeedLists = ['topics', 'alarms', 'scalableTargets'] as const;

/** The document is made by lib/rehearsal; its shape is checked so far that applying it cannot fail half-way. */
const readSeed = (body: ControlCall['body']): SeedDocument => {
  for (const name of ['project', 'environment', 'region']) text(body, name);
  const lists = [...seedLists, ...optionalSeedLists.filter((name) => body[name] !== undefined)];
  for (const name of lists) if (!Array.isArray(body[name])) throw badRequest(`${name} must be a list`);
  return body as unknown as SeedDocument;
};

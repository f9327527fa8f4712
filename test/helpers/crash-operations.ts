/** The shipped operations as crash samples: from which moment, which command, how a sample dies, how it is recovered. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CrashProxy, startCrashProxy } from './crash-proxy.js';
import { pick, shuffled } from './crash-seed.js';
import { preload } from './crash-synthetic.js';
import { type Projection, settledProjection } from './e2e-projection.js';
import type { Operator, Shop, TimelineCall } from './e2e-shop.js';
import { type CliResult, documentOf } from './run-cli.js';

export interface CrashOperation {
  readonly name: string;
  /** Snapshot that it starts from. */
  readonly from: string;
  readonly argv: (moment: Moment) => readonly string[];
  readonly exit: number;
}

/** A snapshot of the world together with the state folder that belongs to it. */
export interface Moment {
  readonly snapshot: string;
  readonly operator: Operator;
  readonly newestRun: string;
}

export interface Recorded {
  readonly result: CliResult;
  readonly before: Projection;
  readonly after: Projection;
  /** How often each change was made, by call and what it was made to. */
  readonly changes: ReadonlyMap<string, number>;
  /** Steps of its writes to journal and lock, as the preload names them. */
  readonly steps: readonly string[];
  readonly calls: readonly boolean[];
}

export type Death =
  | { readonly kind: 'write'; readonly at: number }
  | {
      readonly kind: 'call';
      readonly at: number;
      readonly phase: 'before' | 'after';
      readonly which: 'change' | 'any';
    };

export const describeDeath = (death: Death): string =>
  death.kind === 'write'
    ? `at write step ${death.at}`
    : `${death.phase} ${death.which === 'change' ? 'change' : 'call'} ${death.at}`;

/**
 * Which death the samples die, in order. Every other one is before or after a change, each of these once before any comes
 * twice, for that is where a bug does most harm; the rest are at steps of journal and lock, and around any call.
 */
export const deathsOf = (random: () => number, recorded: Recorded): ((index: number) => Death) => {
  const upTo = (count: number): number => 1 + Math.floor(random() * count);
  const phases = ['before', 'after'] as const;
  const changes = recorded.calls
    .filter((isMutating) => isMutating)
    .flatMap((_, index) => phases.map((phase): Death => ({ kind: 'call', at: index + 1, phase, which: 'change' })));
  const inOrder = shuffled(random, changes);
  return (index) => {
    const change = inOrder[(index / 2) % inOrder.length];
    if (change) return change;
    if (random() < 0.7) return { kind: 'write', at: upTo(recorded.steps.length) };
    return { kind: 'call', at: upTo(recorded.calls.length), phase: pick(random, phases), which: 'any' };
  };
};

/** Image tags only grow in number; what was asked of which service is what must not happen twice. */
export const countChanges = (calls: readonly TimelineCall[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { operation, summary } of calls) {
    const subject = summary['service'] ?? summary['family'] ?? summary['serviceDeploymentArn'] ?? '';
    const key = `${operation} ${String(subject)}`;
    // A tag with the same value is the same tag however often it is written.
    if (operation !== 'TagResource') counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};

export interface Rig {
  readonly shop: Shop;
  readonly proxy: CrashProxy;
  readonly moments: Map<string, Moment>;
}

export const openRig = async (shop: Shop): Promise<Rig> => ({
  shop,
  proxy: await startCrashProxy(shop.endpoint),
  moments: new Map(),
});

export const markMoment = async (rig: Rig, name: string, operator: Operator): Promise<Moment> => {
  await settledProjection(rig.shop.endpoint);
  await rig.shop.snapshot(name);
  const { runs } = documentOf(await operator.platform(['runs', 'list', '--json'])).result;
  const moment = { snapshot: name, operator, newestRun: runs[0]?.id ?? '' };
  rig.moments.set(name, moment);
  return moment;
};

const momentOf = (rig: Rig, name: string): Moment => {
  const moment = rig.moments.get(name);
  if (!moment) throw new Error(`no moment ${name}`);
  return moment;
};

/** A fresh operator in the world of that moment, whose calls go through the proxy. */
export const enter = async (rig: Rig, operation: CrashOperation): Promise<{ operator: Operator; moment: Moment }> => {
  const moment = momentOf(rig, operation.from);
  rig.proxy.use(undefined);
  await rig.shop.restore(moment.snapshot);
  const operator = rig.shop.operator({ endpoint: rig.proxy.endpoint, like: moment.operator.state });
  return { operator, moment };
};

const withPreload = (
  operator: Operator,
  extra: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  ...operator.env,
  NODE_OPTIONS: `--import=${preload}`,
  PLATFORM_TEST_KILL_UNDER: operator.state,
  ...extra,
});

/** Once without a death: what it does, and how many points there are to die at. */
export const record = async (rig: Rig, operation: CrashOperation): Promise<Recorded> => {
  const { operator, moment } = await enter(rig, operation);
  const folder = mkdtempSync(join(tmpdir(), 'platform-trace-'));
  try {
    const trace = join(folder, 'trace');
    const before = await settledProjection(rig.shop.endpoint);
    const since = await rig.shop.newest();
    const calls: boolean[] = [];
    rig.proxy.use(({ isMutating }, phase) => {
      if (phase === 'before') calls.push(isMutating);
      return 'go';
    });
    const env = withPreload(operator, { PLATFORM_TEST_KILL_TRACE: trace });
    const result = await operator.platform(operation.argv(moment), { env });
    rig.proxy.use(undefined);
    if (result.exitCode !== operation.exit)
      throw new Error(`exit ${result.exitCode}: ${result.stderr}${result.stdout}`);
    const after = await settledProjection(rig.shop.endpoint);
    const changes = countChanges(await rig.shop.changes(since));
    const steps = readFileSync(trace, 'utf8').trimEnd().split('\n');
    return { result, before, after, changes, steps, calls };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    operator.remove();
  }
};

export interface Dying {
  readonly operation: CrashOperation;
  readonly moment: Moment;
  readonly operator: Operator;
  readonly death: Death;
}

/** Runs the operation until it dies; a death that lies behind its end leaves it alone. */
export const dieOf = async (rig: Rig, { operation, moment, operator, death }: Dying): Promise<CliResult> => {
  const argv = operation.argv(moment);
  if (death.kind === 'write') {
    return operator.platform(argv, { env: withPreload(operator, { PLATFORM_TEST_KILL_AT: String(death.at) }) });
  }
  let pid: number | undefined;
  let seen = 0;
  let isDead = false;
  rig.proxy.use((call, phase) => {
    if (isDead) return 'drop';
    const counts = death.which === 'any' || call.isMutating;
    if (phase === 'before' && counts) seen += 1;
    if (!counts || seen !== death.at || phase !== death.phase || pid === undefined) return 'go';
    isDead = true;
    process.kill(pid, 'SIGKILL');
    return 'drop';
  });
  const onStart = ({ pid: started }: { readonly pid?: number | undefined }): void => {
    pid = started;
  };
  const result = await operator.platform(argv, { onStart });
  rig.proxy.use(undefined);
  return result;
};

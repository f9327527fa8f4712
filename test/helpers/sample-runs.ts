/** Runs as `runs` and `lock` commands meet them: a small plan, its events, and journals and locks of processes that are gone. */
import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import type { Ctx } from '../../src/lib/context/context.js';
import type { EventBody, JournalEvent, Writer } from '../../src/lib/engine/event.js';
import { foldAll } from '../../src/lib/engine/fold.js';
import { sealEvent } from '../../src/lib/engine/journal/chain.js';
import type { JournalWriter } from '../../src/lib/engine/ports.js';
import { type ActionStep, type Plan, sealPlan, type Target } from '../../src/lib/plan/plan.js';
import type { RunRecord, ShownState } from '../../src/lib/runs/run-record.js';

export const sampleTarget: Target = {
  account: '123456789012',
  region: 'eu-west-1',
  project: 'shop',
  environment: 'staging',
  sandbox: 'test',
};

export const sampleWriter: Writer = { nonce: 'n1', host: 'laptop', pid: 4711, user: 'anna', cli: '0.1.0' };

/** `sampleId(3)` is newer than `sampleId(2)`. */
export const sampleId = (number: number): string => `01k9${String(number).padStart(22, '0')}`;

export interface SamplePlan {
  readonly runId?: string;
  readonly target?: Target;
  readonly danger?: Plan['danger'];
  readonly services?: readonly string[];
  /** The service that is locked. */
  readonly locks?: string;
  readonly title?: string;
}

const stepOf = (runId: string, id: string, title: string): ActionStep => ({
  id,
  kind: 'action',
  title,
  needs: [],
  chain: 'api',
  uses: 'ecs.update-service@1',
  with: {},
  effect: 'probed',
  key: `${runId}/${id}`,
  undo: { uses: 'ecs.update-service@1', with: {} },
  retry: { attempts: 1, backoffMs: 0, factor: 1, maxMs: 0, on: [] },
  timeoutMs: 60_000,
  onError: 'undo',
  undoScope: 'chain',
  preview: { verb: 'update', target: id },
});

export const samplePlan = (options: SamplePlan = {}): Plan => {
  const { runId = sampleId(1), target = sampleTarget, danger = 'none', services = ['api'] } = options;
  return sealPlan({
    runId,
    operation: 'deploy@1',
    createdAt: '2026-11-23T12:00:00.000Z',
    target,
    locks: [{ kind: 'service', service: options.locks ?? 'api' }],
    danger,
    inputs: { services: Object.fromEntries(services.map((name) => [name, {}])) },
    steps: [stepOf(runId, 'update[api]', options.title ?? 'roll api out')],
    finally: [stepOf(runId, 'diagnose[api]', 'save what is known about api')],
    limits: { maxParallel: 1, maxDurationMs: 600_000, expiresAt: '2026-11-24T12:00:00.000Z' },
  });
};

export const started: EventBody = {
  type: 'step.started',
  step: 'update[api]',
  attempt: 1,
  inputs: {},
  serviceAt: 1,
};
export const succeeded: EventBody = { type: 'step.succeeded', step: 'update[api]', outputs: { revision: 2 }, post: {} };
export const endedWith = (outcome: 'succeeded' | 'rolled-back'): EventBody => ({
  type: 'run.ended',
  state: outcome === 'succeeded' ? 'succeeded' : 'failed',
  outcome,
  exit: outcome === 'succeeded' ? 0 : 7,
  chains: { api: outcome },
});

/** One event a second from noon on, chained as a store would. */
export const chained = (
  runId: string,
  bodies: readonly EventBody[],
  writer = sampleWriter,
): readonly JournalEvent[] => {
  const events: JournalEvent[] = [];
  for (const body of bodies) {
    const at = new Date(Date.UTC(2026, 10, 23, 12) + events.length * 1000).toISOString();
    events.push(
      sealEvent(body, { runId, seq: events.length + 1, at, epoch: 1, writer, prev: events.at(-1)?.sum ?? '' }),
    );
  }
  return events;
};

export const recordOf = (
  bodies: readonly EventBody[],
  options: SamplePlan & { readonly writer?: Writer; readonly state?: ShownState } = {},
): RunRecord => {
  const plan = samplePlan(options);
  const events = chained(plan.runId, [{ type: 'run.planned', plan }, ...bodies], options.writer);
  const view = foldAll(events);
  return { runId: plan.runId, target: plan.target, view, events, state: options.state ?? view.state };
};

export interface MortalWriter {
  readonly writer: Writer;
  die(): Promise<void>;
}

/** A process of this machine that does nothing but live until it is told to die. */
export const mortalWriter = (): MortalWriter => {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    writer: { ...sampleWriter, nonce: 'mortal', host: hostname(), pid: child.pid ?? 0 },
    die: () => {
      child.kill('SIGKILL');
      return gone;
    },
  };
};

export const livingWriter = (): Writer => ({ ...sampleWriter, nonce: 'living', host: hostname(), pid: process.pid });

export interface WrittenRun extends SamplePlan {
  readonly bodies?: readonly EventBody[];
  readonly writer?: Writer;
  /** held: by a process that lives; dead: by one that has been killed since; elsewhere: by one of another machine. */
  readonly lock?: 'free' | 'held' | 'dead' | 'elsewhere';
}

type WrittenBy = Pick<Ctx, 'journals' | 'locks'>;

/** Writes a run as its process would have, and leaves everything as that process did. */
export const writeRun = async (
  ctx: WrittenBy,
  options: WrittenRun = {},
): Promise<{ readonly runId: string; readonly journal: JournalWriter }> => {
  const plan = samplePlan(options);
  const mortal = options.lock === 'dead' ? mortalWriter() : undefined;
  const writer = options.writer ?? mortal?.writer ?? (options.lock === 'held' ? livingWriter() : sampleWriter);
  const journal = await ctx.journals(plan.target).create(plan.runId, writer);
  for (const body of [{ type: 'run.planned', plan } as const, ...(options.bodies ?? [])]) await journal.append(body);
  if (options.lock !== undefined && options.lock !== 'free') await holdLock(ctx, { plan, writer });
  await mortal?.die();
  return { runId: plan.runId, journal };
};

export const holdLock = async (
  ctx: WrittenBy,
  { plan, writer }: { readonly plan: Plan; readonly writer: Writer },
): Promise<void> => {
  const { runId, locks: scopes, target, operation } = plan;
  const journal = ctx.journals(target).addressOf?.(runId) ?? runId;
  const lease = { leaseMs: 60_000, quiesceMs: 20_000 };
  const answer = await ctx.locks(target).acquire({ scopes, runId, journal, operation, writer, ...lease });
  if (answer.kind !== 'held') throw new Error('the lock is taken');
};

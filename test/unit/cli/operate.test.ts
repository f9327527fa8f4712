import { afterEach, describe, expect, it } from 'vitest';
import { type OperateSettings, operate, operateResume, operateUndo } from '../../../src/lib/cli/operate.js';
import type { Operation, OperationKind } from '../../../src/lib/cli/operation.js';
import { printerFor } from '../../../src/lib/cli/print-report.js';
import { type Action, registryOf } from '../../../src/lib/engine/action.js';
import { createEngine } from '../../../src/lib/engine/engine.js';
import { type Plan, sealPlan, type Target } from '../../../src/lib/plan/plan.js';
import { recordedTerminal } from '../../helpers/terminal.js';
import { type TestContext, testContext } from '../../helpers/test-context.js';

interface Light {
  on: boolean;
  calls: number;
}
type Result = { readonly on: boolean };
type State = { readonly on: boolean };

const sandboxTarget: Target = {
  account: '123456789012',
  region: 'eu-west-1',
  project: 'shop',
  environment: 'staging',
  sandbox: 'test',
};
const { sandbox: _, ...awsTarget } = sandboxTarget;

/** One switch: the smallest thing that can be changed, read and changed back. */
const switchAction: Action<Light, State, State, never, State> = {
  uses: 'light.switch@1',
  effect: 'probed',
  settleMs: 0,
  parse: (input) => ({ on: (input as State).on }),
  capture: async ({ ports }) => ({ on: ports.on }),
  start: async ({ ports }, { on }) => {
    ports.on = on;
    ports.calls += 1;
    return { kind: 'done', outputs: { on }, post: { on } };
  },
  current: async ({ ports }) => ({ on: ports.on }),
  probe: async ({ ports }, { on }) =>
    ports.on === on
      ? { kind: 'applied', as: { kind: 'done', outputs: { on }, post: { on } } }
      : { kind: 'absent', evidence: null },
};

const kindFor = (light: Light): OperationKind<Result> => ({
  uses: 'light@1',
  command: 'light on',
  bind: async () => ({ actions: registryOf([switchAction]), ports: light }),
  progress: (view) =>
    [...view.steps.values()].map(({ step, state }) => ({
      key: step.id,
      label: step.chain,
      what: state,
      state: state === 'succeeded' ? 'good' : 'active',
      details: [],
    })),
  report: async (_ctx, view) => ({ result: { on: light.on }, lines: [`ended ${view.outcome ?? view.state}`] }),
});

const planFor = (options: { runId: string; danger?: Plan['danger']; target?: Target }): Plan =>
  sealPlan({
    runId: options.runId,
    operation: 'light@1',
    createdAt: '2026-11-23T12:00:00.000Z',
    target: options.target ?? sandboxTarget,
    locks: [{ kind: 'service', service: 'light' }],
    danger: options.danger ?? 'none',
    inputs: {},
    finally: [],
    limits: { maxParallel: 1, maxDurationMs: 600_000, expiresAt: '2026-11-24T12:00:00.000Z' },
    steps: [
      {
        id: 'switch[light]',
        kind: 'action',
        title: 'switch the light on',
        needs: [],
        chain: 'light',
        uses: 'light.switch@1',
        with: { on: true },
        effect: 'probed',
        key: `${options.runId}/switch[light]`,
        undo: { uses: 'light.switch@1', with: { on: false } },
        retry: { attempts: 1, backoffMs: 0, factor: 1, maxMs: 0, on: [] },
        timeoutMs: 60_000,
        onError: 'undo',
        undoScope: 'chain',
        preview: { verb: 'update', target: 'light', changes: [{ field: 'on', before: 'false', after: 'true' }] },
      },
    ],
  });

const contexts: TestContext[] = [];
afterEach(() => {
  for (const context of contexts.splice(0)) context.dispose();
});

const setUp = (change: Partial<OperateSettings> = {}) => {
  const context = testContext();
  contexts.push(context);
  const light: Light = { on: false, calls: 0 };
  const terminal = recordedTerminal();
  const settings: OperateSettings = {
    ctx: context.ctx,
    printer: printerFor(terminal, { out: false, err: false }),
    interrupt: new AbortController().signal,
    prompts: { confirm: async () => false, input: async () => '', select: async () => '' },
    canAsk: false,
    dryRun: false,
    consent: { yes: false },
    lockWaitMs: 0,
    acceptsLocalJournal: false,
    loadEngine: async () => createEngine(),
    ...change,
  };
  const operation = (
    options: Partial<Operation<Result>> & { danger?: Plan['danger']; target?: Target } = {},
  ): Operation<Result> => {
    const { danger = 'none', target = sandboxTarget, ...rest } = options;
    return {
      kind: kindFor(light),
      plan: planFor({ runId: context.ctx.ids.runId(), danger, target }),
      intro: ['light: off → on'],
      warnings: [{ code: 'W_TEST', message: 'watch out' }],
      isProtected: false,
      dryRunResult: { on: false },
      ...rest,
    };
  };
  return { context, light, terminal, settings, operation };
};

describe('operating', () => {
  it('runs the plan through the engine and reports what came of it', async () => {
    const { light, terminal, settings, operation } = setUp();
    const wanted = operation();
    const report = await operate(wanted, settings);
    expect(light).toEqual({ on: true, calls: 1 });
    expect(report).toMatchObject({
      result: { on: true },
      exitCode: 0,
      runId: wanted.plan.runId,
      lines: ['ended succeeded'],
    });
    expect(report.warnings).toEqual([{ code: 'W_TEST', message: 'watch out' }]);
    expect(terminal.stderr()).toContain('light: succeeded');
    expect(terminal.stdout()).toBe('');
  });

  it('shows the plan and does nothing with --dry-run: no journal, no lock, no call', async () => {
    const { context, light, settings, operation } = setUp({ dryRun: true });
    const wanted = operation({ danger: 'type-name', isProtected: true });
    const report = await operate(wanted, settings);
    expect(light.calls).toBe(0);
    expect(report.exitCode).toBeUndefined();
    expect(JSON.stringify(report.lines)).toContain('false → true');
    expect(report.result).toEqual({ on: false });
    expect(await context.ctx.journals(wanted.plan.target).list()).toEqual([]);
    expect((await context.ctx.locks(wanted.plan.target).read()).holders).toEqual([]);
  });

  it('reports nothing to do without a journal', async () => {
    const { context, light, settings, operation } = setUp();
    const wanted = operation({ nothingToDo: { result: { on: true }, lines: ['unchanged'] } });
    expect(await operate(wanted, settings)).toMatchObject({ result: { on: true }, lines: ['unchanged'] });
    expect(light.calls).toBe(0);
    expect(await context.ctx.journals(wanted.plan.target).list()).toEqual([]);
  });

  it('changes nothing without consent', async () => {
    const { context, light, settings, operation } = setUp();
    const wanted = operation({ danger: 'confirm' });
    await expect(operate(wanted, settings)).rejects.toMatchObject({ code: 'E_CONSENT', hints: ['--yes'] });
    expect(light.calls).toBe(0);
    expect(await context.ctx.journals(wanted.plan.target).list()).toEqual([]);
  });

  it('journals how consent was given', async () => {
    const { context, settings, operation } = setUp({ consent: { yes: true } });
    const wanted = operation({ danger: 'confirm' });
    await operate(wanted, settings);
    const events = await context.ctx.journals(wanted.plan.target).read(wanted.plan.runId);
    expect(events.find((event) => event.type === 'run.approved')).toMatchObject({ by: 'tester', how: '--yes' });
  });

  it('gives every journal event to NDJSON and draws nothing', async () => {
    const seen: unknown[] = [];
    const { terminal, settings, operation } = setUp({ onEvent: (event) => seen.push(event) });
    await operate(operation(), settings);
    const types = seen.map((event) => (event as { entry?: { type: string } }).entry?.type);
    expect(types).toEqual(expect.arrayContaining(['run.planned', 'step.started', 'step.succeeded', 'run.ended']));
    expect(terminal.stderr()).toBe('light: off → on\n');
  });

  it('refuses a protected environment of AWS on a file journal, unless --journal local says so', async () => {
    const { light, settings, operation } = setUp({ consent: { yes: false, confirm: 'staging' } });
    const wanted = operation({ isProtected: true, target: awsTarget });
    await expect(operate(wanted, settings)).rejects.toMatchObject({
      code: 'E_POLICY',
      exitCode: 3,
      hints: ['--journal local'],
    });
    expect(light.calls).toBe(0);
    await operate(wanted, { ...settings, acceptsLocalJournal: true });
    expect(light.calls).toBe(1);
  });
});

describe('runs that exist', () => {
  const ran = async () => {
    const all = setUp({ consent: { yes: true } });
    const wanted = all.operation();
    await operate(wanted, all.settings);
    const run = { kind: wanted.kind, runId: wanted.plan.runId, target: wanted.plan.target, isProtected: false };
    return { ...all, run };
  };

  it('reports a finished run again and does nothing', async () => {
    const { light, settings, run } = await ran();
    expect(await operateResume(run, settings)).toMatchObject({ exitCode: 0, result: { on: true } });
    expect(light.calls).toBe(1);
  });

  it('tells once how it ended, and what could not be told is a warning that changes no exit code', async () => {
    const told: unknown[] = [];
    const warning = { code: 'W_NOTICE_FAILED', message: 'not sent' };
    const { settings, operation } = setUp({
      notify: async (ended) => {
        told.push(ended);
        return [warning];
      },
    });
    const wanted = operation();
    const report = await operate(wanted, settings);
    expect(report).toMatchObject({ exitCode: 0, warnings: [{ code: 'W_TEST' }, warning] });
    expect(told).toMatchObject([
      { command: 'light on', by: 'tester', result: { on: true }, view: { state: 'succeeded' } },
    ]);
    const run = { kind: wanted.kind, runId: wanted.plan.runId, target: wanted.plan.target, isProtected: false };
    await operateResume(run, settings);
    await operate(wanted, { ...settings, dryRun: true });
    expect(told).toHaveLength(1);
    await operateUndo(run, { ...settings, consent: { yes: true } });
    expect(told).toMatchObject([{}, { view: { state: 'undone' } }]);
  });

  it('undoes with consent, and not without', async () => {
    const { light, settings, run } = await ran();
    await expect(operateUndo(run, { ...settings, consent: { yes: false } })).rejects.toMatchObject({
      code: 'E_CONSENT',
    });
    expect(light.on).toBe(true);
    expect(await operateUndo(run, settings)).toMatchObject({ exitCode: 0 });
    expect(light.on).toBe(false);
  });

  it('wants the name even to resume in a protected environment', async () => {
    const { settings, run } = await ran();
    await expect(operateResume({ ...run, isProtected: true }, settings)).rejects.toMatchObject({ code: 'E_CONSENT' });
  });

  it('refuses a run of another place with exit 9', async () => {
    const { context, settings, operation } = setUp();
    const elsewhere = { ...sandboxTarget, sandbox: 'other' };
    const wanted = operation({ target: elsewhere });
    const journal = await context.ctx.journals(sandboxTarget).create(wanted.plan.runId, context.ctx.writer);
    await journal.append({ type: 'run.planned', plan: wanted.plan });
    await journal.close();
    const run = { kind: wanted.kind, runId: wanted.plan.runId, target: sandboxTarget, isProtected: false };
    await expect(operateResume(run, settings)).rejects.toMatchObject({ code: 'E_JOURNAL', exitCode: 9 });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/lib/engine/decide.js';
import type { DecideContext } from '../../../src/lib/engine/decision.js';
import type { JournalEvent } from '../../../src/lib/engine/event.js';
import { fold, foldAll } from '../../../src/lib/engine/fold.js';
import { shownState } from '../../../src/lib/engine/step-rules.js';
import { undoTargets } from '../../../src/lib/engine/undo-plan.js';
import type { RunView } from '../../../src/lib/engine/view.js';
import type { ActionStep } from '../../../src/lib/plan/plan.js';
import { newBench } from '../../helpers/engine-bench.js';
import { actionStep, broadPlan, planOf } from '../../helpers/engine-synthetic.js';

const context = (change: Partial<DecideContext> = {}): DecideContext => ({
  now: 2_000_000,
  serviceNow: 2_000_000,
  owned: new Set(),
  parked: new Map(),
  effectOf: () => 'probed',
  ...change,
});

/** Histories of every kind: good, rolled back, aborted, undone by a person. */
const histories = async (): Promise<readonly (readonly JournalEvent[])[]> => {
  const all: (readonly JournalEvent[])[] = [];
  for (const onError of ['abort', 'undo', 'pause', 'continue'] as const) {
    for (const b of ['b2', 'bad']) {
      const bench = newBench();
      await bench.run(broadPlan('run', { b, onError }));
      await bench.undo('run');
      all.push(bench.events('run'));
    }
  }
  return all;
};

const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  const members = value instanceof Map ? [...value.values()] : Object.values(value);
  for (const member of members) frozen(member);
  return value;
};

describe('fold', () => {
  it('gives the same view over any split of the journal, through JSON as well, and changes nothing it was given', async () => {
    const known = await histories();
    fc.assert(
      fc.property(fc.nat(known.length - 1), fc.nat(200), (which, cut) => {
        const events = frozen(structuredClone(known[which] ?? []));
        const at = Math.min(events.length - 1, cut);
        const prefix = frozen(events.slice(0, at).reduce<RunView | undefined>(fold, undefined));
        const split = (JSON.parse(JSON.stringify(events.slice(at))) as JournalEvent[]).reduce<RunView | undefined>(
          fold,
          prefix,
        );
        expect(split).toEqual(foldAll(events));
        if (prefix) expect(decide(prefix, context())).toEqual(decide(foldAll(events.slice(0, at)), context()));
      }),
    );
  });

  it('refuses a journal without a plan, and a step that the plan does not have', async () => {
    const [events = []] = await histories();
    expect(() => foldAll([])).toThrow('empty');
    expect(() => foldAll(events.slice(1))).toThrow('not with a plan');
    const stranger = { ...events[0], type: 'step.accepted', step: 'stranger', handle: null } as JournalEvent;
    expect(() => fold(foldAll(events), stranger)).toThrow('stranger');
  });

  it('keeps the first captured value, whatever is written later', async () => {
    const [events = []] = await histories();
    const at = events.findIndex((event) => event.type === 'step.captured');
    const again = { ...events[at], value: { value: 'our own doing' } } as JournalEvent;
    const view = foldAll([...events.slice(0, at + 1), again]);
    expect(JSON.stringify([...view.steps.values()])).not.toContain('our own doing');
  });
});

describe('decide', () => {
  const step = (id: string, change: Partial<ActionStep> = {}) =>
    actionStep('run', id, {
      uses: 'syn.set@1',
      with: { resource: id, value: 'x' },
      undo: { uses: 'syn.set@1', with: {} },
      ...change,
    });
  const planned = (steps: readonly ActionStep[], maxParallel = 4): RunView =>
    foldAll([event(1, { type: 'run.planned', plan: planOf({ runId: 'run', steps, maxParallel }) })]);
  const event = (seq: number, body: object): JournalEvent =>
    ({
      v: 1,
      runId: 'run',
      seq,
      at: new Date(1_000_000 + seq).toISOString(),
      epoch: 1,
      prev: '',
      sum: '',
      writer: {},
      ...body,
    }) as JournalEvent;
  const grown = (view: RunView, ...bodies: readonly object[]): RunView =>
    bodies.reduce<RunView>((seen, body) => fold(seen, event(seen.lastSeq + 1, body)), view);
  const started = (id: string, attempt = 1) => ({
    type: 'step.started',
    step: id,
    attempt,
    inputs: {},
    serviceAt: 1_000_000,
  });
  const failed = (id: string, kind = 'assert') => ({
    type: 'step.failed',
    step: id,
    error: { class: kind, code: 'x', message: 'x' },
  });
  const succeeded = (id: string) => ({ type: 'step.succeeded', step: id, outputs: null, post: null });
  const start = (id: string, attempt = 1) => ({ kind: 'start', phase: 'do', step: id, attempt });

  it('starts what is ready, and not more than may run at once', () => {
    const steps = [step('a'), step('b'), step('c'), step('d', { needs: ['a'] })];
    expect(decide(planned(steps), context())).toEqual([start('a'), start('b'), start('c')]);
    expect(decide(planned(steps, 2), context())).toEqual([start('a'), start('b')]);
    expect(decide(planned(steps, 2), context({ owned: new Set(['do:a']) }))).toEqual([start('b')]);
  });

  it('attaches to what has a handle, and treats the rest by what is known of its effect', () => {
    const of = (effect: ActionStep['effect']) => grown(planned([step('a', { effect })]), started('a'));
    expect(decide(grown(of('probed'), { type: 'step.accepted', step: 'a', handle: {} }), context())).toEqual([
      { kind: 'attach', phase: 'do', step: 'a' },
    ]);
    expect(decide(of('probed'), context())).toEqual([{ kind: 'probe', phase: 'do', step: 'a' }]);
    expect(decide(of('manual'), context())).toEqual([{ kind: 'probe', phase: 'do', step: 'a' }]);
    expect(decide(of('read'), context())).toEqual([{ kind: 'rerun', phase: 'do', step: 'a' }]);
    expect(decide(of('idempotent'), context())).toEqual([{ kind: 'rerun', phase: 'do', step: 'a' }]);
    expect(decide(of('probed'), context({ owned: new Set(['do:a']) }))).toEqual([]);
    expect([...of('probed').steps.values()].map((view) => shownState(view, new Set()))).toEqual(['in-doubt']);
  });

  it('tries again only after a definite failure of a class that may be retried, when its pause is over', () => {
    const throttled = grown(planned([step('a')]), started('a'), failed('a', 'throttle'));
    const due = 1_000_003 + 1_000;
    expect(decide(throttled, context({ now: due - 1 }))).toEqual([{ kind: 'wait', until: due }]);
    expect(decide(throttled, context({ now: due }))).toEqual([start('a', 2)]);
    const denied = grown(planned([step('a')]), started('a'), failed('a', 'denied'));
    expect(decide(denied, context())).toMatchObject([{ kind: 'end', outcome: 'failed', exit: 6 }]);
  });

  it('aborts by starting nothing new anywhere, while what runs may end', () => {
    const steps = [step('a', { chain: 'a' }), step('b', { chain: 'b' }), step('b2', { chain: 'b', needs: ['b'] })];
    const view = grown(planned(steps), started('a'), started('b'), failed('a'));
    const decisions = decide(view, context({ owned: new Set(['do:b']) }));
    expect(decisions).toMatchObject([{ kind: 'skip', step: 'b2', because: 'failure' }]);
    const ended = grown(view, { type: 'step.skipped', step: 'b2', reason: 'x', because: 'failure' }, succeeded('b'));
    expect(decide(ended, context())).toMatchObject([{ kind: 'end', chains: { a: 'failed', b: 'stopped' }, exit: 6 }]);
  });

  it('lets other chains go on when a chain is undone, and skips what needed it', () => {
    const steps = [
      step('a', { chain: 'a', onError: 'undo' }),
      step('b', { chain: 'b', onError: 'undo', needs: ['a'] }),
      step('c', { chain: 'c', onError: 'undo' }),
    ];
    const view = grown(planned(steps), started('a'), failed('a'));
    expect(decide(view, context())).toEqual([{ kind: 'begin-undo', scope: { chain: 'a' }, step: 'a' }]);
    const undoing = grown(view, { type: 'undo.requested', scope: { chain: 'a' }, by: 'platform', cause: 'failure' });
    expect(decide(undoing, context())).toMatchObject([
      { kind: 'skip', step: 'b', because: 'failure' },
      start('c'),
      { kind: 'start', phase: 'undo', step: 'a', attempt: 1 },
    ]);
  });

  it('skips a step whose condition does not hold, which is a good end for what needs it', () => {
    const steps = [step('a', { when: { $ref: 'run.id', equals: 'other' } }), step('b', { needs: ['a'] })];
    const view = planned(steps);
    expect(decide(view, context())).toMatchObject([{ kind: 'skip', step: 'a', because: 'condition' }]);
    const skipped = grown(view, { type: 'step.skipped', step: 'a', reason: 'x', because: 'condition' });
    expect(decide(skipped, context())).toEqual([start('b')]);
  });

  it('undoes last in, first out along needs, also a step that nobody knows the fate of', () => {
    const steps = [step('a'), step('b', { needs: ['a'] }), step('c', { needs: ['b'] })];
    const view = grown(planned(steps), started('a'), succeeded('a'), started('b'), {
      type: 'undo.requested',
      scope: 'run',
      by: 'ada',
    });
    expect(undoTargets(view).map((target) => target.step.id)).toEqual(['a', 'b']);
    expect(decide(view, context())).toEqual([{ kind: 'start', phase: 'undo', step: 'b', attempt: 1 }]);
    const next = grown(
      view,
      { type: 'undo.started', step: 'b', attempt: 1, inputs: {}, serviceAt: 0 },
      { type: 'undo.succeeded', step: 'b', outputs: null, post: null },
    );
    expect(decide(next, context())).toEqual([{ kind: 'start', phase: 'undo', step: 'a', attempt: 1 }]);
  });

  it('looks for a lost change before a person’s undo, and never starts it', () => {
    const view = grown(planned([step('a', { effect: 'probed' })]), started('a'), {
      type: 'undo.requested',
      scope: 'run',
      by: 'ada',
    });
    expect(decide(view, context())).toEqual([{ kind: 'settle', step: 'a' }]);
  });

  it('pauses only when nothing is in hand, with the worst reason', () => {
    const view = planned([step('a'), step('b')]);
    const parked = new Map([
      ['do:a', { reason: 'unknown-probe', exit: 12 }],
      ['do:b', { reason: 'credentials', exit: 4 }],
    ] as const);
    expect(decide(view, context({ parked }))).toEqual([{ kind: 'pause', reason: 'credentials', exit: 4 }]);
    expect(
      decide(view, context({ parked: new Map([['do:a', { reason: 'drift', exit: 9 }]]), owned: new Set(['do:b']) })),
    ).toEqual([]);
  });

  it('has nothing more to say about a run that ended', () => {
    const view = grown(planned([step('a')]), {
      type: 'run.ended',
      state: 'failed',
      outcome: 'failed',
      exit: 6,
      chains: {},
    });
    expect(decide(view, context())).toEqual([]);
  });
});

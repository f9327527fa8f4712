import { describe, expect, it } from 'vitest';
import { ActionError, type AnyAction, InDoubtError, registryOf } from '../../../src/lib/engine/action.js';
import { fenceRun } from '../../../src/lib/engine/take-lock.js';
import { type ActionStep, sealPlan } from '../../../src/lib/plan/plan.js';
import { type BenchOptions, newBench, typesOf } from '../../helpers/engine-bench.js';
import {
  actionStep,
  broadPlan,
  newState,
  planOf,
  syntheticActions,
  undoByRestore,
  undoBySet,
} from '../../helpers/engine-synthetic.js';

const one = (change: Partial<ActionStep> = {}) =>
  planOf({
    runId: 'one',
    steps: [
      actionStep('one', 'update', {
        uses: 'syn.deploy@1',
        with: { resource: 'a', value: 'a2' },
        expects: 'a1',
        undo: undoByRestore('update', 'a'),
        ...change,
      }),
    ],
  });

const changed = (uses: string, change: (action: AnyAction<unknown>) => Partial<AnyAction<unknown>>): BenchOptions => ({
  actions: registryOf(
    [...syntheticActions().values()].map((action) =>
      action.uses === uses ? { ...action, ...change(action) } : action,
    ),
  ),
});

/** Fails the first `times` calls, then goes on as before. */
const failing = (times: number, error: () => Error) => {
  let left = times;
  return (action: (...args: never[]) => Promise<unknown>) =>
    (...args: never[]): Promise<unknown> => {
      left -= 1;
      if (left >= 0) throw error();
      return action(...args);
    };
};

const lost = () => new InDoubtError({ class: 'network', code: 'ECONNRESET', message: 'lost' });
const expired = () => new ActionError({ class: 'auth', code: 'ExpiredToken', message: 'expired' });

describe('a run', () => {
  it('journals capture, intent and answer around the one call, in this order', async () => {
    const bench = newBench();
    const result = await bench.run(one());
    expect(result).toMatchObject({ outcome: 'succeeded', exit: 0 });
    expect(typesOf(bench.events('one'))).toEqual([
      'run.planned',
      'lease.taken',
      'step.captured update',
      'step.started update',
      'step.accepted update',
      'step.succeeded update',
      'run.ended',
    ]);
  });

  it('runs independent chains side by side and writes their end into the journal', async () => {
    const bench = newBench();
    const { view } = await bench.run(broadPlan('run'));
    expect(view.chains).toEqual({ a: 'succeeded', b: 'succeeded' });
    expect(bench.state.values).toEqual({ a: 'a2', b: 'b2', config: 'c2', weight: '50', tag: 'succeeded' });
    expect(bench.state.messages).toEqual(['a2']);
  });

  it('refuses a plan that was altered, and one that expired', async () => {
    const bench = newBench();
    const plan = one();
    await expect(bench.run({ ...plan, danger: 'confirm' })).rejects.toMatchObject({ code: 'E_JOURNAL' });
    bench.time.now += 2 * 86_400_000;
    await expect(bench.run(plan)).rejects.toMatchObject({ code: 'E_STALE_PLAN', exitCode: 9 });
    expect(bench.state.changes).toEqual([]);
  });

  it('does nothing when the world is not what the plan expects, and says the difference', async () => {
    const bench = newBench({ state: newState({ a: 'other' }) });
    const result = await bench.run(one());
    expect(result).toMatchObject({ outcome: 'paused', exit: 9 });
    expect(result.view.pause).toMatchObject({
      reason: 'stale-plan',
      details: { step: 'update', expected: 'a1', found: 'other' },
    });
    expect(bench.state.changes).toEqual([]);
    expect(await bench.resume('one', { force: ['update'] })).toMatchObject({ exit: 0 });
  });

  it('retries a definite failure with a new key, after the pause of its policy', async () => {
    const bench = newBench({ state: newState({ weight: '100' }, { weight: 2 }) });
    const plan = planOf({
      runId: 'one',
      steps: [actionStep('one', 'w', { uses: 'syn.set@1', with: { resource: 'weight', value: '1' } })],
    });
    const begunAt = bench.time.now;
    expect(await bench.run(plan)).toMatchObject({ exit: 0 });
    expect(bench.state.changes).toEqual([{ key: 'one/w/3', what: 'set weight' }]);
    expect(bench.time.now - begunAt).toBe(3_000);
  });

  it('looks for a change whose answer was lost instead of making it twice', async () => {
    const bench = newBench(
      changed('syn.deploy@1', (action) => ({
        start: async (io, input, captured) => {
          await action.start(io, input, captured);
          throw lost();
        },
      })),
    );
    expect(await bench.run(one())).toMatchObject({ exit: 0 });
    expect(bench.state.changes).toHaveLength(1);
  });

  it('makes a change whose request was lost once more, with the same key, only after the settle time', async () => {
    const times: number[] = [];
    const lose = failing(1, lost);
    const bench = newBench(
      changed('syn.deploy@1', (action) => ({
        start: async (io, input, captured) => {
          times.push(io.now());
          return lose(action.start as never)(io as never, input as never, captured as never) as ReturnType<
            typeof action.start
          >;
        },
      })),
    );
    expect(await bench.run(one())).toMatchObject({ exit: 0 });
    expect(bench.state.changes.map((change) => change.key)).toEqual(['one/update/1']);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(20_000);
  });

  for (const [kind, reason] of [
    ['partial', 'partial-probe'],
    ['unknown', 'unknown-probe'],
  ] as const) {
    it(`asks a person when a probe stays ${kind}`, async () => {
      const bench = newBench(
        changed('syn.deploy@1', () => ({
          start: async () => {
            throw lost();
          },
          probe: async () => ({ kind, evidence: { seen: 'half of it' } }),
        })),
      );
      const result = await bench.run(one());
      expect(result).toMatchObject({ outcome: 'paused', exit: 12, view: { pause: { reason } } });
    });
  }

  it('gives a step of effect manual to a person when its answer is lost, and takes the word for it', async () => {
    const bench = newBench(
      changed('syn.deploy@1', () => ({
        effect: 'manual',
        start: async () => {
          throw lost();
        },
      })),
    );
    expect(await bench.run(one({ effect: 'manual' }))).toMatchObject({
      exit: 12,
      view: { pause: { reason: 'manual' } },
    });
    await bench.append('one', {
      type: 'step.resolved',
      step: 'update',
      as: 'done',
      by: 'ada',
      reason: 'seen in the console',
    });
    expect(await bench.resume('one')).toMatchObject({ exit: 0 });
  });

  it('never fails a step because a poll failed', async () => {
    const fail = failing(6, lost);
    const bench = newBench(changed('syn.deploy@1', (action) => ({ poll: fail(action.poll as never) as never })));
    expect(await bench.run(one())).toMatchObject({ exit: 0 });
  });

  it('pauses as timed out when the time is over, and goes on when it is resumed', async () => {
    const bench = newBench();
    expect(await bench.run(one({ timeoutMs: 20_000 }))).toMatchObject({
      outcome: 'timed-out',
      exit: 10,
      view: { pause: { reason: 'timed-out' } },
    });
    expect(bench.events('one').some((event) => event.type === 'step.failed')).toBe(false);
    expect(await bench.resume('one')).toMatchObject({ exit: 0 });
    expect(bench.state.changes).toHaveLength(1);
  });

  it('pauses when the run as a whole takes too long, and gives it that time anew on resume', async () => {
    const bench = newBench();
    const plan = planOf({
      runId: 'one',
      maxDurationMs: 10_000,
      steps: [
        actionStep('one', 'first', { uses: 'syn.deploy@1', with: { resource: 'a', value: 'a2' } }),
        actionStep('one', 'second', { needs: ['first'], uses: 'syn.set@1', with: { resource: 'b', value: 'b2' } }),
      ],
    });
    expect(await bench.run(plan)).toMatchObject({ exit: 10 });
    expect(bench.state.values['b']).toBe('b1');
    expect(await bench.resume('one')).toMatchObject({ exit: 0 });
  });

  it('reloads expired credentials once, then pauses with exit 4 and goes on when it is resumed', async () => {
    let reloads = 0;
    const reloadCredentials = async (): Promise<void> => {
      reloads += 1;
    };
    const once = failing(1, expired);
    const fine = newBench({
      ...changed('syn.deploy@1', (action) => ({ start: once(action.start as never) as never })),
      ports: (plain) => ({ ...plain, reloadCredentials }),
    });
    expect(await fine.run(one())).toMatchObject({ exit: 0 });
    expect(reloads).toBe(1);
    const thrice = failing(2, expired);
    const bench = newBench({
      ...changed('syn.deploy@1', (action) => ({ start: thrice(action.start as never) as never })),
      ports: (plain) => ({ ...plain, reloadCredentials }),
    });
    expect(await bench.run(one({ onError: 'undo' }))).toMatchObject({
      exit: 4,
      view: { pause: { reason: 'credentials' } },
    });
    expect(await bench.resume('one')).toMatchObject({ exit: 0 });
  });

  it('redacts failures and evidence before they are journaled', async () => {
    const secret = 'hunter22';
    const bench = newBench(
      changed('syn.deploy@1', () => ({
        start: async (io) => {
          await io.observe({ line: `DB_PASSWORD=${secret}` });
          throw new ActionError({
            class: 'assert',
            code: 'x',
            message: `postgres://u:${secret}@db`,
            details: { password: secret },
          });
        },
      })),
    );
    expect(await bench.run(one())).toMatchObject({ exit: 6 });
    expect(JSON.stringify(bench.events('one'))).not.toContain(secret);
    expect(JSON.stringify(bench.events('one'))).toContain('«redacted»');
  });
});

describe('a failed step', () => {
  const bad = (onError: ActionStep['onError'], undoScope: ActionStep['undoScope'] = 'chain') =>
    broadPlan('run', { b: 'bad', onError, undoScope });

  it('is undone with its chain: the other chain stays', async () => {
    const bench = newBench();
    const { view, exit, outcome } = await bench.run(bad('undo'));
    expect([exit, outcome, view.state]).toEqual([7, 'rolled-back', 'failed']);
    expect(view.chains).toEqual({ a: 'succeeded', b: 'rolled-back' });
    expect(bench.state.values).toMatchObject({ a: 'a2', b: 'b1', weight: '100', tag: 'rolled-back' });
  });

  it('takes the whole run back when its scope is the run', async () => {
    const bench = newBench();
    const { view, exit } = await bench.run(bad('undo', 'run'));
    expect(exit).toBe(7);
    expect(view.chains).toEqual({ a: 'rolled-back', b: 'rolled-back' });
    expect(bench.state.values).toMatchObject({ a: 'a1', b: 'b1', config: 'c1', weight: '100' });
  });

  it('pauses for a person with exit 12, and is tried again on resume', async () => {
    const bench = newBench();
    expect(await bench.run(bad('pause'))).toMatchObject({ exit: 12, view: { pause: { reason: 'step-error' } } });
    expect(await bench.resume('run')).toMatchObject({ exit: 12 });
    expect(bench.state.changes.filter((change) => change.what === 'deploy b').map((change) => change.key)).toEqual([
      'run/update[b]/1',
      'run/update[b]/2',
    ]);
  });

  it('is forgiven when its author says continue', async () => {
    const bench = newBench();
    expect(await bench.run(bad('continue'))).toMatchObject({ exit: 0 });
  });

  it('says how it ended when AWS had already decided, and nothing is undone twice', async () => {
    for (const [outcome, exit] of [
      ['rolled-back', 7],
      ['superseded', 9],
    ] as const) {
      const bench = newBench(
        changed('syn.deploy@1', () => ({
          poll: async () => ({ kind: 'failed', outcome, error: { class: 'assert', code: 'x', message: 'no' } }),
        })),
      );
      expect(await bench.run(one({ onError: 'undo' }))).toMatchObject({ exit, outcome });
      expect(typesOf(bench.events('one')).filter((type) => type.startsWith('undo.started'))).toEqual([]);
    }
  });

  it('is exit 8 when its undo fails, and what lies below is left alone', async () => {
    const bench = newBench(
      changed('syn.restore@1', () => ({
        start: async () => {
          throw new ActionError({ class: 'conflict', code: 'x', message: 'cannot' });
        },
      })),
    );
    const { exit, view } = await bench.run(bad('undo'));
    expect([exit, view.chains['b']]).toEqual([8, 'rollback-failed']);
    expect(bench.state.values['weight']).toBe('50');
  });

  it('takes the word of its undo for the outcome: a first deployment scaled to zero is failed, exit 6', async () => {
    const bench = newBench(
      changed('syn.restore@1', () => ({
        start: async () => ({ kind: 'handle', handle: {} }),
        poll: async () => ({ kind: 'done', outputs: null, post: null, outcome: 'failed' }),
      })),
    );
    expect(await bench.run(one({ with: { resource: 'a', value: 'bad' }, onError: 'undo' }))).toMatchObject({
      exit: 6,
      outcome: 'failed',
    });
  });
});

describe('undo by a person', () => {
  it('gives back the world of a run that had succeeded, with exit 0, and is nothing the second time', async () => {
    const bench = newBench();
    await bench.run(broadPlan('run'));
    expect(await bench.undo('run')).toMatchObject({ exit: 0, view: { state: 'undone' } });
    expect(bench.state.values).toMatchObject({ a: 'a1', b: 'b1', config: 'c1', weight: '100' });
    const count = bench.events('run').length;
    expect(await bench.undo('run')).toMatchObject({ exit: 0 });
    expect(bench.events('run')).toHaveLength(count);
  });

  it('stops before a world that somebody else has changed, unless the difference is named', async () => {
    const bench = newBench();
    await bench.run(one());
    bench.state.values['a'] = 'somebody else';
    const paused = await bench.undo('one');
    expect(paused).toMatchObject({
      exit: 9,
      view: { pause: { reason: 'drift', details: { step: 'update', expected: 'a2', found: 'somebody else' } } },
    });
    expect(bench.state.values['a']).toBe('somebody else');
    expect(await bench.undo('one', { force: ['update'] })).toMatchObject({ exit: 0 });
    expect(bench.state.values['a']).toBe('a1');
  });

  it('knows its own later steps on the same thing from somebody else', async () => {
    const bench = newBench();
    const twice = planOf({
      runId: 'one',
      steps: [
        actionStep('one', 'first', {
          uses: 'syn.set@1',
          with: { resource: 'a', value: 'x' },
          undo: undoBySet('first', 'a'),
        }),
        actionStep('one', 'second', {
          needs: ['first'],
          uses: 'syn.set@1',
          with: { resource: 'a', value: 'y' },
          undo: undoBySet('second', 'a'),
        }),
      ],
    });
    await bench.run(twice);
    expect(await bench.undo('one')).toMatchObject({ exit: 0 });
    expect(bench.state.values['a']).toBe('a1');
  });
});

describe('resume', () => {
  it('of a finished run gives its result again and does nothing', async () => {
    const bench = newBench();
    await bench.run(one());
    const before = bench.events('one').length;
    expect(await bench.resume('one')).toMatchObject({ exit: 0, outcome: 'succeeded' });
    expect(bench.events('one')).toHaveLength(before);
  });

  it('does not build on what somebody else has changed meanwhile', async () => {
    const bench = newBench();
    const gate = {
      kind: 'gate',
      id: 'gate',
      title: 'gate',
      needs: ['update'],
      chain: 'main',
      message: 'go on?',
      approvals: 1,
    } as const;
    const after = actionStep('one', 'after', {
      needs: ['gate'],
      uses: 'syn.set@1',
      with: { resource: 'b', value: 'b2' },
    });
    const { schema: _, digest: __, ...draft } = one();
    await bench.run(sealPlan({ ...draft, steps: [...draft.steps, gate, after] }));
    await bench.append('one', { type: 'gate.approved', step: 'gate', by: 'ada' });
    bench.state.values['a'] = 'somebody else';
    expect(await bench.resume('one')).toMatchObject({ exit: 9, view: { pause: { reason: 'drift' } } });
    expect(bench.state.values['b']).toBe('b1');
    expect(await bench.resume('one', { force: ['update'] })).toMatchObject({ exit: 0 });
  });

  it('is refused after the run was fenced', async () => {
    const bench = newBench();
    bench.interrupt.abort('SIGINT');
    await bench.run(one());
    const { journals, writer } = bench.options();
    await fenceRun(journals, { runId: 'one', by: 'another', writer });
    await expect(bench.resume('one')).rejects.toMatchObject({ code: 'E_CONFLICT', exitCode: 9 });
    await expect(bench.undo('one')).rejects.toMatchObject({ code: 'E_CONFLICT' });
  });
});

describe('gates and manual steps', () => {
  const gated = (approvals: number, expiresMs?: number) =>
    planOf({
      runId: 'one',
      steps: [
        {
          kind: 'gate',
          id: 'gate',
          title: 'gate',
          needs: [],
          chain: 'main',
          message: 'go?',
          approvals,
          ...(expiresMs === undefined ? {} : { expiresMs }),
        },
        actionStep('one', 'set', { needs: ['gate'], uses: 'syn.set@1', with: { resource: 'a', value: 'a2' } }),
      ],
    });

  it('waits for as many people as it was told', async () => {
    const bench = newBench();
    expect(await bench.run(gated(2))).toMatchObject({ exit: 12, view: { state: 'awaiting-approval' } });
    await bench.append(
      'one',
      { type: 'gate.approved', step: 'gate', by: 'ada' },
      { type: 'gate.approved', step: 'gate', by: 'ada' },
    );
    expect(await bench.resume('one')).toMatchObject({ exit: 12 });
    await bench.append('one', { type: 'gate.approved', step: 'gate', by: 'grace' });
    expect(await bench.resume('one')).toMatchObject({ exit: 0 });
  });

  it('ends as stopped when it is denied or nobody came in time', async () => {
    const bench = newBench();
    await bench.run(gated(1));
    await bench.append('one', { type: 'gate.denied', step: 'gate', by: 'ada', reason: 'not today' });
    expect(await bench.resume('one')).toMatchObject({ exit: 6, outcome: 'stopped' });
    const late = newBench();
    await late.run(gated(1, 60_000));
    late.time.now += 61_000;
    expect(await late.resume('one')).toMatchObject({ exit: 6, outcome: 'stopped' });
    expect(late.state.changes).toEqual([]);
  });

  it('asks again for a manual step that was not done', async () => {
    const bench = newBench();
    const plan = planOf({
      runId: 'one',
      steps: [
        {
          kind: 'manual',
          id: 'key',
          title: 'key',
          needs: [],
          chain: 'main',
          text: 'turn the key',
          undo: { none: 'by hand' },
        },
      ],
    });
    expect(await bench.run(plan)).toMatchObject({
      exit: 12,
      view: { pause: { reason: 'manual', details: { text: 'turn the key' } } },
    });
    await bench.append('one', { type: 'step.resolved', step: 'key', as: 'not-done', by: 'ada', reason: 'no key' });
    expect(await bench.resume('one')).toMatchObject({ exit: 12 });
    await bench.append('one', { type: 'step.resolved', step: 'key', as: 'done', by: 'ada', reason: 'turned' });
    expect(await bench.resume('one')).toMatchObject({ exit: 0 });
  });
});

describe('the lock', () => {
  /** Dies when it has journaled the given number of events. */
  const killed = async (bench: ReturnType<typeof newBench>, after: number): Promise<void> => {
    const { journals } = bench.options();
    let count = 0;
    const dead = bench.run(one(), {
      journals: {
        ...journals,
        create: async (runId, writer) => {
          const journal = await journals.create(runId, writer);
          return {
            ...journal,
            append: (body) => {
              count += 1;
              return count > after ? Promise.reject(new Error('killed')) : journal.append(body);
            },
          };
        },
      },
    });
    await expect(dead).rejects.toThrow('killed');
  };
  const other = () =>
    planOf({
      runId: 'two',
      steps: [actionStep('two', 'set', { uses: 'syn.set@1', with: { resource: 'b', value: 'b2' } })],
    });

  it('of a dead run is not taken by a new one, which names the ways out', async () => {
    const bench = newBench();
    await killed(bench, 4);
    const refused = bench.run(other());
    await expect(refused).rejects.toMatchObject({
      code: 'E_LOCKED',
      exitCode: 9,
      hints: ['platform runs resume one', 'platform runs undo one'],
    });
    expect(bench.events('two').at(-1)?.type).toBe('run.abandoned');
    expect(await bench.resume('one')).toMatchObject({ exit: 0 });
    const { schema: _, digest: __, ...draft } = other();
    expect(await bench.run(sealPlan({ ...draft, runId: 'three' }))).toMatchObject({ exit: 0 });
  });

  it('of a run that had ended and only missed its release is taken at once, and that run is fenced first', async () => {
    const bench = newBench();
    await bench.run(one(), {
      locks: {
        ...bench.options().locks,
        acquire: async (request) => {
          const answer = await bench.options().locks.acquire(request);
          return answer.kind === 'held'
            ? { ...answer, lease: { ...answer.lease, release: async () => Promise.reject(new Error('lost')) } }
            : answer;
        },
      },
    });
    expect(await bench.run(other())).toMatchObject({ exit: 0 });
    expect(bench.events('one').at(-1)).toMatchObject({ type: 'run.fenced', by: 'two' });
  });

  it('of a run that lives elsewhere is waited for as long as asked, and said', async () => {
    const bench = newBench({ liveness: () => 'live' });
    await killed(bench, 4);
    const begunAt = bench.time.now;
    await expect(bench.run(other(), { lockWaitMs: 5_000 })).rejects.toMatchObject({ code: 'E_LOCKED' });
    expect(bench.time.now - begunAt).toBe(5_000);
    expect(bench.seen.filter((event) => event.kind === 'lock-wait').length).toBeGreaterThanOrEqual(5);
    await expect(bench.resume('one')).rejects.toMatchObject({ code: 'E_LOCKED', details: { reason: 'running' } });
  });

  it('is refused when the holder’s journal cannot be reached', async () => {
    const bench = newBench();
    await killed(bench, 4);
    await expect(bench.run(other(), { journalsAt: () => undefined })).rejects.toMatchObject({
      details: { reason: 'journal-unreachable' },
    });
  });
});

describe('stopping', () => {
  for (const [signal, exit] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`by ${signal} journals the answer on its way, pauses with ${exit} and frees the lock`, async () => {
      const bench = newBench(
        changed('syn.deploy@1', (action) => ({
          start: async (io, input, captured) => {
            bench.interrupt.abort(signal);
            return action.start(io, input, captured);
          },
        })),
      );
      expect(await bench.run(one())).toMatchObject({
        exit,
        outcome: 'paused',
        view: { pause: { reason: 'detached' } },
      });
      expect(typesOf(bench.events('one')).slice(-2)).toEqual(['step.accepted update', 'run.paused']);
      expect((await bench.options().locks.read()).holders).toEqual([]);
      expect(await bench.resume('one', { interrupt: new AbortController().signal })).toMatchObject({ exit: 0 });
      expect(bench.state.changes).toHaveLength(1);
    });
  }

  it('keeps the lock while the answer to a call is lost, so that nobody else starts on top of it', async () => {
    const bench = newBench(
      changed('syn.deploy@1', () => ({
        start: async () => {
          bench.interrupt.abort('SIGINT');
          throw lost();
        },
      })),
    );
    expect(await bench.run(one())).toMatchObject({ exit: 130 });
    expect((await bench.options().locks.read()).holders).toHaveLength(1);
  });

  it('acts no more once another process took the journal over', async () => {
    const bench = newBench(
      changed('syn.look@1', (action) => ({
        start: async (io, input, captured) => {
          const { journals, writer } = bench.options();
          await journals.takeOver('run', writer);
          return action.start(io, input, captured);
        },
      })),
    );
    const plan = planOf({
      runId: 'run',
      maxParallel: 1,
      steps: [
        actionStep('run', 'look', { uses: 'syn.look@1', with: { resource: 'a' } }),
        actionStep('run', 'set', { needs: ['look'], uses: 'syn.set@1', with: { resource: 'a', value: 'a2' } }),
      ],
    });
    await expect(bench.run(plan)).rejects.toMatchObject({ code: 'E_JOURNAL', details: { reason: 'fenced' } });
    expect(bench.state.changes).toEqual([]);
  });

  it('writes an intent anew when its answer came so late that another may have looked for its effect', async () => {
    let isSlow = true;
    const bench = newBench();
    const { journals } = bench.options();
    await bench.run(one(), {
      journals: {
        ...journals,
        create: async (runId, writer) => {
          const journal = await journals.create(runId, writer);
          return {
            ...journal,
            append: async (body) => {
              const event = await journal.append(body);
              if (body.type === 'step.started' && isSlow) {
                isSlow = false;
                bench.time.now += 38_000;
              }
              return event;
            },
          };
        },
      },
    });
    expect(typesOf(bench.events('one')).filter((type) => type === 'step.started update')).toHaveLength(2);
    expect(bench.state.changes).toHaveLength(1);
  });

  it('starts nothing when its lease is gone', async () => {
    const bench = newBench(
      changed('syn.look@1', (action) => ({
        start: async (io, input, captured) => {
          await bench.options().locks.evict('run');
          bench.time.now += 120_000;
          return action.start(io, input, captured);
        },
      })),
    );
    const plan = planOf({
      runId: 'run',
      steps: [
        actionStep('run', 'look', { uses: 'syn.look@1', with: { resource: 'a' } }),
        actionStep('run', 'set', { needs: ['look'], uses: 'syn.set@1', with: { resource: 'a', value: 'a2' } }),
      ],
    });
    await expect(bench.run(plan)).rejects.toMatchObject({ code: 'E_CONFLICT', exitCode: 9 });
    expect(bench.state.changes).toEqual([]);
  });
});

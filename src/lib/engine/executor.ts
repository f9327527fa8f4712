/**
 * Carries out what decide says until the run ends, pauses or must stop. It holds no rules of its own: it starts lanes,
 * journals skips and ends, and asks again whenever something changed. Steps run concurrently; appends are in one order.
 */

import { decide } from './decide.js';
import type { Decision, Pause, Start } from './decision.js';
import type { EventBody } from './event.js';
import { actionFor, type Lane, laneOf } from './lane.js';
import { exitOfDetach } from './outcomes.js';
import { Stopped } from './session.js';
import { laneKey, type Phase } from './step-rules.js';
import { attachLane, conclude, probeLane, rerunLane, settleLane, startLane } from './step-runner.js';
import type { Runner } from './work.js';

interface Loop {
  readonly runner: Runner;
  /** Lanes at work in this process. */
  readonly owned: Map<string, Promise<void>>;
  readonly parked: Map<string, Pause>;
  readonly bell: Bell;
}

/** Returns when run.ended or run.paused is journaled; throws what stopped it otherwise. */
export const execute = async (runner: Runner): Promise<void> => {
  const bell = newBell();
  const loop: Loop = { runner, owned: new Map(), parked: new Map(), bell };
  const { session } = runner;
  session.quiet.addEventListener('abort', bell.ring, { once: true });
  try {
    for (;;) {
      if (session.halted.aborted) throw session.halted.reason;
      if (session.quiet.aborted) return await detach(loop);
      if (await step(loop)) return;
    }
  } catch (error) {
    if (error instanceof Stopped && session.halted.aborted) throw session.halted.reason;
    throw error;
  }
};

/** One look at the journal and everything that follows from it; true when the run has ended or paused. */
const step = async (loop: Loop): Promise<boolean> => {
  const { session } = loop.runner;
  const { wall, service } = session.options.clocks;
  const { actions } = session.options;
  const rung = loop.bell.next();
  const decisions = decide(session.view(), {
    now: wall.now(),
    serviceNow: service.now(),
    owned: new Set(loop.owned.keys()),
    parked: loop.parked,
    effectOf: (uses) => actionFor(actions, uses).effect,
  });
  let isChanged = false;
  let wakeAt: number | undefined;
  for (const decision of decisions) {
    if (decision.kind === 'wait') wakeAt = Math.min(wakeAt ?? decision.until, decision.until);
    else if (isLaneDecision(decision)) launch(loop, decision);
    else {
      await session.append(eventOf(loop, decision));
      if (decision.kind === 'end' || decision.kind === 'pause') return true;
      isChanged = true;
    }
  }
  if (!isChanged) await waitForNews(loop, rung, wakeAt);
  return false;
};

type LaneDecision = Extract<Decision, { kind: 'start' | 'attach' | 'rerun' | 'probe' | 'settle' }>;

const isLaneDecision = (decision: Decision): decision is LaneDecision =>
  decision.kind === 'start' ||
  decision.kind === 'attach' ||
  decision.kind === 'rerun' ||
  decision.kind === 'probe' ||
  decision.kind === 'settle';

const launch = (loop: Loop, decision: LaneDecision): void => {
  const { runner, owned, parked, bell } = loop;
  const { session } = runner;
  const phase: Phase = decision.kind === 'settle' ? 'do' : decision.phase;
  const key = laneKey(phase, decision.step);
  const lane = laneOf({ view: session.view(), actions: session.options.actions, phase, step: decision.step });
  const work = conclude(runner, lane, () => workFor(runner, lane, decision)).then(
    (pause) => {
      if (pause) parked.set(key, pause);
    },
    (error: unknown) => {
      if (!(error instanceof Stopped)) session.halt(error);
    },
  );
  owned.set(
    key,
    work.then(() => {
      owned.delete(key);
      bell.ring();
    }),
  );
};

const workFor = (runner: Runner, lane: Lane, decision: LaneDecision): Promise<void> => {
  switch (decision.kind) {
    case 'start':
      return startLane(runner, lane, (decision as Start).attempt);
    case 'attach':
      return attachLane(runner, lane);
    case 'rerun':
      return rerunLane(runner, lane);
    case 'probe':
      return probeLane(runner, lane);
    case 'settle':
      return settleLane(runner, lane);
  }
};

const eventOf = (loop: Loop, decision: Exclude<Decision, LaneDecision | { kind: 'wait' }>): EventBody => {
  switch (decision.kind) {
    case 'skip': {
      const { step: id, reason, because } = decision;
      return { type: 'step.skipped', step: id, reason, because };
    }
    case 'skip-undo':
      return { type: 'undo.skipped', step: decision.step, reason: decision.reason };
    case 'open-gate':
      return openGate(loop, decision.step);
    case 'fail':
      return { type: 'step.failed', step: decision.step, error: decision.error, outcome: 'stopped' };
    case 'begin-undo':
      return {
        type: 'undo.requested',
        scope: decision.scope,
        by: `platform, after ${decision.step}`,
        cause: 'failure',
      };
    case 'pause': {
      const { kind: _, ...pause } = decision;
      return { type: 'run.paused', ...pause };
    }
    case 'end': {
      const { kind: _, ...end } = decision;
      return { type: 'run.ended', ...end };
    }
  }
};

const openGate = (loop: Loop, id: string): EventBody => {
  const { session } = loop.runner;
  const gate = session.view().steps.get(id)?.step;
  const expiresMs = gate?.kind === 'gate' ? gate.expiresMs : undefined;
  if (expiresMs === undefined) return { type: 'gate.opened', step: id };
  const expiresAt = new Date(session.options.clocks.wall.now() + expiresMs).toISOString();
  return { type: 'gate.opened', step: id, expiresAt };
};

/** Until a lane ends, the run is told to stop, or a retry is due. */
const waitForNews = async (loop: Loop, rung: Promise<void>, wakeAt: number | undefined): Promise<void> => {
  if (wakeAt === undefined) return rung;
  const { wall } = loop.runner.session.options.clocks;
  const over = new AbortController();
  const slept = wall.sleep(Math.max(0, wakeAt - wall.now()), over.signal).catch(() => undefined);
  await Promise.race([rung, slept]);
  over.abort('woken');
};

/** Ctrl-C: AWS goes on safely. What was asked is still answered and journaled; then the run pauses. */
const detach = async (loop: Loop): Promise<void> => {
  const { session } = loop.runner;
  await Promise.all(loop.owned.values());
  if (session.halted.aborted) throw session.halted.reason;
  const { reason } = session.options.interrupt;
  await session.append({ type: 'run.paused', reason: 'detached', exit: exitOfDetach(reason) });
};

interface Bell {
  readonly ring: () => void;
  /** Resolves at the next ring after this call. */
  next(): Promise<void>;
}

const newBell = (): Bell => {
  let ring: () => void = () => undefined;
  return {
    ring: () => ring(),
    next: () =>
      new Promise((resolve) => {
        ring = resolve;
      }),
  };
};

/** What a lane at work passes along: the process's session and lease, the lane, its inputs and its time. */
import type { Json } from '../plan/json.js';
import type { ActionIo } from './action.js';
import type { Lane } from './lane.js';
import type { LeaseKeeper } from './lease-keeper.js';
import { clipJson } from './redact.js';
import type { Session } from './session.js';

/** Asks the ports for fresh credentials, at most once per process; true when this lane may try once more. */
export type Reloader = (lane: string) => Promise<boolean>;

export interface Runner {
  readonly session: Session;
  readonly lease: LeaseKeeper;
  readonly reload: Reloader;
}

export interface Work {
  readonly runner: Runner;
  readonly lane: Lane;
  readonly inputs: Json;
  readonly parsed: Json;
  /** Service time at which waiting ends; in doubt then, never failed. */
  readonly deadline: number;
  /** Service time until which doubt and failing reads are looked into again. */
  readonly doubtUntil: number;
}

/** A request takes real time: in a sandbox AWS time runs many times faster, and a minute of it is one real second. */
const realFloorMs = 15_000;

/** Both limits of a step whose time began at `from` (service time). Against AWS they are one. */
export const limitsFrom = (runner: Runner, lane: Lane, from: number): Pick<Work, 'deadline' | 'doubtUntil'> => {
  const { timeoutMs } = lane.step;
  const { rate } = runner.session.options.clocks.service;
  return {
    deadline: from + timeoutMs,
    doubtUntil: from + Math.max(timeoutMs, Math.min(timeoutMs, realFloorMs) * rate),
  };
};

export const observedLimitBytes = 8_192;

export const ioOf = (runner: Runner, lane: Lane, signal: AbortSignal): ActionIo<unknown> => {
  const { session } = runner;
  const { service } = session.options.clocks;
  const record = lane.record(session.view());
  const attempt = Math.max(1, record.attempt);
  return {
    ports: session.options.ports,
    signal,
    key: lane.keyOf(attempt),
    runId: session.view().runId,
    stepId: lane.step.id,
    now: () => service.now(),
    startedAt: record.serviceAt ?? service.now(),
    observe: async (evidence) => {
      await session.append({
        type: 'step.observed',
        step: lane.step.id,
        evidence: clipJson(session.redact(evidence), observedLimitBytes),
      });
    },
  };
};

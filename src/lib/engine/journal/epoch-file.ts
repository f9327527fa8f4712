/**
 * The format of `journal.<epoch>.jsonl`, bytes in, data out. Pure.
 * Epoch 1: event lines. Every later epoch: one seal line, then event lines. A line is canonical JSON and a newline;
 * bytes after the last newline are an append that never finished and are no part of the journal.
 */
import { PlatformError } from '../../errors/platform-error.js';
import { canonical, digestOf, sameJson } from '../../plan/json.js';
import type { Instant } from '../../plan/plan.js';
import type { JournalEvent, Writer } from '../event.js';
import { notUnderstood } from '../understood.js';
import { whyNotAfter } from './chain.js';

/** How much of an earlier epoch is history: so many bytes, up to this event. Everything behind them never happened. */
export interface SealedBase {
  readonly epoch: number;
  readonly bytes: number;
  /** 0 and `''` when nothing was written before. */
  readonly seq: number;
  readonly sum: string;
}

export interface EpochSeal {
  readonly kind: 'epoch';
  readonly v: 1;
  readonly runId: string;
  readonly epoch: number;
  readonly at: Instant;
  readonly writer: Writer;
  readonly base: SealedBase;
  readonly sum: string;
}

export const epochFileName = (epoch: number): string => `journal.${epoch}.jsonl`;

export const epochOfFileName = (name: string): number | undefined => {
  const match = /^journal\.([1-9][0-9]{0,8})\.jsonl$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
};

export const lineOf = (value: JournalEvent | EpochSeal): Uint8Array => Buffer.from(`${canonical(value)}\n`);

export const sealEpoch = (seal: Omit<EpochSeal, 'kind' | 'v' | 'sum'>): EpochSeal => {
  const unsealed = { kind: 'epoch' as const, v: 1 as const, ...seal };
  return { ...unsealed, sum: digestOf(unsealed) };
};

export const altered = (runId: string, seq: number, why: string): PlatformError =>
  new PlatformError('E_JOURNAL', `the journal of run ${runId} is not whole: event ${seq}: ${why}`, {
    hints: [
      `nothing was changed; restore the file from a backup, or give the run up: platform lock break --run ${runId}`,
    ],
    details: { reason: 'altered', runId, seq, why },
  });

const newline = 0x0a;

/**
 * Bytes after the last newline can only be a beginning of a line. When they are a whole line and then something else,
 * it was the newline that was changed.
 */
const isTornLine = (tail: Uint8Array): boolean =>
  tail.length === 0 || parseLine(tail.subarray(0, tail.length - 1)) === undefined;

const parseLine = (bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

/** Only the very bytes that we would write are accepted, so no changed byte hides behind an equal meaning. */
const parseExactly = (bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined => {
  const value = parseLine(bytes);
  return value !== undefined && Buffer.from(canonical(value)).equals(bytes) ? value : undefined;
};

export type SealReading =
  | { readonly kind: 'seal'; readonly seal: EpochSeal; readonly bytes: number }
  /** Its taker died, or is still at it: this epoch never began. */
  | { readonly kind: 'void' }
  | { readonly kind: 'altered'; readonly why: string };

export const readSeal = (content: Uint8Array, expected: { runId: string; epoch: number }): SealReading => {
  const end = content.indexOf(newline);
  if (end < 0) return isTornLine(content) ? { kind: 'void' } : alteredSeal(expected.epoch);
  const value = parseExactly(content.subarray(0, end));
  if (value === undefined) return alteredSeal(expected.epoch);
  const { sum, ...rest } = value;
  const seal = value as unknown as EpochSeal;
  const fits = seal.kind === 'epoch' && seal.runId === expected.runId && seal.epoch === expected.epoch;
  if (!fits || sum !== digestOf(rest) || seal.base.epoch >= seal.epoch) return alteredSeal(expected.epoch);
  return { kind: 'seal', seal, bytes: end + 1 };
};

const alteredSeal = (epoch: number): SealReading => ({
  kind: 'altered',
  why: `the seal line of ${epochFileName(epoch)} does not match its checksum`,
});

export interface EpochEvents {
  readonly events: readonly JournalEvent[];
  /** Length of the file up to its last whole line. */
  readonly bytes: number;
}

export interface EpochSlice {
  readonly runId: string;
  readonly epoch: number;
  readonly content: Uint8Array;
  /** Where the events begin: behind the seal line. */
  readonly from: number;
  /** Where they were sealed; undefined in the newest epoch, which ends at its last whole line. */
  readonly sealedAt: number | undefined;
}

/** Throws E_JOURNAL with the number of the first event that is not as it was written. */
export const readEvents = (slice: EpochSlice, before: JournalEvent | undefined): EpochEvents => {
  const { content, runId } = slice;
  const events: JournalEvent[] = [];
  let last = before;
  let at = slice.from;
  const limit = slice.sealedAt ?? content.length;
  const nextSeq = (): number => (last?.seq ?? 0) + 1;
  if (limit > content.length) throw altered(runId, nextSeq(), 'the file is shorter than when it was sealed');
  for (let end = content.indexOf(newline, at); end >= 0 && end < limit; end = content.indexOf(newline, at)) {
    const event = parseExactly(content.subarray(at, end)) as JournalEvent | undefined;
    if (event === undefined) throw altered(runId, nextSeq(), 'the line is not what was written');
    assertKnownFormat(event, runId);
    const why = whyNotHere(event, slice) ?? whyNotAfter(last, event);
    if (why !== undefined) throw altered(runId, nextSeq(), why);
    events.push(event);
    last = event;
    at = end + 1;
  }
  if (slice.sealedAt === undefined && !isTornLine(content.subarray(at))) {
    throw altered(runId, nextSeq(), 'the end of the line is not what was written');
  }
  if (slice.sealedAt !== undefined && at !== limit) throw altered(runId, nextSeq(), 'the line was sealed and is gone');
  return { events, bytes: at };
};

/** A later format is not damage: its checksums may be made in another way. */
const assertKnownFormat = (event: JournalEvent, runId: string): void => {
  const version: unknown = event.v;
  if (typeof version !== 'number' || !Number.isInteger(version) || version <= 1) return;
  const cli = (event.writer as Partial<Writer> | undefined)?.cli ?? 'unknown';
  throw notUnderstood({ runId, cli }, `this version does not know the journal's format ${version}`);
};

const whyNotHere = (event: JournalEvent, slice: EpochSlice): string | undefined => {
  if (event.runId !== slice.runId) return `it belongs to run ${String(event.runId)}`;
  if (event.epoch !== slice.epoch) return `it was written in epoch ${String(event.epoch)}`;
  return undefined;
};

export const isBaseOf = (base: SealedBase, last: JournalEvent | undefined): boolean =>
  sameJson({ seq: base.seq, sum: base.sum }, { seq: last?.seq ?? 0, sum: last?.sum ?? '' });

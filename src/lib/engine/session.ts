/**
 * One process's hold on one run: the journal's writer, the folded view, and the two ways to stop. `halt` is for good (the
 * journal refused us, a port died): no append and no effect comes after it. `quiet` is a person's Ctrl-C: nothing new
 * starts, an answer on its way is still journaled. Appends go one after the other, in the order they were asked for.
 */
import type { Json } from '../plan/json.js';
import type { EngineOptions } from './api.js';
import type { EventBody } from './event.js';
import { fold, foldAll } from './fold.js';
import type { JournalWriter } from './ports.js';
import { redactJson } from './redact.js';
import type { RunView } from './view.js';

/** Unwinds a piece of work because the run stops here; carries no news. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export interface Session {
  readonly options: EngineOptions;
  view(): RunView;
  append(body: EventBody): Promise<RunView>;
  progress(step: string, progress: Json): void;
  redact(value: Json): Json;
  /** Ends everything at once; the first reason is kept. */
  halt(reason: unknown): void;
  /** Throws Stopped once the run is to stop; before every call that is not owed an answer. */
  checkpoint(): void;
  /** Throws Stopped only after a halt: what has been promised to the journal is still done. */
  assertAlive(): void;
  readonly halted: AbortSignal;
  /** Aborted by an interrupt or a halt. */
  readonly quiet: AbortSignal;
  /** Service-time pause that ends with Stopped when the run stops. */
  sleep(ms: number): Promise<void>;
  close(): Promise<void>;
}

interface SessionStart {
  readonly options: EngineOptions;
  readonly journal: JournalWriter;
  /** Events that this process appended before it had a session: a new run has none. */
  readonly first: EventBody | undefined;
}

export const openSession = async (start: SessionStart): Promise<Session> => {
  const { options, journal } = start;
  const halted = new AbortController();
  const quiet = new AbortController();
  const redact = options.redact ?? redactJson;
  let view: RunView | undefined = journal.events.length === 0 ? undefined : foldAll(journal.events);
  let last: Promise<unknown> = Promise.resolve();

  const current = (): RunView => view ?? foldAll([]);
  const halt = (reason: unknown): void => {
    if (!halted.signal.aborted) halted.abort(reason);
    quiet.abort(reason);
  };
  const assertAlive = (): void => {
    if (halted.signal.aborted) throw new Stopped();
  };
  const appendNow = async (body: EventBody): Promise<RunView> => {
    assertAlive();
    try {
      const event = await journal.append(body);
      view = fold(view, event);
      options.onEvent?.({ kind: 'journal', event, view });
      return view;
    } catch (error) {
      // Whatever went wrong, we no longer know what the journal holds; the next process will read it.
      halt(error);
      throw new Stopped();
    }
  };
  const append = (body: EventBody): Promise<RunView> => {
    const mine = last.then(() => appendNow(body));
    last = mine.catch(() => undefined);
    return mine;
  };
  const onInterrupt = (): void => quiet.abort(options.interrupt.reason);
  if (options.interrupt.aborted) onInterrupt();
  else options.interrupt.addEventListener('abort', onInterrupt, { once: true });

  const session: Session = {
    options,
    view: current,
    append,
    redact,
    halt,
    assertAlive,
    halted: halted.signal,
    quiet: quiet.signal,
    progress: (step, progress) => options.onEvent?.({ kind: 'progress', step, progress, view: current() }),
    checkpoint: () => {
      if (quiet.signal.aborted) throw new Stopped();
    },
    sleep: async (ms) => {
      try {
        await options.clocks.service.sleep(Math.max(0, ms), quiet.signal);
      } catch (error) {
        if (quiet.signal.aborted) throw new Stopped();
        throw error;
      }
    },
    close: async () => {
      options.interrupt.removeEventListener('abort', onInterrupt);
      await journal.close();
    },
  };
  if (start.first) await append(start.first);
  return session;
};

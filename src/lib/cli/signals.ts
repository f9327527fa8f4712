/**
 * Signals are ours, not a library's. The first SIGINT or SIGTERM aborts `interrupt` with its name as the reason, so that
 * the engine stops starting steps and hands over; the second ends the process at once.
 */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Stop listening. */
  dispose(): void;
}

export type SignalName = 'SIGINT' | 'SIGTERM';

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

export const listenForSignals = (onFirst: (name: SignalName) => void): Interrupt => {
  const controller = new AbortController();
  const receive = (name: SignalName): void => {
    if (controller.signal.aborted) process.exit(exitCodes[name]);
    controller.abort(name);
    onFirst(name);
  };
  const onInt = (): void => receive('SIGINT');
  const onTerm = (): void => receive('SIGTERM');
  process.on('SIGINT', onInt);
  process.on('SIGTERM', onTerm);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', onInt);
      process.off('SIGTERM', onTerm);
    },
  };
};

const ignoreClosedPipe = (): void => undefined;

/**
 * While a change is under way a closed pipe must not end us: the run goes on, its journal stays whole, and the exit code
 * is the run's. For the rest of the process: when a signal's last listener goes, the system's own way comes back, and
 * for SIGPIPE that is death at the next write.
 */
export const ignoreClosedPipes = (): void => {
  if (!process.listeners('SIGPIPE').includes(ignoreClosedPipe)) process.on('SIGPIPE', ignoreClosedPipe);
};

/** A closed pipe (`platform … | head`) ends us quietly, unless somebody asked to ignore it. Nothing to read on stderr never ends us. */
export const endQuietlyOnClosedPipe = (): void => {
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    if (process.listenerCount('SIGPIPE') === 0) process.exit(process.exitCode ?? 0);
  };
  process.stdout.on('error', onError);
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
};

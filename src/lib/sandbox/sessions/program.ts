/** What runs at the far end of a session: a child process of this machine, or the built-in container's few commands. */
export interface Program {
  write(bytes: Buffer): void;
  signal(name: 'SIGINT' | 'SIGQUIT'): void;
  endOfInput(): void;
  /** The connection is gone, or the container ends. */
  hangUp(): void;
}

export interface ProgramEnds {
  readonly print: (bytes: Buffer) => void;
  /** Resolves when the client has taken most of what was printed. */
  readonly room: () => Promise<void>;
  /** `why` is set when it could not even be started. */
  readonly ended: (why?: string) => void;
}

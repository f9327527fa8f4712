/**
 * The one table of error codes: code → exit code, meaning, default hint.
 * Exit codes are a contract (docs/exit-codes.md, `platform help exit-codes`). This folder imports nothing.
 */
export const exitCodes = {
  0: 'done, or nothing to do',
  1: 'unexpected failure: a bug',
  2: 'usage: bad flag, consent missing',
  3: 'invalid configuration or runbook',
  4: 'credentials or permission',
  5: 'named thing not found',
  6: 'failed; no earlier release was restored',
  7: 'failed, and rolled back to what ran before',
  8: 'failed, and the roll-back failed or is incomplete: a person is needed',
  9: 'conflict: lock held, superseded by another deployment, drifted',
  10: 'timed out; work may still be running (resume id printed)',
  11: 'changes present (--exit-code on plan, diff, drift)',
  12: 'paused: waits for an approval or a decision',
  13: 'unreachable: AWS, the cluster or the sandbox did not answer',
  127: 'unknown command',
  130: 'interrupted (SIGINT); AWS goes on, the run can be resumed',
  143: 'terminated (SIGTERM); AWS goes on, the run can be resumed',
} as const;

export type ExitCode = keyof typeof exitCodes;

interface ErrorKind {
  readonly exit: ExitCode;
  readonly meaning: string;
  readonly hint?: string;
}

/** Stable error codes. The JSON envelope carries the key as `error.code`. */
export const errorCodes = {
  E_BUG: { exit: 1, meaning: 'a bug in platform', hint: 'run again with --verbose; the debug log says where' },
  E_USAGE: { exit: 2, meaning: 'a flag or argument is wrong' },
  E_CONSENT: { exit: 2, meaning: 'this needs your consent and nobody could be asked' },
  E_ENVIRONMENT_CHOICE: { exit: 2, meaning: 'several environments and none was chosen' },
  E_NO_CONFIG: { exit: 3, meaning: 'no platform.yaml was found', hint: 'platform init' },
  E_CONFIG: { exit: 3, meaning: 'platform.yaml or a file it names is not valid' },
  E_POLICY: { exit: 3, meaning: 'the configuration does not allow this' },
  E_CREDENTIALS: { exit: 4, meaning: 'no credentials, or they are expired or for another account' },
  E_DENIED: { exit: 4, meaning: 'AWS denied the call' },
  E_NOT_FOUND: { exit: 5, meaning: 'the named thing does not exist' },
  E_FAILED: { exit: 6, meaning: 'the operation failed and nothing earlier was restored' },
  E_COMMAND_FAILED: { exit: 6, meaning: 'the command in the container failed; its own exit code is ours' },
  E_ROLLED_BACK: { exit: 7, meaning: 'the operation failed and what ran before was restored' },
  E_ROLLBACK_FAILED: { exit: 8, meaning: 'the operation failed and so did going back' },
  E_LOCKED: { exit: 9, meaning: 'somebody else holds the lock' },
  E_CONFLICT: { exit: 9, meaning: 'another deployment or a changed world stands in the way' },
  E_STALE_PLAN: { exit: 9, meaning: 'the world changed since the plan was made' },
  E_JOURNAL: { exit: 9, meaning: 'the journal is altered, fenced, or belongs to another place' },
  E_TIMEOUT: { exit: 10, meaning: 'it took too long; work may still be running' },
  E_CHANGES: { exit: 11, meaning: 'changes are present' },
  E_PAUSED: { exit: 12, meaning: 'the run waits for a person' },
  E_UNREACHABLE: { exit: 13, meaning: 'AWS or the sandbox did not answer' },
  E_UNKNOWN_COMMAND: { exit: 127, meaning: 'there is no such command', hint: 'platform --help' },
  E_INTERRUPTED: { exit: 130, meaning: 'interrupted' },
  E_TERMINATED: { exit: 143, meaning: 'terminated' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCodes;

/** Small values that the storage tests share. */
import type { EventBody, Writer } from '../../src/lib/engine/event.js';
import type { Disk } from '../../src/lib/engine/journal/disk.js';
import { type FileJournalStore, fileJournalStore } from '../../src/lib/engine/journal/file-journal.js';
import { fileLockStore } from '../../src/lib/engine/lock/file-lock.js';
import type { ProcessProbe, ProcessState } from '../../src/lib/engine/lock/process-probe.js';
import type { LockRequest, LockStore } from '../../src/lib/engine/ports.js';
import type { Target } from '../../src/lib/plan/plan.js';

export const target: Target = { account: '123456789012', region: 'eu-west-1', project: 'shop', environment: 'staging' };

export const environmentFolder = '123456789012/eu-west-1/shop/staging';

export const writerNamed = (name: string, pid = 100): Writer => ({
  nonce: name,
  host: 'here',
  pid,
  user: 'ann',
  cli: '0.1.0',
});

/** An event whose content says which one it is. */
export const note = (text: string): EventBody => ({ type: 'step.observed', step: 'update[api]', evidence: { text } });

export class TestClock {
  wall = 1_795_000_000_000;
  mono = 1000;

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.mono;
  }

  pass(ms: number): void {
    this.wall += ms;
    this.mono += ms;
  }
}

export const journalOn = (disk: Disk, clock = new TestClock()): FileJournalStore =>
  fileJournalStore({ disk, root: '/state/platform', target, clock });

/** Processes of a simulated host: pid → start time. */
export class TestProcesses implements ProcessProbe {
  readonly running = new Map<number, string>();
  bootId = 'boot-1';

  constructor(readonly host = 'here') {}

  boot(): string {
    return this.bootId;
  }

  process(pid: number): ProcessState {
    const startedAt = this.running.get(pid);
    return startedAt === undefined ? { kind: 'absent' } : { kind: 'running', startedAt };
  }
}

let nonces = 0;

export interface LockFixture {
  readonly disk: Disk;
  readonly clock?: TestClock;
  readonly probe?: ProcessProbe;
}

export const lockOn = ({ disk, clock = new TestClock(), probe = new TestProcesses() }: LockFixture): LockStore =>
  fileLockStore({
    disk,
    root: '/state/platform',
    target,
    clock,
    probe,
    nonce: () => {
      nonces += 1;
      return `nonce-${nonces}`;
    },
  });

export const lockRequest = (runId: string, part: Partial<LockRequest> = {}): LockRequest => ({
  scopes: [{ kind: 'environment' }],
  runId,
  journal: `file:${environmentFolder}/runs/${runId}`,
  operation: 'deploy@1',
  writer: writerNamed(`writer-${runId}`),
  leaseMs: 60_000,
  quiesceMs: 20_000,
  ...part,
});

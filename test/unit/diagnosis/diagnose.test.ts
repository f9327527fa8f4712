import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/lib/diagnosis/diagnose.js';
import type { Cause, DeploymentEvidence, StoppedTaskEvidence } from '../../../src/lib/diagnosis/evidence.js';

const nothing: DeploymentEvidence = {
  service: 'api',
  events: [],
  stoppedTasks: [],
  logs: [],
  targets: [],
  missing: [],
};
const context = { environment: 'staging', service: 'api', runId: '01k0' };
const task = (over: Partial<StoppedTaskEvidence>): StoppedTaskEvidence => ({
  taskId: '0123456789abcdef0123456789abcdef',
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
  containers: [{ name: 'api', exitCode: 1 }],
  ...over,
});
const drained = task({
  stopCode: 'ServiceSchedulerInitiated',
  stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/1)',
  containers: [{ name: 'api', exitCode: 143 }],
});
const neverStarted = (stoppedReason: string) =>
  task({ stopCode: 'TaskFailedToStart', stoppedReason, containers: [{ name: 'api' }] });
const lateness = { deadline: { limitMs: 900_000, healthy: 0, desired: 2 } };

const table: readonly { name: string; evidence: Partial<DeploymentEvidence>; cause: Cause; says: RegExp }[] = [
  {
    name: 'a container that exits',
    evidence: { stoppedTasks: [drained, task({})] },
    cause: 'exit-code',
    says: /exited with code 1/,
  },
  {
    name: 'a program that ends without an error',
    evidence: { stoppedTasks: [task({ containers: [{ name: 'api', exitCode: 0 }] })] },
    cause: 'exit-code',
    says: /must keep running/,
  },
  {
    name: 'a sidecar that followed the failing container down',
    evidence: {
      stoppedTasks: [
        task({
          containers: [
            { name: 'proxy', exitCode: 0 },
            { name: 'api', exitCode: 3 },
          ],
        }),
      ],
    },
    cause: 'exit-code',
    says: /api exited with code 3/,
  },
  {
    name: 'a container killed for memory, exit 137',
    evidence: {
      stoppedTasks: [
        task({
          containers: [
            { name: 'api', exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
          ],
        }),
      ],
    },
    cause: 'out-of-memory',
    says: /memory/,
  },
  {
    name: 'exit 137 without a memory report',
    evidence: { stoppedTasks: [task({ containers: [{ name: 'api', exitCode: 137 }] })] },
    cause: 'exit-code',
    says: /SIGKILL/,
  },
  {
    name: 'an image that is not there',
    evidence: {
      stoppedTasks: [
        neverStarted(
          'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref shop/api:v2: not found',
        ),
      ],
    },
    cause: 'image-not-found',
    says: /could not be pulled/,
  },
  {
    name: 'a missing parameter, named from the text',
    evidence: {
      stoppedTasks: [
        neverStarted(
          'ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /shop/staging/DATABASE_URL',
        ),
      ],
    },
    cause: 'secret-missing',
    says: /\/shop\/staging\/DATABASE_URL/,
  },
  {
    name: 'a missing log group',
    evidence: {
      stoppedTasks: [
        neverStarted(
          'ResourceInitializationError: failed to validate logger args: The specified log group does not exist.',
        ),
      ],
    },
    cause: 'log-group-missing',
    says: /log group/,
  },
  {
    name: 'failing health checks',
    evidence: {
      stoppedTasks: [
        task({
          stopCode: 'ServiceSchedulerInitiated',
          stoppedReason: 'Task failed ELB health checks in (target-group arn:tg)',
        }),
      ],
      targets: [
        {
          id: '10.0.0.4',
          state: 'unhealthy',
          reason: 'Target.ResponseCodeMismatch',
          description: 'Health checks failed with these codes: [503]',
        },
      ],
    },
    cause: 'unhealthy',
    says: /\[503\]/,
  },
  {
    name: 'a failed smoke test',
    evidence: { stoppedTasks: [drained], smoke: { what: 'GET /health', attempts: 5, lastResult: 'HTTP 500' } },
    cause: 'smoke-failed',
    says: /HTTP 500/,
  },
  { name: 'a deadline that passed', evidence: lateness, cause: 'not-ready-in-time', says: /0 of 2 tasks/ },
  { name: 'nothing that is known', evidence: { stoppedTasks: [drained] }, cause: 'other', says: /no known cause/ },
];

describe('diagnose', () => {
  for (const row of table) {
    it(`names ${row.cause} for ${row.name}`, () => {
      const card = diagnose({ ...nothing, ...row.evidence }, context);
      expect(card.cause).toBe(row.cause);
      expect(card.summary).toMatch(row.says);
      expect(card.fix).not.toBe('');
      expect(card.next.length).toBeGreaterThan(0);
    });
  }

  it('names the cause before its consequences when the deadline passed as well', () => {
    for (const row of table.filter((entry) => !['not-ready-in-time', 'other', 'smoke-failed'].includes(entry.cause))) {
      expect(diagnose({ ...nothing, ...row.evidence, ...lateness }, context).cause).toBe(row.cause);
    }
  });

  it('shows the last log lines of the failing container, and says when none arrived', () => {
    const lines = Array.from({ length: 30 }, (_, index) => ({ at: '2026-01-01T00:00:00Z', text: `line ${index}` }));
    const log = { group: '/ecs/shop', stream: 's', container: 'api', lines };
    const shown = diagnose({ ...nothing, stoppedTasks: [task({})], logs: [log] }, context).evidence.filter(
      (line) => line.source === 'log',
    );
    expect(shown.map((line) => line.text)).toEqual(lines.slice(-10).map((line) => line.text));
    const silent = diagnose({ ...nothing, stoppedTasks: [task({})], logs: [{ ...log, lines: [] }] }, context);
    expect(silent.evidence.some((line) => line.text.includes('no lines arrived'))).toBe(true);
  });

  it('counts tasks that stopped for one reason instead of repeating them', () => {
    const card = diagnose(
      {
        ...nothing,
        stoppedTasks: [
          task({ taskId: 'a'.repeat(32) }),
          task({ taskId: 'b'.repeat(32) }),
          task({ taskId: 'c'.repeat(32) }),
        ],
      },
      context,
    );
    expect(card.evidence.filter((line) => line.source === 'task')).toHaveLength(1);
    expect(card.evidence.find((line) => line.source === 'task')?.text).toContain('(3 tasks)');
  });
});

/** Who holds an environment, since when, doing what. Reads the lock row only. */
import type { Line, Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import type { Conflict, LockHolder } from '../engine/ports.js';
import type { Target } from '../plan/plan.js';

export interface LockStatusResult {
  readonly counter: number;
  readonly holders: readonly HolderStatus[];
}

export interface HolderStatus {
  readonly scope: string;
  readonly run: string;
  readonly operation: string;
  readonly by: string;
  readonly host: string;
  readonly pid: number;
  readonly since: string;
  readonly liveness: Conflict['liveness'];
}

export const lockStatus = async (ctx: Pick<Ctx, 'locks'>, target: Target): Promise<Report<LockStatusResult>> => {
  const locks = ctx.locks(target);
  const row = await locks.read();
  const holders = row.holders.map((holder) => holderStatus(holder, locks.liveness?.(holder) ?? 'remote'));
  const dead = holders.find((holder) => holder.liveness === 'gone');
  return {
    result: { counter: row.counter, holders },
    lines: holders.length === 0 ? [`${target.project}/${target.environment} is not locked.`] : holders.map(holderLine),
    next: dead
      ? [
          { command: `platform runs resume ${dead.run}`, why: 'its process is gone: go on where it stopped' },
          { command: `platform runs undo ${dead.run}`, why: 'or take back what it did' },
        ]
      : [],
  };
};

export const scopeText = (holder: LockHolder): string => {
  switch (holder.scope.kind) {
    case 'environment':
      return 'environment';
    case 'service':
      return `service ${holder.scope.service}`;
    case 'database':
      return `database ${holder.scope.database}`;
    case 'run':
      return 'a run of its own';
  }
};

const holderStatus = (holder: LockHolder, liveness: Conflict['liveness']): HolderStatus => ({
  scope: scopeText(holder),
  run: holder.runId,
  operation: holder.operation,
  by: holder.writer.ci ?? holder.writer.user,
  host: holder.writer.host,
  pid: holder.writer.pid,
  since: holder.since,
  liveness,
});

const livenessText: Readonly<Record<HolderStatus['liveness'], string>> = {
  live: 'running',
  gone: 'its process is gone',
  remote: 'on another machine',
};

const holderLine = (holder: HolderStatus): Line => [
  { text: holder.scope, tone: 'strong' },
  {
    text: ` held by run ${holder.run} (${holder.operation}), ${holder.by}@${holder.host} pid ${holder.pid}, since ${holder.since}: `,
  },
  { text: livenessText[holder.liveness], tone: holder.liveness === 'gone' ? 'warn' : 'dim' },
];

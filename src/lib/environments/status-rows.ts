/** One service as cells of the status table, and which cells go first when the terminal is narrow. Pure. */
import { formatAge } from '../cli/duration.js';
import type { Span } from '../cli/report.js';
import type { Column, Row } from '../cli/table.js';
import type { DeploymentOutcome, ServiceState, ServiceStatus } from './status-types.js';

export const statusColumns: readonly Column[] = [
  { title: 'service', priority: 10, min: 12 },
  { title: 'state', priority: 9 },
  { title: 'release', priority: 6 },
  { title: 'image', priority: 3, min: 12, keeps: 'end' },
  { title: 'tasks', priority: 8 },
  { title: 'targets', priority: 7 },
  { title: 'alarms', priority: 5 },
  { title: 'last deployment', priority: 4 },
  { title: 'scaling', priority: 2 },
  { title: 'strategy', priority: 1 },
];

const tones: Readonly<Record<ServiceState, NonNullable<Span['tone']>>> = {
  missing: 'bad',
  degraded: 'bad',
  deploying: 'warn',
  healthy: 'good',
  asleep: 'dim',
};

export const statusRow = (entry: ServiceStatus, nowMs: number): Row => [
  { text: entry.service, tone: 'strong' },
  { text: entry.state, tone: tones[entry.state] },
  { text: entry.state === 'missing' ? '' : String(entry.release) },
  { text: entry.image },
  tasksCell(entry),
  targetsCell(entry),
  alarmsCell(entry),
  deploymentCell(entry, nowMs),
  { text: entry.scaling === undefined ? '' : scalingText(entry.scaling) },
  { text: entry.state === 'missing' ? '' : entry.strategy, tone: 'dim' },
];

const tasksCell = ({ state, running, desired, pending }: ServiceStatus): Span => {
  if (state === 'missing') return { text: '' };
  const text = `${running}/${desired}${pending > 0 ? ` +${pending}` : ''}`;
  return running < desired ? { text, tone: 'warn' } : { text };
};

const targetsCell = ({ targets, state }: ServiceStatus): Span => {
  if (targets === undefined || state === 'asleep') return { text: '' };
  const text = `${targets.healthy}/${targets.total}`;
  return targets.healthy < targets.total ? { text, tone: 'warn' } : { text };
};

const alarmsCell = ({ alarms }: ServiceStatus): Span => {
  if (alarms.length === 0) return { text: '' };
  const loud = alarms.filter(({ state }) => state === 'ALARM').length;
  if (loud > 0) return { text: `${loud} of ${alarms.length}`, tone: 'bad' };
  const silent = alarms.filter(({ state }) => state !== 'OK').length;
  return silent === 0 ? { text: 'ok' } : { text: 'no data', tone: 'dim' };
};

const outcomeWords: Readonly<Record<DeploymentOutcome, readonly [string, Span['tone']]>> = {
  succeeded: ['succeeded', undefined],
  'in-progress': ['in progress', 'warn'],
  'rolling-back': ['rolling back', 'bad'],
  'rolled-back': ['rolled back', 'warn'],
  'rollback-failed': ['roll-back failed', 'bad'],
  stopped: ['stopped', 'warn'],
};

const rolloutWords: Readonly<Record<string, string>> = {
  COMPLETED: 'completed',
  IN_PROGRESS: 'in progress',
  FAILED: 'failed',
};

/** `succeeded 3h ago`, and of one under way how long it has been: `in progress 40s`. */
const deploymentCell = ({ deployment }: ServiceStatus, nowMs: number): Span => {
  if (deployment === undefined) return { text: '' };
  const { status, outcome, since, endedAt } = deployment;
  const age = formatAge(nowMs - Date.parse(endedAt ?? since));
  if (outcome === undefined) {
    const word = rolloutWords[status] ?? status.toLowerCase();
    return { text: status === 'IN_PROGRESS' ? `${word} ${age}` : `${word} ${age} ago` };
  }
  const [word, tone] = outcomeWords[outcome];
  const isOver = outcome !== 'in-progress' && outcome !== 'rolling-back';
  return { text: `${word} ${age}${isOver ? ' ago' : ''}`, ...(tone === undefined ? {} : { tone }) };
};

const scalingText = ({ min, max, isSuspended }: NonNullable<ServiceStatus['scaling']>): string =>
  `${min}–${max}${isSuspended ? ' off' : ''}`;

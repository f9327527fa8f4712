/** Status as lines for people: problems first, columns aligned, one line a service. Pure. */
import type { Line, NextStep, Report, Span } from '../cli/report.js';
import type { ServiceStatus, StatusResult } from './observe-status.js';

const rank: Readonly<Record<ServiceStatus['state'], number>> = {
  missing: 0,
  degraded: 1,
  deploying: 2,
  healthy: 3,
  asleep: 4,
};
const tones: Readonly<Record<ServiceStatus['state'], NonNullable<Span['tone']>>> = {
  missing: 'bad',
  degraded: 'bad',
  deploying: 'warn',
  healthy: 'good',
  asleep: 'dim',
};

export const reportStatus = (result: StatusResult): Report<StatusResult> => {
  const ordered = [...result.services].sort(
    (a, b) => rank[a.state] - rank[b.state] || (a.service < b.service ? -1 : 1),
  );
  const width = (pick: (entry: ServiceStatus) => string): number =>
    Math.max(0, ...ordered.map((entry) => pick(entry).length));
  const widths = {
    service: width((entry) => entry.service),
    image: width((entry) => entry.image),
    release: width(releaseText),
  };
  return {
    result: { ...result, services: ordered },
    lines: [
      ...ordered.flatMap((entry) => serviceLines(entry, widths)),
      ...result.lock.map(
        (holder): Line => [
          {
            text: `locked: ${holder.scope} by run ${holder.run} (${holder.operation}, ${holder.by}, since ${holder.since})`,
            tone: 'warn',
          },
        ],
      ),
    ],
    next: nextSteps(result, ordered),
  };
};

const releaseText = (entry: ServiceStatus): string => (entry.state === 'missing' ? '' : `release ${entry.release}`);

const serviceLines = (
  entry: ServiceStatus,
  widths: { readonly service: number; readonly image: number; readonly release: number },
): readonly Line[] => {
  const targets = entry.targets ? `   targets ${entry.targets.healthy}/${entry.targets.total} healthy` : '';
  const pending = entry.pending > 0 ? ` (${entry.pending} starting)` : '';
  const head: Line = [
    { text: `${entry.service.padEnd(widths.service)}  `, tone: 'strong' },
    { text: entry.state.padEnd(10), tone: tones[entry.state] },
    {
      text: `${releaseText(entry).padEnd(widths.release)}  ${entry.image.padEnd(widths.image)}  ${entry.running}/${entry.desired}${pending}${targets}`,
    },
  ];
  const indent = ' '.repeat(widths.service + 2);
  return [head, ...entry.problems.map((problem): Line => [{ text: `${indent}${problem}`, tone: 'bad' }])];
};

const nextSteps = (result: StatusResult, ordered: readonly ServiceStatus[]): readonly NextStep[] => {
  const next: NextStep[] = [];
  const held = result.lock[0];
  if (held) next.push({ command: `platform runs show ${held.run}`, why: 'what the holder of the lock is doing' });
  const sick = ordered.find((entry) => entry.state === 'degraded');
  if (sick) next.push({ command: `platform releases ${sick.service}`, why: 'what was shipped, and how it went' });
  return next;
};

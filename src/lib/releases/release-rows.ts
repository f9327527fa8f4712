/** One release as cells of a table, and which cells go first when the terminal is narrow. Pure. */
import { taskDefinitionPageOf } from '../aws/console-links.js';
import { formatDuration } from '../cli/duration.js';
import type { Span } from '../cli/report.js';
import type { Column, Row } from '../cli/table.js';
import type { ReleaseEntry } from './list-releases.js';
import type { Release } from './observe-releases.js';

export const releaseColumns: readonly Column[] = [
  { title: 'release', priority: 10 },
  { title: 'image', priority: 7, min: 8, keeps: 'end' },
  { title: 'outcome', priority: 9 },
  { title: 'when', priority: 6 },
  { title: 'took', priority: 4 },
  { title: 'by', priority: 5, min: 6 },
  { title: 'commit', priority: 3 },
  { title: 'run', priority: 2 },
];

const tones: Readonly<Record<Release['outcome'], NonNullable<Span['tone']>>> = {
  worked: 'good',
  'rolled-back': 'bad',
  failed: 'bad',
  unknown: 'dim',
};

export const releaseRow = (release: ReleaseEntry): Row => [
  {
    text: `${release.release}${release.isLive ? ' live' : ''}`,
    tone: release.isLive ? 'accent' : 'strong',
    link: taskDefinitionPageOf(release.taskDefinition),
  },
  { text: labelOf(release) },
  { text: release.outcome, tone: tones[release.outcome] },
  { text: (release.deployedAt ?? release.registeredAt).slice(0, 16).replace('T', ' '), tone: 'dim' },
  { text: release.seconds === undefined ? '' : formatDuration(release.seconds * 1000), tone: 'dim' },
  { text: release.by ?? '' },
  { text: release.commit?.slice(0, 12) ?? '', tone: 'dim' },
  { text: release.run?.slice(-6) ?? '', tone: 'dim' },
];

/** The tag that people shipped; else the end of the image reference. */
const labelOf = (release: ReleaseEntry): string =>
  release.tag ?? release.image.slice(release.image.lastIndexOf('/') + 1).replace(/@sha256:([0-9a-f]{12}).*/, '@$1');

/** `platform releases`: what is live, what was, and how each went; who and when from the run that shipped it, where it is known here. */
import { taskDefinitionPageOf } from '../aws/console-links.js';
import { createEcsGateway } from '../aws/ecs.js';
import type { Line, Report, Span } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { foldAll } from '../engine/fold.js';
import { chooseServices } from '../services/choose-services.js';
import { observeReleases, type Release } from './observe-releases.js';

export interface ReleaseEntry extends Release {
  /** User of the run that registered it; absent when its journal is not on this machine. */
  readonly by?: string;
}

export interface ReleasesResult {
  readonly releases: readonly ReleaseEntry[];
}

export interface ReleasesRequest {
  readonly services: readonly string[];
  /** Newest releases per service. */
  readonly limit: number;
}

export const listReleases = async (
  ctx: Pick<Ctx, 'journals'>,
  at: ResolvedTarget,
  request: ReleasesRequest,
): Promise<Report<ReleasesResult>> => {
  const { environment } = at;
  const ecs = createEcsGateway(at.aws);
  const services = chooseServices(environment.services, request.services);
  const perService = await Promise.all(
    services.map((service) => observeReleases({ ecs, cluster: environment.cluster, service, limit: request.limit })),
  );
  const people = await whoShipped(ctx, at, perService.flat());
  const releases = perService.flat().map((release) => {
    const by = release.run === undefined ? undefined : people.get(release.run);
    return { ...release, ...(by === undefined ? {} : { by }) };
  });
  return { result: { releases }, lines: services.flatMap(({ name }) => serviceLines(name, releases)), next: [] };
};

/** The truth about releases is in AWS; the journal only adds a name, so one that is not here or not whole adds nothing. */
const whoShipped = async (
  ctx: Pick<Ctx, 'journals'>,
  at: ResolvedTarget,
  releases: readonly Release[],
): Promise<ReadonlyMap<string, string>> => {
  const store = ctx.journals(at.target);
  const runs = [...new Set(releases.flatMap(({ run }) => (run === undefined ? [] : [run])))];
  const found = await Promise.all(
    runs.map(async (run) => {
      const events = await store.read(run).catch(() => []);
      const view = events.length > 0 ? foldAll(events) : undefined;
      const user = events[0]?.writer.ci ?? events[0]?.writer.user;
      return view === undefined || user === undefined ? [] : [[run, user] as const];
    }),
  );
  return new Map(found.flat());
};

const tones: Readonly<Record<Release['outcome'], NonNullable<Span['tone']>>> = {
  worked: 'good',
  'rolled-back': 'bad',
  failed: 'bad',
  unknown: 'dim',
};

const serviceLines = (service: string, all: readonly ReleaseEntry[]): readonly Line[] => {
  const own = all.filter((release) => release.service === service);
  if (own.length === 0) return [[{ text: service, tone: 'strong' }, { text: '  no releases yet' }]];
  const width = Math.max(...own.map((release) => labelOf(release).length));
  return [[{ text: service, tone: 'strong' }], ...own.map((release) => releaseLine(release, width))];
};

/** The tag that people shipped; else the end of the image reference. */
const labelOf = (release: ReleaseEntry): string =>
  release.tag ?? release.image.slice(release.image.lastIndexOf('/') + 1).replace(/@sha256:([0-9a-f]{12}).*/, '@$1');

const releaseLine = (release: ReleaseEntry, width: number): Line => [
  { text: ' '.repeat(Math.max(2, 6 - String(release.release).length)) },
  { text: String(release.release), link: taskDefinitionPageOf(release.taskDefinition) },
  { text: `  ${labelOf(release).padEnd(width)}  ` },
  { text: release.outcome.padEnd(11), tone: tones[release.outcome] },
  { text: `  ${release.registeredAt.slice(0, 16).replace('T', ' ')}`, tone: 'dim' },
  { text: release.by === undefined ? '' : `  ${release.by}`, tone: 'dim' },
  { text: release.run === undefined ? '' : `  run ${release.run.slice(-6)}`, tone: 'dim' },
  { text: release.isLive ? '  live' : '', tone: 'accent' },
];

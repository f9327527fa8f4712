/** `platform releases`: what is live, what was, and how each went; who and when from the run that shipped it, where it is known here. */
import { createEcsGateway } from '../aws/ecs.js';
import type { Line, Report } from '../cli/report.js';
import { tableLines } from '../cli/table.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { foldAll } from '../engine/fold.js';
import { chooseServices } from '../services/choose-services.js';
import { observeReleases, type Release } from './observe-releases.js';
import { releaseColumns, releaseRow } from './release-rows.js';

export interface ReleaseEntry extends Release {
  /** User of the run that registered it; where its journal is not here, the session of the principal that did. */
  readonly by?: string;
}

export interface ReleasesResult {
  readonly releases: readonly ReleaseEntry[];
}

export interface ReleasesRequest {
  readonly services: readonly string[];
  /** Newest releases per service. */
  readonly limit: number;
  /** Of what it is printed on. */
  readonly columns: number;
}

const indent = '  ';

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
    const by = (release.run === undefined ? undefined : people.get(release.run)) ?? sessionOf(release.registeredBy);
    return { ...release, ...(by === undefined ? {} : { by }) };
  });
  return {
    result: { releases },
    lines: services.flatMap(({ name }) => serviceLines(name, releases, request.columns)),
    next: [],
  };
};

/** `arn:aws:sts::…:assumed-role/deployer/anna` → `anna`; `arn:aws:iam::…:root` → `root`. */
export const sessionOf = (arn: string | undefined): string | undefined => {
  const name = arn?.slice(Math.max(arn.lastIndexOf('/'), arn.lastIndexOf(':')) + 1);
  return name === '' ? undefined : name;
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

const serviceLines = (service: string, all: readonly ReleaseEntry[], width: number): readonly Line[] => {
  const own = all.filter((release) => release.service === service);
  if (own.length === 0) return [[{ text: service, tone: 'strong' }, { text: '  no releases yet' }]];
  const table = { columns: releaseColumns, rows: own.map(releaseRow), width: width - indent.length };
  return [
    [{ text: service, tone: 'strong' }],
    ...tableLines(table).map(
      (line): Line => [{ text: indent }, ...(typeof line === 'string' ? [{ text: line }] : line)],
    ),
  ];
};

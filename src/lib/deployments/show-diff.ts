/**
 * `platform diff`: what a deploy with the same flags would change, and what others changed. Reads only, and never ends at
 * what would only refuse a deploy. Start reading at showDiff; definition-diff.ts compares, drift.ts judges what is live.
 */
import { createAutoscalingGateway, resourceIdOf } from '../aws/autoscaling.js';
import { createEcsGateway } from '../aws/ecs.js';
import type { Line, Report } from '../cli/report.js';
import { wrapWords } from '../cli/table.js';
import type { ResolvedService } from '../config/project.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { foldAll } from '../engine/fold.js';
import type { RunView } from '../engine/view.js';
import { shortImage } from '../images/image-reference.js';
import { bindPorts } from '../runtimes/ecs/bind-ports.js';
import { chooseServices, inDependencyOrder } from '../services/choose-services.js';
import { imageOf, type LiveService, observeExisting } from '../services/observe-live.js';
import { type Composed, compose } from './compose-release.js';
import { type Difference, type DiffOptions, definitionDiff } from './definition-diff.js';
import type { DeployRequest } from './deploy-types.js';
import { diffImages, settleDiffImage } from './diff-images.js';
import { differenceLines } from './difference-lines.js';
import { type Drift, driftOf } from './drift.js';
import { missingReferenceWarnings } from './preflight.js';

export interface DiffRequest
  extends Pick<DeployRequest, 'services' | 'tag' | 'images' | 'from' | 'image' | 'taskDefinition'>,
    DiffOptions {
  readonly columns: number;
  /** changes: exit 11 when there are some. */
  readonly exit: 'zero' | 'changes';
}

export interface ServiceDiff {
  readonly service: string;
  readonly serviceName: string;
  readonly state: 'changed' | 'unchanged' | 'missing';
  readonly release: number | null;
  readonly taskDefinition: string | null;
  readonly image: {
    readonly before: string;
    readonly after: string;
    readonly tagBefore?: string;
    readonly tagAfter?: string;
  } | null;
  readonly changes: readonly Difference[];
  readonly drift: readonly Drift[];
}

export interface DiffResult {
  readonly services: readonly ServiceDiff[];
}

export const showDiff = async (ctx: Ctx, at: ResolvedTarget, request: DiffRequest): Promise<Report<DiffResult>> => {
  const services = inDependencyOrder(chooseServices(at.environment.services, request.services));
  const ecs = createEcsGateway(at.aws);
  const deploy: DeployRequest = { ...request, onTimeout: 'rollback', undoScope: 'chain', meeting: 'refuse' };
  const choosing = { ctx, at, services, request: deploy };
  const { choices, warnings } = await diffImages(choosing);
  const { live, missing } = await observeExisting({ ecs, cluster: at.environment.cluster, services });
  const composed = await Promise.all(
    live.map(async (service) => {
      const image = await settleDiffImage(choosing, service, choices.get(service.service.name));
      return compose({ ecs, at, live: service, image, taskDefinition: request.taskDefinition });
    }),
  );
  const [drift, references] = await Promise.all([
    allDrift(ctx, at, live),
    missingReferenceWarnings(bindPorts(ctx, at.aws), composed),
  ]);
  const found = composed.map((each) => serviceDiff(each, drift.get(each.live.service.name) ?? [], request));
  const result = { services: [...found, ...missing.map((service) => missingDiff(service, at.environment.cluster))] };
  return {
    result,
    lines: result.services.flatMap((each) => diffLines(each, request.columns)),
    warnings: [...warnings, ...composed.flatMap(({ image }) => image.warnings), ...references],
    next: nextSteps(result),
    ...(request.exit === 'changes' && hasDifference(result) ? { exitCode: 11 as const } : {}),
  };
};

const allDrift = async (
  ctx: Pick<Ctx, 'journals'>,
  at: ResolvedTarget,
  live: readonly LiveService[],
): Promise<ReadonlyMap<string, readonly Drift[]>> => {
  const { cluster } = at.environment;
  const refs = live.map(({ service }) => ({ cluster, service: service.serviceName }));
  // Bounds are a footnote of a diff: a role that may not read them gets the diff without.
  const bounds = await createAutoscalingGateway(at.aws)
    .targets(refs)
    .catch(() => undefined);
  const pairs = live.map(async (service) => {
    const facts = {
      live: service,
      environment: at.environment,
      target: at.target,
      bounds: bounds?.get(resourceIdOf({ cluster, service: service.service.serviceName })),
      run: await runOf(ctx, at, service),
    };
    return [service.service.name, driftOf(facts)] as const;
  });
  return new Map(await Promise.all(pairs));
};

/** The run that shipped what is live; undefined when its journal is not here or not whole. */
const runOf = async (
  ctx: Pick<Ctx, 'journals'>,
  at: ResolvedTarget,
  { live }: LiveService,
): Promise<RunView | undefined> => {
  const run = live.tags['platform:run'];
  if (run === undefined) return undefined;
  const events = await ctx
    .journals(at.target)
    .read(run)
    .catch(() => []);
  return events.length === 0 ? undefined : foldAll(events);
};

const serviceDiff = (
  { live, image, definition }: Composed,
  drift: readonly Drift[],
  options: DiffOptions,
): ServiceDiff => {
  const changes = definitionDiff(live.live.definition, definition, options);
  const tag = live.live.tags['platform:tag'];
  return {
    service: live.service.name,
    serviceName: live.service.serviceName,
    state: changes.length > 0 ? 'changed' : 'unchanged',
    release: live.live.revision,
    taskDefinition: live.live.arn,
    image: {
      before: imageOf(live.live.definition, live.service.container),
      after: image.image,
      ...(tag === undefined ? {} : { tagBefore: tag }),
      ...(image.tag === undefined ? {} : { tagAfter: image.tag }),
    },
    changes,
    drift,
  };
};

const missingDiff = (service: ResolvedService, cluster: string): ServiceDiff => ({
  service: service.name,
  serviceName: service.serviceName,
  state: 'missing',
  release: null,
  taskDefinition: null,
  image: null,
  changes: [],
  drift: [
    {
      kind: 'missing',
      message: `cluster ${cluster} has no service ${service.serviceName}: a deploy would be refused`,
      weight: 'difference',
    },
  ],
});

const hasDifference = ({ services }: DiffResult): boolean =>
  services.some(({ changes, drift }) => changes.length > 0 || drift.some(({ weight }) => weight === 'difference'));

const tones = { changed: 'warn', unchanged: 'dim', missing: 'bad' } as const;

const diffLines = (diff: ServiceDiff, columns: number): readonly Line[] => [
  [
    { text: `${diff.service}  `, tone: 'strong' },
    { text: diff.state, tone: tones[diff.state] },
    { text: headText(diff), tone: 'dim' },
  ],
  ...differenceLines(diff.changes, columns),
  ...diff.drift.flatMap(({ message, weight }) => driftLines(message, { weight, columns })),
];

const headText = ({ state, release, image }: ServiceDiff): string => {
  if (release === null || image === null) return '';
  const live = `  release ${release}${image.tagBefore === undefined ? '' : ` (${image.tagBefore})`}`;
  return state === 'unchanged' ? live : `${live} → ${shortImage(image.after, image.tagAfter)}`;
};

const driftLines = (
  message: string,
  { weight, columns }: { readonly weight: Drift['weight']; readonly columns: number },
): readonly Line[] => {
  const word = weight === 'difference' ? 'drift: ' : 'note: ';
  return wrapWords(`${word}${message}`, columns - 4).map(
    (line, index): Line => [
      { text: index === 0 ? '  ! ' : '    ', tone: weight === 'difference' ? 'warn' : 'dim' },
      { text: line, ...(weight === 'note' ? { tone: 'dim' as const } : {}) },
    ],
  );
};

const nextSteps = ({ services }: DiffResult): NonNullable<Report<DiffResult>['next']> => {
  const stale = services.find(({ drift }) => drift.some(({ kind }) => kind === 'latest-not-live'));
  return stale === undefined
    ? []
    : [
        {
          command: `platform diff ${stale.service} --task-definition latest`,
          why: 'compare with what was registered elsewhere',
        },
      ];
};

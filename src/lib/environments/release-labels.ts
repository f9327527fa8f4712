/**
 * What each service runs, as people know it: image and tag, without a call per service. The image is in the service
 * revision (twenty per call); the tag that was shipped is a tag of the task definition, which has no batch call. Both are
 * immutable, so they are cached in the state folder, and at most a few unknown ones are looked up per status.
 */
import { atMost } from '../aws/batches.js';
import type { EcsGateway } from '../aws/ecs.js';
import type { EcsService } from '../aws/ecs-model.js';
import type { ResolvedService } from '../config/project.js';
import type { Cache } from '../context/context.js';
import { type Json, sameJson } from '../plan/json.js';
import { primaryOf } from '../runtimes/ecs/picture.js';
import { imageOf } from '../services/observe-live.js';

export interface Label {
  readonly image?: string;
  readonly digest?: string;
  readonly tag?: string;
}

export interface LabelRequest {
  readonly ecs: EcsGateway;
  readonly cache: Cache;
  /** The ones that matter most first: look-ups are spent from the front. */
  readonly services: readonly { readonly service: ResolvedService; readonly seen: EcsService }[];
}

/** DescribeTaskDefinition calls per status. */
export const lookupLimit = 20;
/** Revisions beyond one per service, of deployments under way. */
const extraRevisions = 40;
const lookupsAtOnce = 5;
/** Several generations of a large environment; the oldest ones are forgotten. */
const cacheLimit = 5_000;
const topic = 'labels';

/** By service name. */
export const releaseLabels = async (request: LabelRequest): Promise<ReadonlyMap<string, Label>> => {
  const known = readLabels(request.cache);
  const running = request.services.map(({ service, seen }) => ({ service, seen, arn: liveDefinition(seen) }));
  const fresh = new Map([...known].filter(([arn]) => running.some((each) => each.arn === arn)));
  await addImages(request.ecs, fresh, running);
  await addTags(request.ecs, fresh, running);
  remember(request.cache, known, fresh);
  return new Map(running.map(({ service, arn }) => [service.name, labelOf(fresh.get(arn))]));
};

type Running = readonly { readonly service: ResolvedService; readonly seen: EcsService; readonly arn: string }[];

/** `tag` null: looked up, and it has none. `image` absent: not known yet. */
interface Remembered {
  readonly image?: string | undefined;
  readonly digest?: string | undefined;
  readonly tag?: string | null | undefined;
}

const liveDefinition = (seen: EcsService): string => primaryOf(seen)?.taskDefinition ?? seen.taskDefinition;

const labelOf = (found: Remembered | undefined): Label => ({
  ...(found?.image === undefined ? {} : { image: found.image }),
  ...(found?.digest === undefined ? {} : { digest: found.digest }),
  ...(found?.tag == null ? {} : { tag: found.tag }),
});

const addImages = async (ecs: EcsGateway, fresh: Map<string, Remembered>, running: Running): Promise<void> => {
  const unknown = running.filter(({ arn }) => fresh.get(arn)?.image === undefined);
  const lists = unknown.map(({ seen }) => seen.revisions ?? []);
  const extras = lists.flatMap((arns) => arns.slice(1)).slice(0, extraRevisions);
  const found = await ecs.serviceRevisions([...lists.flatMap((arns) => arns.slice(0, 1)), ...extras]);
  const byDefinition = new Map(found.map((revision) => [revision.taskDefinition, revision]));
  for (const { service, arn } of unknown) {
    const images = byDefinition.get(arn)?.images ?? [];
    const own = images.find(({ container }) => container === service.container) ?? images[0];
    if (own) fresh.set(arn, { ...fresh.get(arn), image: own.image, digest: own.digest });
  }
};

const addTags = async (ecs: EcsGateway, fresh: Map<string, Remembered>, running: Running): Promise<void> => {
  const unknown = running.filter(({ arn }) => fresh.get(arn)?.tag === undefined);
  // A service without an image yet comes first: one look-up tells both.
  const imageless = unknown.filter(({ arn }) => fresh.get(arn)?.image === undefined);
  const rest = unknown.filter((each) => !imageless.includes(each));
  const chosen = [...imageless, ...rest].slice(0, lookupLimit);
  await atMost(lookupsAtOnce, chosen, async ({ service, arn }) => {
    const record = await ecs.taskDefinition(arn);
    if (!record) return;
    const image = fresh.get(arn)?.image ?? imageOf(record.definition, service.container);
    fresh.set(arn, { ...fresh.get(arn), image, tag: record.tags['platform:tag'] ?? null });
  });
};

const readLabels = (cache: Cache): Map<string, Remembered> => {
  const stored = cache.read(topic);
  const entries = isMembers(stored) && isMembers(stored['labels']) ? Object.entries(stored['labels']) : [];
  return new Map(entries.flatMap(([arn, value]) => (isRemembered(value) ? [[arn, value] as const] : [])));
};

const isMembers = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isText = (value: Json | undefined): boolean => value === undefined || typeof value === 'string';

/** The file may be of another version, or anybody's: only what has our shape counts. */
const isRemembered = (value: Json): value is Remembered & { readonly [key: string]: Json } =>
  isMembers(value) &&
  isText(value['image']) &&
  isText(value['digest']) &&
  (value['tag'] === null || isText(value['tag']));

/** What was used now goes to the end, so that the bound forgets what nobody runs any more. */
const remember = (
  cache: Cache,
  known: ReadonlyMap<string, Remembered>,
  fresh: ReadonlyMap<string, Remembered>,
): void => {
  const isNews = [...fresh].some(([arn, label]) => !sameJson(toJson(known.get(arn) ?? {}), toJson(label)));
  if (!isNews) return;
  const older = [...known].filter(([arn]) => !fresh.has(arn));
  const kept = [...older, ...fresh].slice(-cacheLimit);
  cache.write(topic, { version: 1, labels: Object.fromEntries(kept.map(([arn, label]) => [arn, toJson(label)])) });
};

/** An image without a digest is asked for again: ECS resolves it while the first task starts. */
const toJson = ({ image, digest, tag }: Remembered): Json => ({
  ...(image === undefined || (digest === undefined && !image.includes('@')) ? {} : { image }),
  ...(digest === undefined ? {} : { digest }),
  ...(tag === undefined ? {} : { tag }),
});

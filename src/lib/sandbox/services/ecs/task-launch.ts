/** Making a task: its containers, network interface and address. */
import type { AwsVpcConfiguration, ContainerDefinition, Tag, TaskOverride } from '@aws-sdk/client-ecs';
import { faultOfTag, parseImage, resolveImage } from '../../images.js';
import { timing } from '../../timings.js';
import type { Place } from '../neighbours.js';
import { type ContainerState, ecsState, type StoredTaskDefinition, type TaskNetwork, type TaskState } from './state.js';
import { setTags } from './tags.js';

export interface Launch {
  readonly cluster: string;
  readonly definition: StoredTaskDefinition;
  readonly group: string;
  readonly network: AwsVpcConfiguration | undefined;
  readonly overrides?: TaskOverride;
  readonly startedBy?: string;
  readonly service?: string;
  readonly deployment?: string;
  readonly targets?: TaskState['targets'];
  /** Container name → digest that the service revision pinned. */
  readonly digests?: Readonly<Record<string, string>>;
  readonly tags?: readonly Tag[];
  readonly enableExecuteCommand?: boolean;
}

export const taskTimer = 'ecs.task';

/** Steps of `ecs.task` timers. */
export type TaskStep =
  | 'provisioned'
  | 'refused'
  | 'pulled'
  | 'activated'
  | 'settled'
  | 'deactivated'
  | 'containers-stopped'
  | 'deprovisioned'
  | 'forgotten';

export const launchTask = (place: Place, launch: Launch): TaskState => {
  const { world, region } = place;
  const state = ecsState(place);
  const id = world.hex(32);
  const task: TaskState = {
    id,
    arn: world.arn('ecs', region, `task/${launch.cluster}/${id}`),
    cluster: launch.cluster,
    taskDefinition: launch.definition.taskDefinitionArn,
    family: launch.definition.family,
    ...(launch.service === undefined ? {} : { service: launch.service }),
    ...(launch.deployment === undefined ? {} : { deployment: launch.deployment }),
    group: launch.group,
    ...(launch.startedBy === undefined ? {} : { startedBy: launch.startedBy }),
    overrides: launch.overrides ?? {},
    network: newNetwork(place, launch.network),
    targets: launch.targets ?? [],
    containers: (launch.definition.containerDefinitions ?? []).map((definition) =>
      newContainer(place, { definition, taskId: id, launch }),
    ),
    enableExecuteCommand: launch.enableExecuteCommand ?? false,
    stage: 'PROVISIONING',
    isReady: false,
    wasReady: false,
    isSettled: false,
    version: 1,
    createdAt: world.now,
  };
  state.tasks[id] = task;
  state.addresses[task.network.ip] = id;
  setTags(place, { arn: task.arn, tags: launch.tags });
  task.timer = world.schedule(region, taskTimer, timing('taskProvisioning'), { id, step: 'provisioned' });
  world.record({ kind: 'state', region, subject: `task ${launch.group}/${id}`, to: 'PROVISIONING' });
  return task;
};

const newNetwork = (place: Place, configuration: AwsVpcConfiguration | undefined): TaskNetwork => {
  const { world, region } = place;
  const state = ecsState(place);
  const number = state.nextAddress++;
  const subnets = configuration?.subnets ?? [];
  const subnet = subnets[number % Math.max(1, subnets.length)] ?? 'subnet-sandbox';
  const mac = world.hex(10);
  return {
    attachmentId: world.uuid(),
    interfaceId: `eni-${world.hex(17)}`,
    mac: `02:${(mac.match(/../g) ?? []).join(':')}`,
    ip: `10.0.${(number >> 8) & 255}.${number & 255}`,
    subnet,
    zone: `${region}${number % 2 === 0 ? 'a' : 'b'}`,
  };
};

const newContainer = (
  place: Place,
  from: { readonly definition: ContainerDefinition; readonly taskId: string; readonly launch: Launch },
): ContainerState => {
  const { definition, launch } = from;
  const { world, region } = place;
  const name = definition.name ?? '';
  const image = definition.image ?? '';
  const pinned = launch.digests?.[name];
  // A revision pins the digest that its tag had; the faults of the pinned image stay those of its own tag.
  const resolved = resolveImage(world, region, pinned ? `${image.split('@')[0]}@${pinned}` : image);
  const tag = resolved.tag ?? parseImage(image).tag;
  const fault = faultOf({ definition, launch, tag });
  return {
    name,
    image,
    arn: world.arn('ecs', region, `container/${launch.cluster}/${from.taskId}/${world.uuid()}`),
    isEssential: definition.essential ?? true,
    ...(fault === undefined ? {} : { fault }),
    ...(tag === undefined ? {} : { tag }),
    ...(pinned === undefined ? {} : { digest: pinned }),
    status: 'PENDING',
    health: 'UNKNOWN',
    hasHealthCheck: definition.healthCheck !== undefined && definition.healthCheck.command?.[0] !== 'NONE',
    isReal: false,
  };
};

/** SANDBOX_FAULT in the override or the definition wins over the image's tag; `none` switches a tag's fault off. */
const faultOf = (of: {
  readonly definition: ContainerDefinition;
  readonly launch: Launch;
  readonly tag: string | undefined;
}): string | undefined => {
  const override = of.launch.overrides?.containerOverrides?.find((each) => each.name === of.definition.name);
  const asked = [...(of.definition.environment ?? []), ...(override?.environment ?? [])]
    .filter((variable) => variable.name === 'SANDBOX_FAULT')
    .at(-1)?.value;
  if (asked === 'none') return undefined;
  if (asked) return asked;
  return of.tag === undefined ? undefined : faultOfTag(of.tag);
};

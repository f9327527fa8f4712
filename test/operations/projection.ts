/** The part of the world that must not depend on crashes: counts, images, health. Ids, revisions and times grow. */

import { resourceIdOf } from '../../src/lib/aws/autoscaling.js';
import { normaliseTaskDefinition } from '../../src/lib/config/normalise-task-definition.js';
import type { Json } from '../../src/lib/plan/json.js';
import { digestOf } from '../../src/lib/plan/json.js';
import { ecsState } from '../../src/lib/sandbox/services/ecs/state.js';
import { imageOf } from '../../src/lib/services/observe-live.js';
import type { Rig, RigService } from './sandbox-rig.js';

/** Long enough for draining, roll-backs and late tasks to end. */
const settleMs = 20 * 60_000;

/** One-off tasks that a run of ours started, whoever asks ECS about them: how many ever, and how many still run. */
const ownTasks = (rig: Rig): Json => {
  const { tasks } = ecsState({ world: rig.world, region: 'eu-west-1' });
  const ours = Object.values(tasks).filter((task) => task.startedBy?.startsWith('platform/'));
  return { started: ours.length, running: ours.filter((task) => task.stage !== 'STOPPED').length };
};

export const projectServices = async (rig: Rig, services: readonly RigService[]): Promise<Json> => {
  rig.world.advance(settleMs);
  const { ecs, elb, autoscaling } = rig.ports();
  const states = await Promise.all(
    services.map(async ({ name }): Promise<readonly [string, Json]> => {
      const ref = { cluster: 'shop-staging', service: `shop-staging-${name}` };
      const service = await ecs.service(ref);
      if (!service) return [name, null];
      const record = await ecs.taskDefinition(service.taskDefinition);
      const scaling = (await autoscaling.targets([ref])).get(resourceIdOf(ref));
      const targets = (await Promise.all(service.targetGroups.map((group) => elb.targetHealth(group)))).flat();
      return [
        name,
        {
          desired: service.desired,
          running: service.running,
          deployments: service.deployments.length,
          image: imageOf(record?.definition ?? {}, name),
          definition: digestOf(normaliseTaskDefinition(record?.definition ?? {})),
          range: scaling ? [scaling.min, scaling.max] : null,
          healthy: targets.filter((target) => target.state === 'healthy').length,
        },
      ];
    }),
  );
  return { ...Object.fromEntries(states), ownTasks: ownTasks(rig) };
};

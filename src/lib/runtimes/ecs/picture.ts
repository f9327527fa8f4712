/** A service as plans compare it: what was live when the plan was made, when the step captured, and after it ended. */
import type { ServiceRef } from '../../aws/ecs.js';
import type { EcsDeployment, EcsService } from '../../aws/ecs-model.js';
import { ActionError, type ActionIo } from '../../engine/action.js';
import type { Picture } from '../../strategies/strategy.js';
import type { EcsPorts } from './ports.js';

export const primaryOf = (service: EcsService): EcsDeployment | undefined =>
  service.deployments.find((deployment) => deployment.status === 'PRIMARY');

export const pictureOf = (service: EcsService): Picture => {
  const primary = primaryOf(service);
  return {
    taskDefinition: primary?.taskDefinition ?? service.taskDefinition,
    deploymentId: primary?.id ?? '',
    desiredCount: service.desired,
  };
};

export const serviceOrFail = async (ports: Pick<EcsPorts, 'ecs'>, ref: ServiceRef): Promise<EcsService> => {
  const service = await ports.ecs.service(ref);
  if (service) return service;
  throw new ActionError({
    class: 'not-found',
    code: 'service-not-found',
    message: `there is no service ${ref.service} in cluster ${ref.cluster}`,
  });
};

/** `current` and `subject` of every action that changes a service: they all change one picture. */
export const currentPicture = (io: ActionIo<EcsPorts>, ref: ServiceRef): Promise<Picture> =>
  serviceOrFail(io.ports, ref).then(pictureOf);

export const pictureSubject = (ref: ServiceRef): string => `service:${ref.cluster}/${ref.service}`;

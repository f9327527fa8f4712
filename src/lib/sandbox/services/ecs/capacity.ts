/** What Application Auto Scaling asks of a service: how many tasks it has, and to have more or fewer. */
import type { Place } from '../neighbours.js';
import { serviceKey } from './find.js';
import { activeServiceDeployment, ecsState, own, type ServiceState, tasksOf } from './state.js';
import { wakeService } from './wake.js';

interface ServiceName {
  readonly cluster: string;
  readonly service: string;
}

const activeService = (place: Place, { cluster, service }: ServiceName): ServiceState | undefined => {
  const found = own(ecsState(place).services, serviceKey(cluster, service));
  return found?.status === 'ACTIVE' ? found : undefined;
};

export const serviceCapacity = (
  place: Place,
  name: ServiceName,
): { readonly desired: number; readonly running: number; readonly isDeploying: boolean } | undefined => {
  const service = activeService(place, name);
  return (
    service && {
      desired: service.desiredCount,
      running: tasksOf(place, service).filter(({ stage }) => stage === 'RUNNING').length,
      isDeploying: activeServiceDeployment(service) !== undefined,
    }
  );
};

/** As UpdateService with a desired count alone: no deployment begins. */
export const setDesiredCount = (place: Place, change: ServiceName & { readonly count: number }): void => {
  const service = activeService(place, change);
  if (!service || service.desiredCount === change.count) return;
  service.desiredCount = change.count;
  service.isSteady = false;
  wakeService(place, service);
};

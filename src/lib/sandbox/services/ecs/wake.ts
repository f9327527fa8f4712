/** Waking a service's scheduler. At most one timer per service waits; a steady service has none. */
import { timing } from '../../timings.js';
import type { Place } from '../neighbours.js';
import type { ServiceState } from './state.js';

export const wakeTimer = 'ecs.service';

export const wakeService = (place: Place, service: ServiceState, delayMs: number = timing('serviceReaction')): void => {
  const at = place.world.now + delayMs;
  if (service.wake && service.wake.at <= at) return;
  if (service.wake) place.world.cancel(service.wake.timer);
  service.wake = {
    at,
    timer: place.world.schedule(place.region, wakeTimer, delayMs, { key: service.key }),
  };
};

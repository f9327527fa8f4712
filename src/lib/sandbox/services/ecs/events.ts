/** A service's events: newest first, the last hundred. Texts as in AWS's consoles and its clients' fixtures. */
import type { Place } from '../neighbours.js';
import type { ServiceState } from './state.js';

const kept = 100;

export const addEvent = (place: Place, service: ServiceState, text: string): void => {
  const message = `(service ${service.name}) ${text}`;
  service.events.unshift({ id: place.world.uuid(), at: place.world.now, message });
  if (service.events.length > kept) service.events.length = kept;
  place.world.record({ kind: 'event', region: place.region, subject: `service ${service.key}`, message });
};

export const taskList = (ids: readonly string[]): string => ids.map((id) => `(task ${id})`).join(' ');

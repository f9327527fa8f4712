/** Clients that are made at the first call: the SDK's core is some 200 kB of code that `runs list` never needs. */
import type { AwsClients } from './clients.js';

export const lazyClients = (region: string, make: () => Promise<AwsClients>): AwsClients => {
  let made: Promise<AwsClients> | undefined;
  let ready: AwsClients | undefined;
  const clients = (): Promise<AwsClients> => {
    made ??= make().then((found) => {
      ready = found;
      return found;
    });
    return made;
  };
  // Clients that could not be made have told whoever called them.
  const ifMade = (act: (clients: AwsClients) => void): void => void made?.then(act, () => undefined);
  return {
    region,
    read: async (service) => (await clients()).read(service),
    write: async (service) => (await clients()).write(service),
    reloadCredentials: () => ifMade((found) => found.reloadCredentials()),
    throttled: () => ready?.throttled() ?? 0,
    destroy: () => ifMade((found) => found.destroy()),
  };
};

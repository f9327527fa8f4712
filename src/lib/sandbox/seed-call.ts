/** Calls a simulated service from inside, as the seed does: the same handlers, without the wire and without faults. */
import type { Call } from './service.js';
import type { World } from './world.js';

// biome-ignore lint/suspicious/noExplicitAny: answers have the API's shapes; the seed reads a few members of them.
export type SeedCall = (service: string, operation: string, input: object) => Promise<any>;

export const seedCaller =
  (world: World, region: string): SeedCall =>
  async (service, operation, input) => {
    const handler = world.modules.get(service)?.operations[operation];
    if (!handler) throw new Error(`the simulated ${service} has no ${operation}`);
    const call: Call = {
      world,
      region,
      account: world.state.account,
      operation,
      caller: { accessKeyId: 'sandbox-seed', userAgent: 'platform-sandbox' },
      signal: new AbortController().signal,
    };
    return handler(input, call);
  };

/** A world with some services and a way to call their handlers directly: `call(world, 'logs', 'CreateLogGroup', {…})`. */
import type { Call, ServiceModule } from '../../src/lib/sandbox/service.js';
import { World } from '../../src/lib/sandbox/world.js';

export const startOfTests = Date.UTC(2026, 10, 23, 12);

export const worldOf = (...modules: readonly ServiceModule[]): World =>
  new World(modules, { now: startOfTests, sandboxId: 'test', seed: 7 });

export interface CallOptions {
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly signal?: AbortSignal;
}

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of the API; a wrong one fails the assertion.
export type Answer = any;

export const callIn =
  (world: World, service: string) =>
  async (operation: string, input: object = {}, options: CallOptions = {}): Promise<Answer> => {
    const handler = world.modules.get(service)?.operations[operation];
    if (!handler) throw new Error(`${service} has no ${operation}`);
    const call: Call = {
      world,
      region: options.region ?? 'eu-west-1',
      account: world.state.account,
      operation,
      caller: { accessKeyId: options.accessKeyId ?? 'SANDBOX', userAgent: 'test' },
      signal: options.signal ?? new AbortController().signal,
    };
    return handler(input, call);
  };

/** The code and text of a refusal. */
export const refusal = async (answer: Promise<unknown>): Promise<string> => {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Error ? `${error.name}: ${error.message}` : 'no error';
};

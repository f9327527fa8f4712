/** An operation entry as a world of the crash matrix: SDK clients and codec in process, each process behind its own gate. */
import type { HttpTransport } from '../../src/lib/aws/create-clients.js';
import type { ActionRegistry } from '../../src/lib/engine/action.js';
import { ecsActions } from '../../src/lib/runtimes/ecs/actions.js';
import type { Gate, MatrixFixture, MatrixWorld } from '../helpers/engine-crash-matrix.js';
import type { OperationEntry } from './operation-entry.js';
import { projectServices } from './projection.js';
import { createRig, type Rig } from './sandbox-rig.js';

const reads = /\.(Describe|List|Get|BatchGet|Filter|Head)/;

/** Mutating requests are effects that a crash may hit before or after; reads merely die with their process. */
const gated = (rig: Rig, gate: Gate): HttpTransport => {
  const { transport } = rig;
  return {
    ...transport,
    handle: (...args: Parameters<typeof transport.handle>) => {
      const [request] = args;
      const target = request.headers['x-amz-target'];
      const isRead = target === undefined || reads.test(target);
      return isRead
        ? gate.read(() => transport.handle(...args))
        : gate.effect({ name: target }, () => transport.handle(...args));
    },
  } as HttpTransport;
};

const counted = new Set(['RegisterTaskDefinition', 'UpdateService', 'RegisterScalableTarget', 'StopTask']);

/** Revisions by who registered them, deployments by what they go to, counts and ranges by their value: no key may appear twice. */
const effectiveChanges = (rig: Rig): readonly { readonly key: string }[] =>
  rig.world.state.timeline.flatMap((entry) => {
    if (entry.kind !== 'call' || !entry.mutating || entry.status >= 400) return [];
    if (!counted.has(entry.operation)) return [];
    return [{ key: `${entry.operation} ${JSON.stringify(entry.summary ?? null)}` }];
  });

export interface FixtureWithRig {
  readonly fixture: MatrixFixture;
  dispose(): void;
}

export const matrixFixture = (entry: OperationEntry): FixtureWithRig => {
  let rig: Rig | undefined;
  const made = (): Rig => {
    if (!rig) throw new Error('the world was not made');
    return rig;
  };
  const fixture: MatrixFixture = {
    name: entry.name,
    actions: ecsActions as ActionRegistry<unknown>,
    makeWorld: async (): Promise<MatrixWorld> => {
      rig = await createRig({ services: entry.services });
      const world = rig;
      await entry.seed(world);
      world.world.state.timeline = [];
      return {
        snapshot: () => world.world.snapshot(),
        restore: (snapshot) => {
          world.forget();
          world.world.restore(snapshot as string);
        },
        projection: () => projectServices(world, entry.services),
        ports: (gate) => world.ports(gated(world, gate)),
        clocks: () => world.clocks,
        settle: (work) => world.drive(work),
        effectiveChanges: () => effectiveChanges(world),
      };
    },
    plan: () => entry.makePlan(made()),
    ...(entry.undoException ? { undoExceptions: entry.undoException } : {}),
  };
  return { fixture, dispose: () => rig?.dispose() };
};

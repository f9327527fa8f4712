/**
 * What every command with `mutates: environment` registers: how to bring the world into its starting state, its plan, and
 * what must be equal afterwards. The crash matrix (in process) and the SIGKILL samples (built CLI, `argv`) run from it.
 */
import type { Json } from '../../src/lib/plan/json.js';
import type { Plan } from '../../src/lib/plan/plan.js';
import type { Rig, RigService } from './sandbox-rig.js';

export interface OperationEntry {
  readonly name: string;
  /** Words after `platform`. */
  readonly argv: readonly string[];
  readonly services: readonly RigService[];
  /** From the seeded world to the one in which the command is run. */
  readonly seed: (rig: Rig) => Promise<void>;
  readonly makePlan: (rig: Rig) => Promise<Plan>;
  /** Exit code of the uninterrupted run. */
  readonly exit: number;
  /** Why an undo does not give the initial world back; absent when it does. */
  readonly undoException?: (projection: Json) => Json;
}

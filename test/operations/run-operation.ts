/** Runs an operation the way the base command does, without a terminal: engine, file journal, report. */
import type { Operation, OperationKind } from '../../src/lib/cli/operation.js';
import type { Report } from '../../src/lib/cli/report.js';
import type { Ctx } from '../../src/lib/context/context.js';
import type { ResolvedTarget } from '../../src/lib/context/resolve-target.js';
import type { Engine, EngineEvent, EngineOptions } from '../../src/lib/engine/api.js';
import { createEngine } from '../../src/lib/engine/engine.js';
import { ecsActions } from '../../src/lib/runtimes/ecs/actions.js';
import type { Rig } from './sandbox-rig.js';

export interface RunSettings {
  readonly onEvent?: (event: EngineEvent) => void;
  readonly interrupt?: AbortSignal;
}

export const engineOptions = (rig: Rig, at: ResolvedTarget, settings: RunSettings = {}): EngineOptions => ({
  actions: ecsActions as EngineOptions['actions'],
  ports: rig.ports(),
  journals: rig.ctx.journals(at.target),
  locks: rig.ctx.locks(at.target),
  clocks: rig.clocks,
  nonce: rig.ctx.ids.nonce,
  writer: rig.ctx.writer,
  interrupt: settings.interrupt ?? new AbortController().signal,
  lockWaitMs: 0,
  ...(settings.onEvent ? { onEvent: settings.onEvent } : {}),
});

type Prepare<R> = (ctx: Ctx, at: ResolvedTarget) => Promise<Operation<R>>;

export const prepareIn = async <R>(
  rig: Rig,
  prepare: Prepare<R>,
): Promise<{ at: ResolvedTarget; operation: Operation<R> }> => {
  const at = await rig.drive(rig.target());
  return { at, operation: await rig.drive(prepare(rig.ctx, at)) };
};

export const runOperation = async <R>(
  rig: Rig,
  prepare: Prepare<R>,
  settings: RunSettings = {},
): Promise<Report<R>> => {
  const { at, operation } = await prepareIn(rig, prepare);
  if (operation.nothingToDo) return operation.nothingToDo;
  return throughEngine(rig, at, {
    kind: operation.kind,
    settings,
    act: (engine, options) => engine.run(operation.plan, options),
  });
};

export const throughEngine = async <R>(
  rig: Rig,
  at: ResolvedTarget,
  options: {
    readonly kind: OperationKind<R>;
    readonly act: (engine: Engine, options: EngineOptions) => ReturnType<Engine['run']>;
    readonly settings?: RunSettings;
  },
): Promise<Report<R>> => {
  const result = await rig.drive(options.act(createEngine(), engineOptions(rig, at, options.settings)));
  const report = await options.kind.report(rig.ctx, result.view);
  return { ...report, exitCode: report.exitCode ?? (result.exit as NonNullable<Report<R>['exitCode']>) };
};

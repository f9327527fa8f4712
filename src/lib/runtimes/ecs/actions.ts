/** Every action of the ECS runtime. A new one is a file in actions/ and a line here. */
import { type ActionRegistry, type AnyAction, registryOf } from '../../engine/action.js';
import { changeCount } from './actions/change-count.js';
import { collectDiagnosis } from './actions/collect-diagnosis.js';
import { followDeployment } from './actions/follow-deployment.js';
import { registerTaskDefinition } from './actions/register-task-definition.js';
import { runTask } from './actions/run-task.js';
import { scaleService } from './actions/scale-service.js';
import { setBounds } from './actions/set-bounds.js';
import { smokeCommand, smokeHttp } from './actions/smoke.js';
import { stopDeployment } from './actions/stop-deployment.js';
import { stopTask } from './actions/stop-task.js';
import { tagOutcome } from './actions/tag-outcome.js';
import { forceDeployment, updateService } from './actions/update-service.js';
import { reading } from './aws-failure.js';
import type { EcsPorts } from './ports.js';

/**
 * The engine knows no AWS: what a read throws becomes a StepError of a class here, so that throttling is waited out and
 * expired credentials pause the run. `start` translates for itself, because only it knows whether anything was sent.
 */
const translated = (action: AnyAction<EcsPorts>): AnyAction<EcsPorts> => {
  const { capture, current, poll, probe } = action;
  return {
    ...action,
    ...(capture ? { capture: (io, input) => reading(() => capture(io, input)) } : {}),
    ...(current ? { current: (io, input) => reading(() => current(io, input)) } : {}),
    ...(poll ? { poll: (io, input, handle) => reading(() => poll(io, input, handle)) } : {}),
    ...(probe ? { probe: (io, input, captured) => reading(() => probe(io, input, captured)) } : {}),
  };
};

const actions: readonly AnyAction<EcsPorts>[] = [
  registerTaskDefinition,
  updateService,
  forceDeployment,
  followDeployment,
  stopDeployment,
  scaleService,
  changeCount,
  setBounds,
  runTask,
  stopTask,
  tagOutcome,
  smokeHttp,
  smokeCommand,
  collectDiagnosis,
];

export const ecsActions: ActionRegistry<EcsPorts> = registryOf<EcsPorts>(actions.map(translated));

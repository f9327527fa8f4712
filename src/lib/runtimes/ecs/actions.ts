/** Every action of the ECS runtime. A new one is a file in actions/ and a line here. */
import { type ActionRegistry, registryOf } from '../../engine/action.js';
import { collectDiagnosis } from './actions/collect-diagnosis.js';
import { followDeployment } from './actions/follow-deployment.js';
import { registerTaskDefinition } from './actions/register-task-definition.js';
import { scaleService } from './actions/scale-service.js';
import { smokeCommand, smokeHttp } from './actions/smoke.js';
import { stopDeployment } from './actions/stop-deployment.js';
import { tagOutcome } from './actions/tag-outcome.js';
import { forceDeployment, updateService } from './actions/update-service.js';
import type { EcsPorts } from './ports.js';

export const ecsActions: ActionRegistry<EcsPorts> = registryOf<EcsPorts>([
  registerTaskDefinition,
  updateService,
  forceDeployment,
  followDeployment,
  stopDeployment,
  scaleService,
  tagOutcome,
  smokeHttp,
  smokeCommand,
  collectDiagnosis,
]);

/**
 * `platform deploy` up to the plan: choose services and images, look at what is live, refuse what must be refused,
 * compare, plan. Reads only; nothing in AWS changes before the engine runs the plan. Start reading at prepareDeploy.
 */
import { createEcsGateway } from '../aws/ecs.js';
import type { Operation } from '../cli/operation.js';
import type { Line, Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { shortImage } from '../images/image-reference.js';
import { bindPorts } from '../runtimes/ecs/bind-ports.js';
import { chooseServices, inDependencyOrder } from '../services/choose-services.js';
import { breakerText, type LiveService, observeLive } from '../services/observe-live.js';
import { type Composed, compose } from './compose-release.js';
import { chooseImages, type ImageChoice, settleImage } from './deploy-images.js';
import type { DeployRequest, DeployResult, PlannedService } from './deploy-types.js';
import { usualDurationMs } from './history.js';
import { deployKind } from './operation-kinds.js';
import { planDeploy, plannedService } from './plan-deploy.js';
import { assertAwake, assertNobodyElse, missingReferenceWarnings, staleFamilyWarnings } from './preflight.js';
import { prepareAttach } from './prepare-attach.js';
import { refuseOwnRun } from './refuse-own-run.js';
import { serviceLines } from './report.js';
import { plannedResult, unchangedResult } from './service-results.js';

export const prepareDeploy = async (
  ctx: Ctx,
  at: ResolvedTarget,
  request: DeployRequest,
): Promise<Operation<DeployResult>> => {
  const services = inDependencyOrder(chooseServices(at.environment.services, request.services));
  const ecs = createEcsGateway(at.aws);
  const look = () => observeLive({ ecs, cluster: at.environment.cluster, services });
  if (request.meeting === 'attach') return prepareAttach({ ctx, at, live: await look() });
  const choices = await chooseImages({ ctx, at, services, request });
  const live = await look();
  assertAwake(live, at.environment.name);
  if (request.meeting === 'refuse') {
    await refuseOwnRun(ctx, at.target, live);
    assertNobodyElse(live, at.environment.name);
  }
  const composed = await composeAll({ at, live, choices, request });
  return toOperation({ ctx, at, request, composed });
};

interface Composing {
  readonly at: ResolvedTarget;
  readonly live: readonly LiveService[];
  readonly choices: ReadonlyMap<string, ImageChoice>;
  readonly request: DeployRequest;
}

const composeAll = ({ at, live, choices, request }: Composing): Promise<readonly Composed[]> => {
  const ecs = createEcsGateway(at.aws);
  return Promise.all(
    live.map(async (service) => {
      const image = await settleImage(at, service, choices.get(service.service.name) ?? { kind: 'keep' });
      return compose({ ecs, at, live: service, image, taskDefinition: request.taskDefinition });
    }),
  );
};

interface Deciding {
  readonly ctx: Ctx;
  readonly at: ResolvedTarget;
  readonly request: DeployRequest;
  readonly composed: readonly Composed[];
}

const toOperation = async ({ ctx, at, request, composed }: Deciding): Promise<Operation<DeployResult>> => {
  const plan = planDeploy({
    runId: ctx.ids.runId(),
    nowMs: ctx.clocks.wall.now(),
    target: at.target,
    environment: at.environment,
    composed,
    request,
  });
  const planned = composed.map(plannedService);
  const changed = planned.filter((service) => service.kind === 'change').map((service) => service.service);
  const [missing, usuallyMs] = await Promise.all([
    missingReferenceWarnings(bindPorts(ctx, at.aws), composed),
    usualDurationMs(ctx, { target: at.target, operation: 'deploy@1', services: changed }),
  ]);
  return {
    kind: deployKind,
    plan,
    ...(changed.length === 0 ? { nothingToDo: nothingToDo(planned) } : {}),
    intro: composed.map(introLine),
    warnings: [...composed.flatMap(({ image }) => image.warnings), ...staleFamilyWarnings(composed), ...missing],
    isProtected: at.environment.isProtected,
    dryRunResult: { services: planned.map(plannedResult) },
    ...(usuallyMs === undefined ? {} : { usuallyMs }),
  };
};

const taskCount = (count: number): string => `${count} ${count === 1 ? 'task' : 'tasks'}`;

const introLine = ({ live, image, isUnchanged }: Composed): Line => [
  { text: `${live.service.name}  `, tone: 'strong' },
  {
    text: isUnchanged
      ? `unchanged: release ${live.live.revision}`
      : `release ${live.live.revision} → ${shortImage(image.image, image.tag)}`,
  },
  { text: isUnchanged ? '' : `  rolling, ${taskCount(live.seen.desired)}, ${breakerText(live.seen)}`, tone: 'dim' },
];

const nothingToDo = (planned: readonly PlannedService[]): Report<DeployResult> => {
  const services = planned.map(unchangedResult);
  return { result: { services }, lines: serviceLines(services), exitCode: 0 };
};

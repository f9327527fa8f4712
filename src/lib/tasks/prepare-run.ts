/** `platform run`: one task with the service's image, roles, secrets and network, and a command of its own. */
import { createEcsGateway } from '../aws/ecs.js';
import type { Operation } from '../cli/operation.js';
import type { Warning } from '../cli/report.js';
import type { ResolvedService } from '../config/project.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { PlatformError } from '../errors/platform-error.js';
import { logTargetsOf } from '../runtimes/ecs/evidence.js';
import { chooseServices } from '../services/choose-services.js';
import { type LiveService, observeLive } from '../services/observe-live.js';
import { parseCommand, parseVariables, shellText } from './command-words.js';
import { planRun } from './plan-run.js';
import { runKind } from './run-kind.js';
import { plannedResult } from './run-report.js';
import type { PlannedTask, RunRequest, RunTaskResult } from './run-types.js';

export const prepareRun = async (
  ctx: Ctx,
  at: ResolvedTarget,
  request: RunRequest,
): Promise<Operation<RunTaskResult>> => {
  const { service: name, command } = parseCommand(request.words);
  const [service] = chooseServices(at.environment.services, [name]);
  if (!service) throw new PlatformError('E_BUG', `the service ${name} was chosen and is not there`);
  const { cluster, isProtected } = at.environment;
  const ecs = createEcsGateway(at.aws);
  const [live] = await observeLive({ ecs, cluster, services: [service] });
  if (!live) throw new PlatformError('E_BUG', `the service ${name} was observed and is not there`);
  const taskDefinition = request.taskDefinition === 'latest' ? (live.latest?.arn ?? live.live.arn) : live.live.arn;
  const record = taskDefinition === live.live.arn ? live.live : await ecs.taskDefinition(taskDefinition);
  const definition = record?.definition ?? {};
  const container = chooseContainer(definition, request.container ?? service.container);
  const environment = parseVariables(request.variables, { service: name, secrets: secretsOf(definition, container) });
  const placement = await ecs.placement({ cluster, service: service.serviceName });
  if (!placement) throw new PlatformError('E_NOT_FOUND', `cluster ${cluster} has no service ${service.serviceName}`);
  const task: PlannedTask = {
    service: name,
    cluster,
    container,
    taskDefinition,
    command,
    detach: request.wait === 'detach',
  };
  const plan = planRun({
    runId: ctx.ids.runId(),
    nowMs: ctx.clocks.wall.now(),
    target: at.target,
    isProtected,
    task,
    placement,
    environment,
    cpu: request.cpu,
    memory: request.memory,
    deadlineMs: request.deadlineMs,
  });
  return {
    kind: runKind,
    plan,
    intro: [`${name}  ${shellText(command)}  in one task of release ${record?.revision ?? '?'}`],
    warnings: [...staleWarning(live, request, service), ...logWarning({ definition, container, service: name })],
    isProtected,
    dryRunResult: plannedResult(task),
    ...(request.wait === 'detach' ? { detachWhen: (view) => [...view.steps.values()].every(isAccepted) } : {}),
  };
};

const isAccepted = (step: { readonly handle?: unknown; readonly state: string }): boolean =>
  step.handle !== undefined || step.state === 'failed';

type Definition = Readonly<Record<string, unknown>>;

interface ContainerDefinition {
  readonly name?: string;
  readonly secrets?: readonly { readonly name?: string }[];
}

const containersOf = (definition: Definition): readonly ContainerDefinition[] =>
  (definition['containerDefinitions'] ?? []) as readonly ContainerDefinition[];

const chooseContainer = (definition: Definition, wanted: string): string => {
  const names = containersOf(definition).flatMap(({ name }) => name ?? []);
  if (names.includes(wanted)) return wanted;
  throw new PlatformError('E_NOT_FOUND', `the task definition has no container ${wanted}`, {
    hints: names.map((name) => `--container ${name}`),
    details: { container: wanted, containers: names },
  });
};

const secretsOf = (definition: Definition, container: string): readonly string[] =>
  containersOf(definition)
    .filter(({ name }) => name === container)
    .flatMap(({ secrets = [] }) => secrets.flatMap(({ name }) => name ?? []));

const staleWarning = (live: LiveService, request: RunRequest, service: ResolvedService): readonly Warning[] =>
  request.taskDefinition === 'live' && live.latest?.by === 'others'
    ? [
        {
          code: 'latest-not-live',
          message: `${service.name}: a newer revision of ${service.family} was registered elsewhere and is not live; --task-definition latest runs that one`,
        },
      ]
    : [];

/** Another driver's lines cannot be read from here. */
const logWarning = (of: {
  readonly definition: Definition;
  readonly container: string;
  readonly service: string;
}): readonly Warning[] => {
  if (logTargetsOf(of.definition).some((target) => target.container === of.container)) return [];
  const message = `${of.service}: the container ${of.container} does not log with awslogs, so its lines are not shown here; its exit code is`;
  return [{ code: 'logs-elsewhere', message }];
};

/**
 * Makes a revision live with exactly one UpdateService that carries only what changes, and follows only the deployment
 * that its answer named. The same code makes a forced new deployment of the revision that is live (platform restart).
 */
import { z } from 'zod';
import type { ServiceChange } from '../../../aws/ecs.js';
import type { EcsService } from '../../../aws/ecs-model.js';
import { type Action, ActionError, type ActionIo, type Probed } from '../../../engine/action.js';
import type { Uses } from '../../../plan/plan.js';
import { mutating, reading } from '../aws-failure.js';
import { type DeploymentOutputs, follow } from '../follow.js';
import { parseInput } from '../parse.js';
import { currentPicture, pictureOf, pictureSubject, primaryOf, serviceOrFail } from '../picture.js';
import type { EcsPorts } from '../ports.js';
import { lastCompleted, type Ours, recentDeployments } from '../service-deployments.js';
import { absentUnlessSettling } from '../settle.js';

const settleMs = 10_000;

const schema = z.object({
  cluster: z.string().min(1),
  service: z.string().min(1),
  taskDefinition: z.string().min(1),
  deadlineMs: z.int().positive(),
  onTimeout: z.enum(['rollback', 'leave']),
  earlier: z.enum(['completed', 'none']),
});

type Input = {
  readonly cluster: string;
  readonly service: string;
  readonly taskDefinition: string;
  readonly deadlineMs: number;
  readonly onTimeout: 'rollback' | 'leave';
  /** none: a first deployment, there is nothing to go back to. */
  readonly earlier: 'completed' | 'none';
};

/** Allow-listed; what undo and probe need, never a task definition's content. */
type Captured = {
  readonly taskDefinition: string;
  readonly deploymentId: string;
  readonly desiredCount: number;
  readonly serviceDeployment: string | null;
  readonly completed: string | null;
};

type Handle = Ours;
type Io = ActionIo<EcsPorts>;

const capture = async (io: Io, input: Input): Promise<Captured> => {
  const service = await serviceOrFail(io.ports, input);
  const [arns, completed] = await Promise.all([
    io.ports.ecs.listServiceDeployments(input, { limit: 1 }),
    lastCompleted(io.ports, input, service),
  ]);
  return { ...pictureOf(service), serviceDeployment: arns[0] ?? null, completed: completed ?? null };
};

const toHandle = (input: Input, captured: Captured, deploymentId: string | null): Handle => ({
  deploymentId,
  taskDefinition: input.taskDefinition,
  after: captured.serviceDeployment,
});

/** Somebody may have deployed between capture and now; from here to our call it is one round trip. */
const assertUntouched = (service: EcsService, captured: Captured): void => {
  const live = pictureOf(service);
  if (live.deploymentId === captured.deploymentId && live.taskDefinition === captured.taskDefinition) return;
  throw new ActionError(
    {
      class: 'assert',
      code: 'superseded',
      message: `another deployment of ${service.name} (${live.taskDefinition}) began meanwhile; nothing was sent`,
    },
    'superseded',
  );
};

const probe = async (io: Io, input: Input, captured: Captured): Promise<Probed<Handle, DeploymentOutputs>> => {
  const service = await serviceOrFail(io.ports, input);
  const live = service.deployments.find(
    (deployment) => deployment.taskDefinition === input.taskDefinition && deployment.id !== captured.deploymentId,
  );
  if (live) return { kind: 'applied', as: { kind: 'handle', handle: toHandle(input, captured, live.id) } };
  // It may have failed and left the service already: its service deployment stays.
  const recent = await recentDeployments(io.ports, input);
  const end = recent.findIndex((candidate) => candidate.deployment.arn === captured.serviceDeployment);
  const since = end < 0 ? recent : recent.slice(0, end);
  const gone = since.some((candidate) => candidate.taskDefinition === input.taskDefinition);
  if (gone) return { kind: 'applied', as: { kind: 'handle', handle: toHandle(input, captured, null) } };
  return absentUnlessSettling(io, settleMs, { ...pictureOf(service) });
};

const updateAction = (
  uses: Uses,
  changeOf: (input: Input) => ServiceChange,
): Action<EcsPorts, Input, Captured, Handle, DeploymentOutputs> => ({
  uses,
  effect: 'probed',
  settleMs,
  parse: (input) => parseInput(uses, schema, input),
  capture,
  start: async (io, input, captured) => {
    assertUntouched(await reading(() => serviceOrFail(io.ports, input)), captured);
    const answer = await mutating('ecs:UpdateService', () => io.ports.ecs.updateService(changeOf(input)));
    const mine = answer.deployments.find(
      (deployment) => deployment.taskDefinition === input.taskDefinition && deployment.status === 'PRIMARY',
    );
    return { kind: 'handle', handle: toHandle(input, captured, (mine ?? primaryOf(answer))?.id ?? null) };
  },
  current: currentPicture,
  subject: pictureSubject,
  poll: (io, input, handle) => follow(io, input, handle),
  probe,
});

export const updateService = updateAction('ecs.update-service@1', ({ cluster, service, taskDefinition }) => ({
  cluster,
  service,
  taskDefinition,
}));

export const forceDeployment = updateAction('ecs.force-deployment@1', ({ cluster, service }) => ({
  cluster,
  service,
  forceNewDeployment: true,
}));

/**
 * Takes a deployment back. While it is in flight: StopServiceDeployment(ROLLBACK). When it has ended and the service
 * still runs it: one UpdateService to the release before. When the service is back already: nothing. It looks first, so
 * a second start after a crash finds the first one's work.
 */
import { z } from 'zod';
import type { EcsService } from '../../../aws/ecs-model.js';
import {
  type Accepted,
  type Action,
  ActionError,
  type ActionIo,
  type Polled,
  type Probed,
} from '../../../engine/action.js';
import type { Json } from '../../../plan/json.js';
import { mutating, reading } from '../aws-failure.js';
import { type DeploymentOutputs, follow } from '../follow.js';
import { parseInput } from '../parse.js';
import { currentPicture, pictureOf, pictureSubject, serviceOrFail } from '../picture.js';
import type { EcsPorts } from '../ports.js';
import { type Candidate, type Ours, recentDeployments } from '../service-deployments.js';
import { absentUnlessSettling } from '../settle.js';

const uses = 'ecs.stop-deployment@1';
const settleMs = 10_000;
const pollMs = 5_000;

const schema = z.object({
  cluster: z.string().min(1),
  service: z.string().min(1),
  /** The release to take back. */
  taskDefinition: z.string().min(1),
  /** The release that completed before it. */
  back: z.string().min(1).nullable(),
  deadlineMs: z.int().positive(),
});

type Input = {
  readonly cluster: string;
  readonly service: string;
  readonly taskDefinition: string;
  readonly back: string | null;
  readonly deadlineMs: number;
};

type Captured = {
  readonly taskDefinition: string;
  readonly deploymentId: string;
  readonly desiredCount: number;
  readonly serviceDeployment: string | null;
};

type Handle =
  | { readonly kind: 'stopping'; readonly serviceDeployment: string }
  | { readonly kind: 'returning'; readonly ours: Ours };

type Output = {
  readonly how: 'stopped' | 'updated' | 'found';
  /** When the deployment that was stopped had ended; AWS milliseconds. */
  readonly endedAtMs?: number;
  readonly taskDefinition: string;
  readonly deployment: DeploymentOutputs | null;
};

type Io = ActionIo<EcsPorts>;

/** What the service is doing about the release that is to be taken back. */
type State =
  | { readonly kind: 'back' }
  | { readonly kind: 'in-flight'; readonly arn: string }
  | { readonly kind: 'going-back'; readonly arn: string }
  | { readonly kind: 'live' }
  | { readonly kind: 'somebody-else' };

const inFlight = new Set(['PENDING', 'IN_PROGRESS']);
const goingBack = new Set(['STOP_REQUESTED', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS']);

const stateOf = (service: EcsService, newest: Candidate | undefined, input: Input): State => {
  const deployment = newest?.deployment;
  const isOurs = newest?.taskDefinition === input.taskDefinition;
  if (deployment && isOurs && goingBack.has(deployment.status)) return { kind: 'going-back', arn: deployment.arn };
  const live = pictureOf(service).taskDefinition;
  if (live === input.taskDefinition) {
    if (deployment && isOurs && inFlight.has(deployment.status)) return { kind: 'in-flight', arn: deployment.arn };
    // A restart comes from the release that it goes to: once it has ended there is nothing to go back to.
    return live === input.back ? { kind: 'back' } : { kind: 'live' };
  }
  return live === input.back ? { kind: 'back' } : { kind: 'somebody-else' };
};

const look = async (
  io: Io,
  input: Input,
): Promise<{ service: EcsService; state: State; newest: Candidate | undefined }> => {
  const service = await serviceOrFail(io.ports, input);
  const [newest] = await recentDeployments(io.ports, input, 1);
  return { service, newest, state: stateOf(service, newest, input) };
};

const start = async (io: Io, input: Input, captured: Captured): Promise<Accepted<Handle, Output>> => {
  const { service, state } = await reading(() => look(io, input));
  switch (state.kind) {
    case 'back':
      return found(service, input);
    case 'going-back':
      return { kind: 'handle', handle: { kind: 'stopping', serviceDeployment: state.arn } };
    case 'in-flight':
      await mutating('ecs:StopServiceDeployment', () => io.ports.ecs.stopServiceDeployment(state.arn));
      return { kind: 'handle', handle: { kind: 'stopping', serviceDeployment: state.arn } };
    case 'live':
      return { kind: 'handle', handle: { kind: 'returning', ours: await goBack(io, input, captured) } };
    case 'somebody-else':
      throw new ActionError(
        {
          class: 'assert',
          code: 'superseded',
          message: `the service runs ${service.taskDefinition}, which is neither the release to take back nor the one before it; nothing was changed`,
        },
        'superseded',
      );
  }
};

const goBack = async (io: Io, input: Input, captured: Captured): Promise<Ours> => {
  const { cluster, service, back } = input;
  if (back === null) {
    throw new ActionError(
      {
        class: 'not-found',
        code: 'nothing-to-go-back-to',
        message: 'no earlier deployment of the service has completed',
      },
      'failed',
    );
  }
  const answer = await mutating('ecs:UpdateService', () =>
    io.ports.ecs.updateService({ cluster, service, taskDefinition: back }),
  );
  return { deploymentId: pictureOf(answer).deploymentId, taskDefinition: back, after: captured.serviceDeployment };
};

const found = (service: EcsService, input: Input): Accepted<Handle, Output> => ({
  kind: 'done',
  outputs: { how: 'found', taskDefinition: input.back ?? service.taskDefinition, deployment: null },
  post: pictureOf(service),
});

const poll = async (io: Io, input: Input, handle: Handle): Promise<Polled<Output>> => {
  switch (handle.kind) {
    case 'returning':
      return asReturn(await follow(io, { ...input, onTimeout: 'leave', earlier: 'completed' }, handle.ours));
    case 'stopping':
      return pollStop(io, input, handle.serviceDeployment);
  }
};

/** Whatever keeps the release before from coming back, the service is left in between: a person is needed. */
const asReturn = (polled: Polled<DeploymentOutputs>): Polled<Output> => {
  switch (polled.kind) {
    case 'pending':
      return polled;
    case 'done':
      return {
        ...polled,
        outputs: { how: 'updated', taskDefinition: polled.outputs.taskDefinition, deployment: polled.outputs },
      };
    case 'failed':
      return { ...polled, outcome: polled.outcome === 'superseded' ? 'superseded' : 'rollback-failed' };
  }
};

const pollStop = async (io: Io, input: Input, arn: string): Promise<Polled<Output>> => {
  const [deployment] = await io.ports.ecs.describeServiceDeployments([arn]);
  const service = await serviceOrFail(io.ports, input);
  const post = pictureOf(service);
  const progress: Json = {
    status: deployment?.status ?? 'UNKNOWN',
    phase: 'rolling-back',
    desired: service.desired,
    running: service.running,
    pending: service.pending,
  };
  switch (deployment?.status) {
    case 'ROLLBACK_SUCCESSFUL':
      return {
        kind: 'done',
        outputs: {
          how: 'stopped',
          taskDefinition: post.taskDefinition,
          deployment: null,
          ...(deployment.finishedAtMs === undefined ? {} : { endedAtMs: deployment.finishedAtMs }),
        },
        post,
      };
    case 'ROLLBACK_FAILED':
    case 'STOPPED':
    case 'SUCCESSFUL':
      return {
        kind: 'failed',
        error: {
          class: 'assert',
          code: deployment.status.toLowerCase().replaceAll('_', '-'),
          message: `the deployment ended ${deployment.status}${deployment.statusReason ? `: ${deployment.statusReason}` : ''}`,
        },
        outcome: 'rollback-failed',
        post,
      };
    default:
      return { kind: 'pending', progress, afterMs: pollMs };
  }
};

const probe = async (io: Io, input: Input, captured: Captured): Promise<Probed<Handle, Output>> => {
  const { service, state, newest } = await look(io, input);
  switch (state.kind) {
    case 'going-back':
      return { kind: 'applied', as: { kind: 'handle', handle: { kind: 'stopping', serviceDeployment: state.arn } } };
    case 'back': {
      const live = pictureOf(service);
      const isNew = newest !== undefined && newest.deployment.arn !== captured.serviceDeployment;
      // Either ECS finished going back, or our UpdateService made a deployment of its own that must be followed.
      const ours = {
        deploymentId: live.deploymentId,
        taskDefinition: live.taskDefinition,
        after: captured.serviceDeployment,
      };
      if (isNew) return { kind: 'applied', as: { kind: 'handle', handle: { kind: 'returning', ours } } };
      if (newest?.deployment.status === 'ROLLBACK_SUCCESSFUL') return { kind: 'applied', as: found(service, input) };
      return absentUnlessSettling(io, settleMs, { state: state.kind });
    }
    case 'in-flight':
    case 'live':
    case 'somebody-else':
      return absentUnlessSettling(io, settleMs, { state: state.kind });
  }
};

export const stopDeployment: Action<EcsPorts, Input, Captured, Handle, Output> = {
  uses,
  effect: 'probed',
  settleMs,
  parse: (input) => parseInput(uses, schema, input),
  capture: async (io, input) => {
    const { service, newest } = await look(io, input);
    return { ...pictureOf(service), serviceDeployment: newest?.deployment.arn ?? null };
  },
  start,
  current: currentPicture,
  subject: pictureSubject,
  poll,
  probe,
};

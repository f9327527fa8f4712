/** Follows a deployment that somebody else began. It never takes it back: that is theirs to decide. */
import { z } from 'zod';
import type { Action } from '../../../engine/action.js';
import { type DeploymentOutputs, follow } from '../follow.js';
import { parseInput } from '../parse.js';
import type { EcsPorts } from '../ports.js';
import type { Ours } from '../service-deployments.js';

const uses = 'ecs.follow-deployment@1';

const schema = z.object({
  cluster: z.string().min(1),
  service: z.string().min(1),
  taskDefinition: z.string().min(1),
  deploymentId: z.string().min(1),
  serviceDeployment: z.string().min(1),
  deadlineMs: z.int().positive(),
  earlier: z.enum(['completed', 'none']),
});

type Input = {
  readonly cluster: string;
  readonly service: string;
  readonly taskDefinition: string;
  readonly deploymentId: string;
  readonly serviceDeployment: string;
  readonly deadlineMs: number;
  readonly earlier: 'completed' | 'none';
};

export const followDeployment: Action<EcsPorts, Input, never, Ours, DeploymentOutputs> = {
  uses,
  effect: 'read',
  settleMs: 0,
  parse: (input) => parseInput(uses, schema, input),
  start: async (_io, { deploymentId, taskDefinition }) => ({
    kind: 'handle',
    handle: { deploymentId, taskDefinition, after: null },
  }),
  poll: (io, input, handle) => {
    // The plan named it: there is nothing to resolve, also in a process that attaches later.
    io.ports.memory.serviceDeployments.set(input.deploymentId, input.serviceDeployment);
    return follow(io, { ...input, onTimeout: 'leave', breaker: 'theirs' }, handle);
  },
};

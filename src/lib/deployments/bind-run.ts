/** Binds a journaled run of the ECS runtime to AWS: actions, ports, and credentials that belong to its account. */
import type { AwsClients } from '../aws/clients.js';
import type { OperationKind } from '../cli/operation.js';
import type { Ctx } from '../context/context.js';
import type { ActionRegistry } from '../engine/action.js';
import { PlatformError } from '../errors/platform-error.js';
import type { Target } from '../plan/plan.js';

export const bindRun: OperationKind<unknown>['bind'] = async (ctx, target) => {
  const [{ ecsActions }, { bindPorts }] = await Promise.all([
    import('../runtimes/ecs/actions.js'),
    import('../runtimes/ecs/bind-ports.js'),
  ]);
  const clients = await clientsFor(ctx, target);
  await assertSameAccount(ctx, { clients, target });
  return { actions: ecsActions as unknown as ActionRegistry<unknown>, ports: bindPorts(ctx, clients) };
};

/** A run is resumed from any folder; where its project is at hand, profile and role come from there. */
const clientsFor = async (ctx: Ctx, target: Target): Promise<AwsClients> => {
  const { region } = target;
  if (ctx.place.kind === 'sandbox') return ctx.aws({ region });
  const { loadProject } = await import('../config/load.js');
  const { resolveEnvironment } = await import('../config/resolve.js');
  try {
    const project = loadProject({ cwd: ctx.paths.cwd, env: ctx.env });
    if (project.config.project !== target.project) return ctx.aws({ region });
    const { profile, roleArn } = resolveEnvironment(project, target.environment, { env: ctx.env });
    return ctx.aws({
      region,
      ...(profile === undefined ? {} : { profile }),
      ...(roleArn === undefined ? {} : { roleArn }),
    });
  } catch {
    // No readable project here: the shell's own credentials, which must be the run's account's all the same.
    return ctx.aws({ region });
  }
};

/** A journaled run may be resumed with other credentials than it was planned with: its account is part of it. */
const assertSameAccount = async (
  ctx: Pick<Ctx, 'place'>,
  run: { readonly clients: AwsClients; readonly target: Target },
): Promise<void> => {
  if (ctx.place.kind === 'sandbox') return;
  const { callerIdentity } = await import('../aws/identity.js');
  const { account } = await callerIdentity(run.clients);
  if (account === run.target.account) return;
  throw new PlatformError(
    'E_CONFLICT',
    `this run belongs to account ${run.target.account}, and these credentials to ${account}`,
    {
      hints: ['set AWS_PROFILE to a profile of that account'],
      details: { expected: run.target.account, actual: account },
    },
  );
};

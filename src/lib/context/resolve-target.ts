/**
 * Which project, environment, region and account a command works on. Against AWS the account that STS names must be the
 * configured one, before any plan; in a sandbox its account counts and real credentials play no part.
 */
import type { AwsClients } from '../aws/clients.js';
import type { Project, ResolvedEnvironment } from '../config/project.js';
import { isPlatformError, PlatformError } from '../errors/platform-error.js';
import type { Target } from '../plan/plan.js';
import type { Ctx } from './context.js';
import { runningSandboxes } from './place.js';
import { seedOnce } from './seed-once.js';

export interface ResolvedTarget {
  readonly project: Project;
  readonly environment: ResolvedEnvironment;
  readonly target: Target;
  readonly aws: AwsClients;
  /** ARN of whoever runs this. */
  readonly identity: string;
}

export interface TargetOptions {
  /** `-e/--env`. */
  readonly environment?: string;
  /** `--config`. */
  readonly config?: string;
  /** Asks a person; absent where nobody can be asked. */
  readonly choose?: (names: readonly string[]) => Promise<string>;
}

type Needs = Pick<Ctx, 'env' | 'paths' | 'place' | 'aws'>;

export const resolveTarget = async (ctx: Needs, options: TargetOptions): Promise<ResolvedTarget> => {
  const { loadProject } = await import('../config/load.js');
  const { resolveEnvironment } = await import('../config/resolve.js');
  const project = loadProject({
    cwd: ctx.paths.cwd,
    env: ctx.env,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const name = await chooseEnvironment(ctx.env, { project, ...options });
  const environment = resolveEnvironment(project, name, { env: ctx.env });
  const { region, profile, roleArn } = environment;
  const aws = ctx.aws({
    region,
    ...(profile === undefined ? {} : { profile }),
    ...(roleArn === undefined ? {} : { roleArn }),
  });
  if (ctx.place.kind === 'sandbox') await seedOnce(ctx.paths, { place: ctx.place, project, environment });
  const identity = await checkedIdentity(ctx, { aws, environment });
  const target: Target = {
    account: identity.account,
    region,
    environment: environment.name,
    project: environment.project,
    ...(ctx.place.kind === 'sandbox' ? { sandbox: ctx.place.id } : {}),
  };
  return { project, environment, target, aws, identity: identity.arn };
};

/** Flag, PLATFORM_ENV, defaultEnvironment, the only one; else a person is asked, else exit 2. */
export const chooseEnvironment = async (
  env: Ctx['env'],
  options: { readonly project: Project; readonly environment?: string; readonly choose?: TargetOptions['choose'] },
): Promise<string> => {
  const { config } = options.project;
  const named = options.environment ?? (env['PLATFORM_ENV'] || undefined) ?? config.defaultEnvironment;
  if (named !== undefined) return named;
  const names = Object.keys(config.environments);
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  if (options.choose) return options.choose(names);
  throw new PlatformError('E_ENVIRONMENT_CHOICE', `several environments and none was chosen: ${names.join(', ')}`, {
    hints: [`--env ${only ?? 'NAME'}`],
  });
};

const checkedIdentity = async (
  ctx: Needs,
  options: { readonly aws: AwsClients; readonly environment: ResolvedEnvironment },
) => {
  const { callerIdentity } = await import('../aws/identity.js');
  const identity = await callerIdentity(options.aws).catch((error: unknown) => {
    throw withSandboxHint(error, ctx);
  });
  const { account, name } = options.environment;
  if (ctx.place.kind === 'aws' && account !== undefined && account !== identity.account) {
    throw new PlatformError(
      'E_CREDENTIALS',
      `these credentials are for account ${identity.account}, and ${name} lives in ${account}`,
      {
        hints: ['set AWS_PROFILE, or environments.NAME.aws.profile in platform.yaml'],
        details: { expected: account, actual: identity.account },
      },
    );
  }
  return identity;
};

/** No credentials while a sandbox runs: most likely that is what was meant, but it is never assumed. */
export const withSandboxHint = (error: unknown, ctx: Pick<Needs, 'place' | 'paths'>): unknown => {
  if (!isPlatformError(error) || error.code !== 'E_CREDENTIALS' || ctx.place.kind !== 'aws') return error;
  if (runningSandboxes(ctx.paths.state).length === 0) return error;
  return new PlatformError('E_CREDENTIALS', `${error.message} (a sandbox is running, but was not asked for)`, {
    hints: ['add --sandbox, or set PLATFORM_SANDBOX=1'],
    cause: error,
  });
};

/** Puts a project's environments into a running sandbox. Idempotent: what is there stays as it is. */
import { dirname } from 'node:path';
import type { Warning } from '../cli/report.js';
import type { Project } from '../config/project.js';
import type { Ctx } from '../context/context.js';
import { isPlatformError } from '../errors/platform-error.js';
import type { ControlClient } from './control-client.js';

type Needs = Pick<Ctx, 'env' | 'paths'>;

export interface Seeded {
  readonly environments: readonly string[];
  readonly added: readonly string[];
  readonly warnings: readonly Warning[];
}

export interface SeedRequest {
  readonly client: ControlClient;
  /** Only this environment; all of the project's when absent. */
  readonly environment?: string;
  /** `--config`. */
  readonly config?: string;
}

const nothing: Seeded = { environments: [], added: [], warnings: [] };

/** Outside a project there is nothing to seed. What cannot be seeded is a warning: the sandbox is there all the same. */
export const seedFromFolder = async (ctx: Needs, request: SeedRequest): Promise<Seeded> => {
  const project = await projectHere(ctx, request.config);
  if (project === undefined) return nothing;
  if ('warning' in project) return { ...nothing, warnings: [project.warning] };
  const names =
    request.environment === undefined ? Object.keys(project.project.config.environments) : [request.environment];
  const environments: string[] = [];
  const added: string[] = [];
  const warnings: Warning[] = [];
  for (const name of names) {
    const result = await seedEnvironment(ctx, { ...request, project: project.project, name });
    if ('warning' in result) warnings.push(result.warning);
    else {
      environments.push(name);
      added.push(...result.added);
    }
  }
  return { environments, added, warnings };
};

const projectHere = async (
  ctx: Needs,
  file: string | undefined,
): Promise<{ readonly project: Project } | { readonly warning: Warning } | undefined> => {
  const { loadProject } = await import('../config/load.js');
  try {
    return { project: loadProject({ cwd: ctx.paths.cwd, env: ctx.env, ...(file !== undefined && { file }) }) };
  } catch (error) {
    if (isPlatformError(error) && error.code === 'E_NO_CONFIG' && file === undefined) return undefined;
    return { warning: asWarning(error, 'platform.yaml') };
  }
};

const seedEnvironment = async (
  ctx: Needs,
  options: SeedRequest & { readonly project: Project; readonly name: string },
): Promise<{ readonly added: readonly string[] } | { readonly warning: Warning }> => {
  const [{ resolveEnvironment }, { seedFromProject }] = await Promise.all([
    import('../config/resolve.js'),
    import('./seed-from-project.js'),
  ]);
  const { project, name, client } = options;
  try {
    const environment = resolveEnvironment(project, name, { env: ctx.env });
    return await client.seed(seedFromProject({ project, environment }));
  } catch (error) {
    return { warning: asWarning(error, `${dirname(project.file)}: environment ${name}`) };
  }
};

/** Bad configuration is the user's to mend; everything else is not hidden. */
const asWarning = (error: unknown, what: string): Warning => {
  if (!isPlatformError(error) || error.exitCode === 13 || error.exitCode === 1) throw error;
  return { code: 'W_NOT_SEEDED', message: `${what} is not in the sandbox: ${error.message}` };
};

/** One environment of a project with every default filled in: what commands work with. Pure. */
import { PlatformError } from '../errors/platform-error.js';
import { configError, suggest } from './diagnostics.js';
import type { Project, ResolvedEnvironment, ResolvedService } from './project.js';
import type { PlatformConfig, ServiceConfig } from './schema.js';

export interface ResolveOptions {
  /** For the region's fall-back AWS_REGION. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const defaultRegion = 'us-east-1';
export const defaultDeadline = '15m';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `15m` → 900000. The schema has checked the form. */
export const durationMs = (text: string): number => {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new PlatformError('E_CONFIG', `${text} is not a duration like 30s, 15m or 2h`);
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
};

const resolveService = (options: {
  readonly name: string;
  readonly config: ServiceConfig;
  readonly prefix: string;
}): ResolvedService => {
  const { name, config, prefix } = options;
  const serviceName = config.serviceName ?? `${prefix}-${name}`;
  return {
    name,
    serviceName,
    family: config.family ?? serviceName,
    container: config.container ?? name,
    logGroup: config.logGroup ?? `/ecs/${prefix}-${name}`,
    repository: config.image.repository,
    deadlineMs: durationMs(config.strategy?.deadline ?? defaultDeadline),
    dependsOn: config.dependsOn ?? [],
    config,
  };
};

const unknownEnvironment = (name: string, known: readonly string[]): PlatformError => {
  const hint = suggest(name, known);
  return new PlatformError('E_NOT_FOUND', `there is no environment ${name} in platform.yaml`, {
    hints: hint === undefined ? [] : [hint],
    details: { environment: name, environments: known },
  });
};

const configOf = (project: Project, name: string): PlatformConfig => {
  const view = project.viewOf(name);
  if (view.unset.length > 0 || view.config === undefined) throw configError('platform.yaml', view.unset);
  return view.config;
};

/** Throws E_NOT_FOUND for an unknown environment, E_CONFIG when it uses a variable that is unset. */
export const resolveEnvironment = (project: Project, name: string, options: ResolveOptions): ResolvedEnvironment => {
  const known = Object.keys(project.config.environments);
  if (!known.includes(name)) throw unknownEnvironment(name, known);
  const whole = configOf(project, name);
  const config = whole.environments[name];
  if (config === undefined) throw unknownEnvironment(name, known);
  const prefix = `${whole.project}-${name}`;
  const { account, profile, roleArn, region } = config.aws ?? {};
  const fromShell = options.env['AWS_REGION'] === '' ? undefined : options.env['AWS_REGION'];
  return {
    project: whole.project,
    name,
    isProtected: config.protected,
    region: region ?? whole.region ?? fromShell ?? defaultRegion,
    ...(account === undefined ? {} : { account }),
    ...(profile === undefined ? {} : { profile }),
    ...(roleArn === undefined ? {} : { roleArn }),
    cluster: config.cluster ?? prefix,
    config,
    services: Object.entries(whole.services).map(([service, value]) =>
      resolveService({ name: service, config: value, prefix }),
    ),
  };
};

/** `config show`: every value of one environment, defaults included, and who said it. */
import type { Line, Report } from '../cli/report.js';
import { containsSecretShape, hidden } from '../engine/redact.js';
import { type Path, pathText, positionText, visible } from './diagnostics.js';
import type { Project, ResolvedEnvironment } from './project.js';
import { defaultDeadline } from './resolve.js';
import type { ConfigShowResult } from './result-schemas.js';

type Scalar = string | number | boolean;
interface Shown {
  readonly path: Path;
  readonly value: Scalar;
}

const leaves = (value: unknown, path: Path): readonly Shown[] => {
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, [...path, index]));
  if (value !== null && typeof value === 'object')
    return Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [{ path, value }] : [];
};

/** The file's own form, with what resolve.ts fills in at the places where it could have been written. */
const completed = (project: Project, environment: ResolvedEnvironment): unknown => {
  const { version, runtime, defaultEnvironment, variables } = project.config;
  const services = environment.services.map(({ name, config, serviceName, container, logGroup }) => [
    name,
    {
      ...config,
      serviceName,
      container,
      logGroup,
      strategy: config.strategy ?? { kind: 'rolling', deadline: defaultDeadline },
    },
  ]);
  return {
    version,
    project: environment.project,
    runtime,
    region: environment.region,
    defaultEnvironment,
    variables,
    environments: { [environment.name]: { ...environment.config, cluster: environment.cluster } },
    services: Object.fromEntries(services),
  };
};

const originOf = (options: {
  readonly project: Project;
  readonly environment: ResolvedEnvironment;
  readonly path: Path;
}): string => {
  const { project, environment, path } = options;
  const isRegion = path.length === 1 && path[0] === 'region';
  const own: Path = ['environments', environment.name, 'aws', 'region'];
  const written = isRegion && project.isWritten(own) ? own : path;
  if (project.isWritten(written)) {
    const read = project.viewOf(environment.name).readFrom(written);
    const from = read.length === 0 ? '' : ` (env ${read.join(', ')})`;
    return `${positionText(project.positionOf(written))}${from}`;
  }
  return isRegion && (project.env['AWS_REGION'] ?? '') !== '' ? 'env AWS_REGION' : 'default';
};

const safe = (value: Scalar): Scalar => (typeof value === 'string' && containsSecretShape(value) ? hidden : value);

const plain = (value: Scalar): string => visible(String(value));

export const showConfig = (
  project: Project,
  environment: ResolvedEnvironment,
  options: { readonly columns: 'values' | 'origins' },
): Report<ConfigShowResult> => {
  const values = leaves(completed(project, environment), []).map(({ path, value }) => ({
    path: pathText(path),
    value: safe(value),
    origin: originOf({ project, environment, path }),
  }));
  const wide = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length));
  const pathWidth = wide(values.map(({ path }) => path));
  const valueWidth = wide(values.map(({ value }) => plain(value)));
  const lines = values.map(({ path, value, origin }): Line => {
    const start = `${plain(path).padEnd(pathWidth)}  `;
    if (options.columns === 'values') return `${start}${plain(value)}`;
    return [{ text: `${start}${plain(value).padEnd(valueWidth)}  ` }, { text: origin, tone: 'dim' }];
  });
  return { result: { file: project.file, environment: environment.name, values }, lines };
};

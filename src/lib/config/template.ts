/**
 * A service's task definition template (JSON or YAML, the user's own file) → the input of RegisterTaskDefinition.
 * Read, substitute, hold against AWS's shape, then add what the service declares: image, logs, secrets. Every mistake
 * has file:line:column. Start reading at renderTaskDefinition.
 */
import { conform, substitutedIn } from './conform.js';
import { assertValid, pathKey, quoted } from './diagnostics.js';
import { partitionOf } from './partition.js';
import type { Diagnostic, Position, Project, ResolvedEnvironment, ResolvedService } from './project.js';
import { projectPath } from './project-path.js';
import { configuredVariable, environmentVariable, type Lookup, namedValue, substitute } from './substitute.js';
import { checkTaskDefinition, type TaskDefinitionInput } from './task-definition.js';
import { taskDefinitionShape } from './task-definition-shape.js';
import { readYaml, type YamlSource } from './yaml-source.js';

export interface RenderOptions {
  readonly project: Project;
  readonly environment: ResolvedEnvironment;
  /** What the chosen container runs: `repository@sha256:…`. */
  readonly image: string;
  readonly account: string;
}

export interface Rendered {
  readonly taskDefinition: TaskDefinitionInput;
  /** Position of a part of it in the template. */
  positionOf(path: readonly (string | number)[]): Position;
}

/** With every diagnostic instead of an exception: for `config validate`. */
export interface RenderAttempt {
  readonly taskDefinition?: TaskDefinitionInput;
  readonly diagnostics: readonly Diagnostic[];
  readonly source: YamlSource;
}

const scopeOf = (service: ResolvedService, options: RenderOptions): Lookup => {
  const { project, environment, image, account } = options;
  const values = {
    image,
    account,
    region: environment.region,
    project: environment.project,
    'environment.name': environment.name,
    'environment.cluster': environment.cluster,
    'environment.region': environment.region,
    'environment.account': account,
    'service.name': service.name,
    'service.serviceName': service.serviceName,
    'service.family': service.family,
    'service.container': service.container,
    'service.logGroup': service.logGroup,
    'service.repository': service.repository,
    'service.healthPath': service.config.healthPath,
    'service.port': service.config.port === undefined ? undefined : String(service.config.port),
  };
  return (reference) => {
    const [head, ...rest] = reference.split('.');
    const name = rest.join('.');
    if (head === 'env') return environmentVariable({ name, listed: project.config.variables ?? [], env: project.env });
    if (head === 'vars')
      return configuredVariable({ name, environment: environment.name, values: environment.config.variables ?? {} });
    return namedValue(reference, values);
  };
};

const readTemplate = (service: ResolvedService, project: Project): YamlSource => {
  const file = service.config.taskDefinition;
  const found = projectPath(project.root, file);
  const at = project.positionOf(['services', service.name, 'taskDefinition']);
  if (found.kind === 'inside') return readYaml({ absolute: found.absolute, file });
  const message = found.kind === 'missing' ? `${quoted(file)} does not exist` : `${quoted(file)} leaves the project`;
  return {
    file,
    data: undefined,
    diagnostics: [{ severity: 'error', message, at }],
    positionOf: () => at,
    keyPositionOf: () => at,
    has: () => false,
  };
};

export const attemptRender = (service: ResolvedService, options: RenderOptions): RenderAttempt => {
  const source = readTemplate(service, options.project);
  if (source.diagnostics.length > 0) return { diagnostics: source.diagnostics, source };
  const lookup = scopeOf(service, options);
  const substituted = substitute({ data: source.data, lookupFor: () => lookup, at: source.positionOf });
  const unset = [...substituted.unset.values()].flatMap(({ diagnostics }) => diagnostics);
  const shaped = conform(substituted.data, taskDefinitionShape, {
    source,
    isSubstituted: substitutedIn(substituted.read),
    hasFailed: (path) => substituted.failed.has(pathKey(path)),
  });
  const found = [...substituted.diagnostics, ...unset, ...shaped.diagnostics];
  if (found.length > 0) return { diagnostics: found, source };
  const input = shaped.data as TaskDefinitionInput;
  const completed = checkTaskDefinition({
    input,
    source,
    service,
    image: options.image,
    region: options.environment.region,
    secretArn: (name) =>
      `arn:${partitionOf(options.environment.region)}:secretsmanager:${options.environment.region}:${options.account}:secret:${name}`,
  });
  return { ...completed, source };
};

/** Throws E_CONFIG with every diagnostic of the template. */
export const renderTaskDefinition = (service: ResolvedService, options: RenderOptions): Rendered => {
  const attempt = attemptRender(service, options);
  assertValid(attempt.source.file, attempt.diagnostics);
  if (attempt.taskDefinition === undefined) throw new Error('a template without errors has a task definition');
  return { taskDefinition: attempt.taskDefinition, positionOf: attempt.source.positionOf };
};

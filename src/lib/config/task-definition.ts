/** What a service adds to its template (image, logs, secrets), and what AWS or we would refuse about the result. Pure. */
import { type Path, pathText, quoted, suggest } from './diagnostics.js';
import type { Diagnostic, ResolvedService } from './project.js';
import { looksLikeSecret } from './secret-shape.js';
import type { YamlSource } from './yaml-source.js';

/** AWS's JSON shape, as far as we look into it; every other member passes through untouched. */
export interface TaskDefinitionInput {
  readonly family: string;
  readonly containerDefinitions: readonly ContainerInput[];
  readonly executionRoleArn?: string;
  readonly requiresCompatibilities?: readonly string[];
  readonly networkMode?: string;
  readonly [member: string]: unknown;
}

export interface ContainerInput {
  readonly name: string;
  readonly image: string;
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly logConfiguration?: {
    readonly logDriver: string;
    readonly options?: Readonly<Record<string, string>>;
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
}

interface Completing {
  readonly input: Partial<TaskDefinitionInput>;
  readonly source: YamlSource;
  readonly service: ResolvedService;
  readonly image: string;
  readonly region: string;
  readonly secretArn: (name: string) => string;
}

interface Problem {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly isKey?: true;
}

const toDiagnostic =
  (source: YamlSource) =>
  ({ path, message, hint, isKey }: Problem): Diagnostic => ({
    severity: 'error',
    message,
    at: isKey === true ? source.keyPositionOf(path) : source.positionOf(path),
    path: pathText(path),
    ...(hint === undefined ? {} : { hint }),
  });

/** `ssm:NAME` and plain names and ARNs go as they are; `secretsmanager:NAME` becomes the ARN that ECS wants. */
const valueFrom = (reference: string, secretArn: (name: string) => string): string => {
  if (reference.startsWith('secretsmanager:')) return secretArn(reference.slice('secretsmanager:'.length));
  return reference.startsWith('ssm:') ? reference.slice('ssm:'.length) : reference;
};

const withSecrets = (container: ContainerInput, completing: Completing): ContainerInput => {
  const declared = Object.entries(completing.service.config.secrets ?? {});
  if (declared.length === 0) return container;
  const names = new Set(declared.map(([name]) => name));
  const kept = (container.secrets ?? []).filter(({ name }) => !names.has(name));
  const added = declared.map(([name, reference]) => ({ name, valueFrom: valueFrom(reference, completing.secretArn) }));
  return { ...container, secrets: [...kept, ...added] };
};

/** Without a log driver the container logs to the service's group, unless `logging: none`; awslogs options that are missing are filled in. */
const withLogs = (container: ContainerInput, { service, region }: Completing): ContainerInput => {
  const written = container.logConfiguration;
  if (written === undefined && service.config.logging === 'none') return container;
  if (written !== undefined && written.logDriver !== 'awslogs') return container;
  const options = {
    'awslogs-group': service.logGroup,
    'awslogs-region': region,
    'awslogs-stream-prefix': container.name,
    ...written?.options,
    ...(service.config.logGroup === undefined ? {} : { 'awslogs-group': service.config.logGroup }),
  };
  return { ...container, logConfiguration: { ...written, logDriver: 'awslogs', options } };
};

const checkContainers = (completing: Completing): readonly Problem[] => {
  const { input, service } = completing;
  const containers = input.containerDefinitions ?? [];
  if (containers.length === 0)
    return [
      { path: ['containerDefinitions'], message: 'containerDefinitions must list at least one container', isKey: true },
    ];
  const names = containers.map(({ name }) => name);
  const problems: Problem[] = names.flatMap((name, index) => {
    const path = ['containerDefinitions', index];
    if (name === undefined) return [{ path, message: 'a container has no name' }];
    if (names.indexOf(name) !== index)
      return [{ path: [...path, 'name'], message: `a second container ${quoted(name)}` }];
    const hasImage = name === service.container || containers[index]?.image !== undefined;
    return hasImage ? [] : [{ path, message: `container ${quoted(name)} has no image` }];
  });
  if (names.includes(service.container)) return problems;
  const known = names.filter((name) => name !== undefined);
  const message = `no container ${quoted(service.container)}, which services.${service.name} gives its image to`;
  const hint = suggest(service.container, known);
  return [...problems, { path: ['containerDefinitions'], message, hint }];
};

const checkEnvironment = (container: ContainerInput, index: number, completing: Completing): readonly Problem[] => {
  const secrets = new Set((container.secrets ?? []).map(({ name }) => name));
  return (container.environment ?? []).flatMap((entry, at) => {
    const path = ['containerDefinitions', index, 'environment', at];
    if (entry.name === undefined) return [{ path, message: 'an environment entry has no name' }];
    if (secrets.has(entry.name))
      return [
        { path, message: `${quoted(entry.name)} is in environment and in secrets`, hint: 'keep it in `secrets` only' },
      ];
    if (!looksLikeSecret(entry.name, entry.value ?? '')) return [];
    const hint = `put the value into SSM or Secrets Manager and name it in services.${completing.service.name}.secrets`;
    return [{ path: [...path, 'value'], message: `the value of ${quoted(entry.name)} looks like a secret`, hint }];
  });
};

/** Fargate refuses awslogs and secrets without an execution role; AWS would say so without the line. */
const checkRole = (input: Partial<TaskDefinitionInput>, containers: readonly ContainerInput[]): readonly Problem[] => {
  const needs = containers.some(
    ({ logConfiguration, secrets }) => logConfiguration?.logDriver === 'awslogs' || (secrets ?? []).length > 0,
  );
  const isFargate = input.requiresCompatibilities?.includes('FARGATE') ?? false;
  if (!needs || !isFargate || input.executionRoleArn !== undefined) return [];
  const hint = 'executionRoleArn: arn:aws:iam::${{ account }}:role/ecsTaskExecutionRole';
  return [{ path: [], message: 'executionRoleArn is missing: Fargate needs it for awslogs and secrets', hint }];
};

const checkFamily = ({ input, service }: Completing): readonly Problem[] => {
  if (input.family === undefined || input.family === service.family) return [];
  const message = `family is ${quoted(input.family)}, but this service's is ${quoted(service.family)}`;
  return [{ path: ['family'], message, hint: 'leave family out, or write ${{ service.family }}' }];
};

export const checkTaskDefinition = (
  completing: Completing,
): { readonly taskDefinition?: TaskDefinitionInput; readonly diagnostics: readonly Diagnostic[] } => {
  const { input, service, source } = completing;
  const problems = [...checkContainers(completing), ...checkFamily(completing)];
  const containers = (input.containerDefinitions ?? []).map((container) =>
    container.name === service.container
      ? withLogs(withSecrets({ ...container, image: completing.image }, completing), completing)
      : container,
  );
  problems.push(...containers.flatMap((container, index) => checkEnvironment(container, index, completing)));
  problems.push(...checkRole(input, containers));
  if (problems.length > 0) return { diagnostics: problems.map(toDiagnostic(source)) };
  return { taskDefinition: { ...input, family: service.family, containerDefinitions: containers }, diagnostics: [] };
};

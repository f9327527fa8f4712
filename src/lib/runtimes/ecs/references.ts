/** What a task definition refers to and ECS looks up only when a task starts: parameters, secrets, log groups. */
import type { DeploymentEvidence } from '../../diagnosis/evidence.js';
import { logTargetsOf } from './evidence.js';
import type { EcsPorts } from './ports.js';

export interface References {
  readonly parameters: readonly string[];
  readonly secrets: readonly string[];
  readonly logGroups: readonly string[];
}

/** Secrets Manager ARNs may end in `:json-key:version-stage:version-id`, which is no part of the secret's ARN. */
const secretArn = (valueFrom: string): string => valueFrom.split(':').slice(0, 7).join(':');

const createsItsGroup = (container: Readonly<Record<string, unknown>>): boolean => {
  const log = container['logConfiguration'] as { readonly options?: Readonly<Record<string, string>> } | undefined;
  return log?.options?.['awslogs-create-group'] === 'true';
};

export const referencesOf = (definition: Readonly<Record<string, unknown>>): References => {
  const containers = (definition['containerDefinitions'] ?? []) as readonly Readonly<Record<string, unknown>>[];
  const values = containers.flatMap((container) =>
    ((container['secrets'] ?? []) as readonly { readonly valueFrom?: string }[]).flatMap(
      (secret) => secret.valueFrom ?? [],
    ),
  );
  const isSecret = (value: string): boolean => /^arn:[^:]+:secretsmanager:/.test(value);
  const groups = logTargetsOf({ containerDefinitions: containers.filter((container) => !createsItsGroup(container)) });
  return {
    parameters: [...new Set(values.filter((value) => !isSecret(value)))],
    secrets: [...new Set(values.filter(isSecret).map(secretArn))],
    logGroups: [...new Set(groups.map((target) => target.group))],
  };
};

type Missing = DeploymentEvidence['missing'];

export const observeMissing = async (
  ports: Pick<EcsPorts, 'ssm' | 'secrets' | 'logs'>,
  definition: Readonly<Record<string, unknown>>,
): Promise<Missing> => {
  const { parameters, secrets, logGroups } = referencesOf(definition);
  const [lostParameters, lostSecrets, lostGroups] = await Promise.all([
    ports.ssm.missingParameters(parameters),
    ports.secrets.missingSecrets(secrets),
    Promise.all(logGroups.map(async (name) => ((await ports.logs.hasGroup(name)) ? [] : [name]))),
  ]);
  return [
    ...lostParameters.map((name) => ({ kind: 'parameter' as const, name })),
    ...lostSecrets.map((name) => ({ kind: 'secret' as const, name })),
    ...lostGroups.flat().map((name) => ({ kind: 'log-group' as const, name })),
  ];
};

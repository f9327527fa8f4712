/**
 * What a service is, before anything is written about it: what platform does not ship is left out with the reason, and
 * what it ships without managing is said. Pure.
 */
import type { ServiceSettings } from '../aws/ecs-inventory.js';
import { isMembers, type Members, membersOf } from './members.js';
import type { AskAbout, ServiceFacts } from './model.js';

const onFargate = ({ launchType, capacityProviders }: ServiceSettings): boolean =>
  capacityProviders.length > 0
    ? capacityProviders.every((provider) => provider === 'FARGATE' || provider === 'FARGATE_SPOT')
    : launchType === undefined || launchType === 'FARGATE';

/** Why platform cannot ship it; undefined when it can. */
export const whyLeftOut = ({ settings, record }: ServiceFacts): string | undefined => {
  if (settings.status !== 'ACTIVE') return `it is being deleted (${settings.status})`;
  if (settings.controller === 'CODE_DEPLOY')
    return 'CodeDeploy deploys it (deployment controller CODE_DEPLOY); move it to the ECS controller first';
  if (settings.controller !== 'ECS')
    return `something else deploys it (deployment controller ${settings.controller}, task sets)`;
  if (settings.scheduling === 'DAEMON') return 'it is a DAEMON service: one task an instance, which Fargate has not';
  if (settings.launchType === 'EXTERNAL')
    return 'it runs on machines of your own (ECS Anywhere); platform ships to Fargate';
  if (!onFargate(settings)) {
    const providers = settings.capacityProviders.join(', ');
    return `it runs on EC2 instances${providers === '' ? '' : ` (capacity provider ${providers})`}; platform ships to Fargate`;
  }
  if (record === undefined) return `its task definition ${settings.taskDefinition || '(none)'} cannot be read`;
  return undefined;
};

/** Questions about the service as a whole. */
export const serviceQuestions = ({ settings, record }: ServiceFacts): readonly AskAbout[] => {
  const questions: AskAbout[] = [];
  if (settings.strategy !== 'ROLLING')
    questions.push({
      code: 'strategy',
      question: `AWS deploys it ${settings.strategy}; a deploy of platform uses that strategy without steering it`,
      fix: 'try it with deploy --config-only --dry-run, and watch the first deploy',
    });
  if (settings.isDeploying)
    questions.push({
      code: 'in-progress',
      question: 'a deployment is in progress: what was adopted may be about to be rolled back',
      fix: 'adopt again when it has ended',
    });
  if (record !== undefined && record.status !== 'ACTIVE')
    questions.push({
      code: 'inactive',
      question: `its task definition is ${record.status}: AWS deletes it some day`,
      fix: 'deploy once, so that an active one is registered',
    });
  if (/^windows/i.test(settings.platformFamily ?? ''))
    questions.push({
      code: 'windows',
      question: `its containers are ${settings.platformFamily}; exec and one-off commands expect a Linux shell`,
      fix: 'nothing to do for status, logs and deploy',
    });
  return questions;
};

const owner = (tags: Readonly<Record<string, string>>): string | undefined => {
  const stack = tags['aws:cloudformation:stack-name'];
  if (tags['copilot-application'] !== undefined)
    return `Copilot made it (application ${tags['copilot-application']}); its next svc deploy replaces what platform ships`;
  if (stack !== undefined)
    return `CloudFormation or CDK made it (stack ${stack}); the stack’s next update may replace what platform ships`;
  const isTerraform = Object.entries(tags).some(
    ([key, value]) =>
      /^(managed[-_]?by|created[-_]?by|provisioner|terraform)$/i.test(key) &&
      /^(terraform|opentofu|true)$/i.test(value),
  );
  return isTerraform
    ? 'Terraform made it; let it ignore changes of task_definition and desired_count, or its next apply takes them back'
    : undefined;
};

const definitionNotes = (definition: Members, container: string): readonly string[] => {
  const containers = membersOf(definition['containerDefinitions']);
  const others = containers.filter(({ name }) => name !== container);
  const isRouted = containers.some(({ firelensConfiguration }) => isMembers(firelensConfiguration));
  const volumes = membersOf(definition['volumes']).filter((volume) => isMembers(volume['efsVolumeConfiguration']));
  return [
    ...(others.length === 0
      ? []
      : [`sidecars stay as they are, images included: ${others.map(({ name }) => String(name)).join(', ')}`]),
    ...(isRouted ? ['FireLens routes its logs; logs says where they go instead of showing them'] : []),
    ...(volumes.length === 0 ? [] : ['its EFS volumes stay as they are']),
    ...(isMembers(definition['proxyConfiguration']) ? ['its App Mesh proxy stays as it is'] : []),
  ];
};

/** What a newcomer should know and nobody needs to answer. */
export const serviceNotes = ({ settings, record, scaling }: ServiceFacts, container: string): readonly string[] => {
  const maker = owner(settings.tags);
  return [
    ...(maker === undefined ? [] : [maker]),
    ...(scaling === undefined ? [] : [`autoscaling keeps it between ${scaling.min} and ${scaling.max} tasks`]),
    ...(settings.hasServiceConnect ? ['Service Connect stays as it is; platform does not manage it'] : []),
    ...(settings.serviceRegistries > 0 ? ['its Cloud Map registration stays as it is'] : []),
    ...(settings.desired === 0 ? ['it is asleep: desired count 0'] : []),
    ...definitionNotes(record?.definition ?? {}, container),
  ];
};

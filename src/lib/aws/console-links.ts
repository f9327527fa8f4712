/**
 * Addresses in the AWS console, for people to click. Pure: region, account and names in, https URL out. Every name is
 * encoded as one segment, so whatever a tag or an event holds, the link stays on AWS's own host. A link names things; it
 * never carries a value of theirs.
 */
import { partitionOf } from '../config/partition.js';

export interface ConsolePlace {
  readonly region: string;
  readonly account: string;
}

const hosts: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

const regionPattern = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** A name as one path segment. `.` and `..` mean a folder even when they are encoded, and nothing in AWS is called so. */
const segment = (text: string): string =>
  /^\.{0,2}$/.test(text) ? '_' : encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')).replace(/[!'()*]/g, percent);

const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/** CloudWatch's own notation after the `#`: encoded twice, and `$` for the outer percent sign. */
const fragment = (text: string): string => segment(segment(text)).replaceAll('%', '$');

const base = ({ region }: ConsolePlace): string => {
  // A region comes from configuration; one that is none must not become a host.
  const safe = regionPattern.test(region) ? region : 'us-east-1';
  return `https://${safe}.${hosts[partitionOf(safe)] ?? 'console.aws.amazon.com'}`;
};

interface Address {
  readonly segments: readonly string[];
  readonly fragment?: string;
}

const url = (at: ConsolePlace, { segments, fragment: hash }: Address): string => {
  const path = segments.map(segment).join('/');
  return `${base(at)}/${path}?region=${segment(at.region)}${hash === undefined ? '' : `#${hash}`}`;
};

const clusterPath = (cluster: string): readonly string[] => ['ecs', 'v2', 'clusters', cluster];

export const clusterLink = (at: ConsolePlace, cluster: string): string =>
  url(at, { segments: [...clusterPath(cluster), 'services'] });

export interface ServiceAddress {
  readonly cluster: string;
  /** Name in ECS: `shop-staging-api`. */
  readonly serviceName: string;
}

export type ServiceTab = 'health' | 'deployments' | 'events' | 'tasks';

export const serviceLink = (at: ConsolePlace, service: ServiceAddress & { readonly tab?: ServiceTab }): string =>
  url(at, {
    segments: [...clusterPath(service.cluster), 'services', service.serviceName, service.tab ?? 'health'],
  });

export const taskLink = (at: ConsolePlace, task: { readonly cluster: string; readonly taskId: string }): string =>
  url(at, { segments: [...clusterPath(task.cluster), 'tasks', task.taskId, 'configuration'] });

export const taskDefinitionLink = (
  at: ConsolePlace,
  release: { readonly family: string; readonly revision: number },
): string =>
  url(at, { segments: ['ecs', 'v2', 'task-definitions', release.family, String(release.revision), 'containers'] });

const cloudwatch = (at: ConsolePlace, hash: string): string =>
  url(at, { segments: ['cloudwatch', 'home'], fragment: hash });

export const logGroupLink = (at: ConsolePlace, group: string): string =>
  cloudwatch(at, `logsV2:log-groups/log-group/${fragment(group)}`);

export const logStreamLink = (at: ConsolePlace, stream: { readonly group: string; readonly stream: string }): string =>
  cloudwatch(at, `logsV2:log-groups/log-group/${fragment(stream.group)}/log-events/${fragment(stream.stream)}`);

export const alarmLink = (at: ConsolePlace, alarm: string): string =>
  cloudwatch(at, `alarmsV2:alarm/${segment(alarm)}`);

export const alarmsLink = (at: ConsolePlace): string => cloudwatch(at, 'alarmsV2:');

/** `repository` is ECR's own name for it, which may hold slashes. */
export const repositoryLink = (at: ConsolePlace, repository: string): string =>
  url(at, { segments: ['ecr', 'repositories', 'private', at.account, ...repository.split('/')] });

export const imageLink = (at: ConsolePlace, image: { readonly repository: string; readonly digest: string }): string =>
  url(at, {
    segments: [
      'ecr',
      'repositories',
      'private',
      at.account,
      ...image.repository.split('/'),
      '_',
      'image',
      image.digest,
      'details',
    ],
  });

/** The page that describes a parameter; the value is shown there to whoever may read it, never in the link. */
export const parameterLink = (at: ConsolePlace, name: string): string =>
  url(at, {
    segments: ['systems-manager', 'parameters', ...name.split('/').filter((part) => part !== ''), 'description'],
  });

const arnPattern = /^arn:aws[a-z-]*:[a-z-]+:([a-z0-9-]+):(\d{12}):(.+)$/;

interface ArnParts extends ConsolePlace {
  readonly resource: readonly string[];
}

const partsOf = (arn: string): ArnParts | undefined => {
  const [, region, account, resource] = arnPattern.exec(arn) ?? [];
  if (region === undefined || account === undefined || resource === undefined) return undefined;
  return { region, account, resource: resource.split('/') };
};

/** `…:service-deployment/shop-staging/shop-staging-api/abc` → the service's deployments. */
export const deploymentPageOf = (arn: string): string | undefined => {
  const parts = partsOf(arn);
  const [kind, cluster, serviceName] = parts?.resource ?? [];
  if (parts === undefined || kind !== 'service-deployment' || !cluster || !serviceName) return undefined;
  return serviceLink(parts, { cluster, serviceName, tab: 'deployments' });
};

/** `…:task-definition/shop-staging-api:12` → that revision. */
export const taskDefinitionPageOf = (arn: string): string | undefined => {
  const parts = partsOf(arn);
  const [kind, name = ''] = parts?.resource ?? [];
  const [, family, revision] = /^([\w-]+):(\d+)$/.exec(name) ?? [];
  if (parts === undefined || kind !== 'task-definition' || family === undefined) return undefined;
  return taskDefinitionLink(parts, { family, revision: Number(revision) });
};

/** The only links that are ever drawn or opened: https, on a console host of AWS, nothing before the host. */
export const isConsoleLink = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, username, password } = new URL(text);
  const isOurs = Object.values(hosts).some((host) => hostname === host || hostname.endsWith(`.${host}`));
  return protocol === 'https:' && isOurs && port === '' && username === '' && password === '';
};

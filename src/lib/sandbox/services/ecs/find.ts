/** Finding clusters, services, task definitions and tasks by name or ARN, with AWS's refusals. */
import type { Place } from '../neighbours.js';
import { clientError, clusterNotFound, invalidParameter, serviceNotFound } from './errors.js';
import {
  type ClusterState,
  ecsState,
  lastPart,
  own,
  type ServiceState,
  type StoredTaskDefinition,
  type TaskState,
} from './state.js';

export const clusterName = (cluster: string | undefined): string => lastPart(cluster ?? 'default');

export const findCluster = (place: Place, cluster: string | undefined): ClusterState => {
  const found = own(ecsState(place).clusters, clusterName(cluster));
  if (found?.status !== 'ACTIVE') throw clusterNotFound();
  return found;
};

export const serviceKey = (cluster: string, service: string): string => `${cluster}/${lastPart(service)}`;

export const findService = (
  place: Place,
  ask: { readonly cluster?: string | undefined; readonly service: string | undefined },
): ServiceState => {
  if (!ask.service) throw invalidParameter('Service cannot be empty.');
  const cluster = findCluster(place, ask.cluster ?? clusterOfArn(ask.service));
  const found = own(ecsState(place).services, serviceKey(cluster.name, ask.service));
  if (!found) throw serviceNotFound();
  return found;
};

/** `arn:…:service/<cluster>/<name>` → cluster */
const clusterOfArn = (arn: string): string | undefined => (arn.startsWith('arn:') ? arn.split('/').at(-2) : undefined);

const referencePattern = /^[\w-]+(:\d+)?$/;

/** By ARN, `family:revision`, or `family` for its newest active revision. */
export const lookUpTaskDefinition = (place: Place, reference: string): StoredTaskDefinition | undefined => {
  const name = lastPart(reference);
  if (!referencePattern.test(name)) return undefined;
  const [family = '', revision] = name.split(':');
  const found = own(ecsState(place).families, family);
  if (!found) return undefined;
  if (revision !== undefined) return own(found.revisions, revision);
  return Object.values(found.revisions)
    .filter((definition) => definition.status === 'ACTIVE')
    .at(-1);
};

/** A task definition that tasks are to be made of. */
export const usableTaskDefinition = (place: Place, reference: string | undefined): StoredTaskDefinition => {
  if (!reference) throw invalidParameter('TaskDefinition cannot be empty.');
  const found = lookUpTaskDefinition(place, reference);
  if (!found) throw clientError('TaskDefinition not found.');
  if (found.status !== 'ACTIVE') throw clientError('TaskDefinition is inactive');
  return found;
};

/** Undefined when there is no such task in the cluster, or it stopped more than an hour ago. */
export const lookUpTask = (
  place: Place,
  ask: { readonly cluster: string; readonly task: string },
): TaskState | undefined => {
  const task = own(ecsState(place).tasks, lastPart(ask.task));
  return task?.cluster === ask.cluster ? task : undefined;
};

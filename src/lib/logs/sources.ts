/**
 * From live task definitions to what can be read: log groups, and for each of their streams the service, container and
 * task that writes it. Every container counts, side-cars too. Pure; observe-sources.ts asks AWS.
 */
import { type Destination, destinationOf, type LogConfiguration } from './destinations.js';
import type { Origin } from './model.js';

export interface ContainerSource {
  readonly service: string;
  readonly container: string;
  readonly destination: Destination;
}

/** A group in a region with everyone who writes to it. */
export interface GroupSource {
  readonly region: string;
  readonly group: string;
  readonly writers: readonly Writer[];
}

export interface Writer {
  readonly service: string;
  /** Absent for the configured group of a service whose task definition says nothing. */
  readonly container?: string;
  readonly prefix?: string;
  /** The group is the service's own: streams that no container explains (one-off tasks) are shown as its. */
  readonly isOwner: boolean;
}

interface ContainerDefinition {
  readonly name?: string;
  readonly logConfiguration?: LogConfiguration;
}

export const containerSources = (
  service: string,
  definition: Readonly<Record<string, unknown>>,
): readonly ContainerSource[] => {
  const containers = (definition['containerDefinitions'] ?? []) as readonly ContainerDefinition[];
  const needs = (definition['requiresCompatibilities'] ?? definition['compatibilities'] ?? []) as readonly string[];
  const launch = needs.includes('FARGATE') ? 'fargate' : 'ec2';
  return containers.map((container) => ({
    service,
    container: container.name ?? '',
    destination: destinationOf(container.logConfiguration, launch),
  }));
};

export interface ServiceLogs {
  readonly service: string;
  /** `logGroup` of platform.yaml, or its default. */
  readonly configuredGroup: string;
  /** Of every task definition that runs; empty when the service is not there. */
  readonly containers: readonly ContainerSource[];
}

/** Groups to read, in the order of the services. A service that names no group anywhere gets its configured one. */
export const groupsOf = (services: readonly ServiceLogs[], region: string): readonly GroupSource[] => {
  const groups = new Map<string, GroupSource & { readonly writers: Writer[] }>();
  const add = (at: { readonly region: string; readonly group: string }, writer: Writer): void => {
    const key = `${at.region}/${at.group}`;
    const known = groups.get(key) ?? { ...at, writers: [] };
    groups.set(key, known);
    const isKnown = known.writers.some(
      (other) =>
        other.service === writer.service && other.container === writer.container && other.prefix === writer.prefix,
    );
    if (!isKnown) known.writers.push(writer);
  };
  for (const { service, configuredGroup, containers } of services) {
    const isSaid = containers.length > 0;
    if (!isSaid) add({ region, group: configuredGroup }, { service, isOwner: true });
    for (const { container, destination } of containers) {
      if (destination.kind !== 'group') continue;
      const { group, prefix } = destination;
      add(
        { region: destination.region ?? region, group },
        { service, container, isOwner: group === configuredGroup, ...(prefix === undefined ? {} : { prefix }) },
      );
    }
  }
  return [...groups.values()];
};

export interface OriginFilter {
  /** Beginning of a task id. */
  readonly task?: string | undefined;
  readonly container?: string | undefined;
}

/** Finds the origin of a stream once and remembers it; `undefined` for streams of others and those not asked for. */
export const originFinder = (
  source: GroupSource,
  filter: OriginFilter = {},
): ((stream: string) => Origin | undefined) => {
  const known = new Map<string, Origin | undefined>();
  return (stream) => {
    if (known.has(stream)) return known.get(stream);
    const origin = originOf(source, stream);
    const isWanted =
      origin !== undefined &&
      (filter.task === undefined || origin.task?.startsWith(filter.task) === true) &&
      (filter.container === undefined || origin.container === filter.container);
    known.set(stream, isWanted ? origin : undefined);
    return isWanted ? origin : undefined;
  };
};

const originOf = ({ group, writers }: GroupSource, stream: string): Origin | undefined => {
  const parts = stream.split('/');
  const [task, container] = [parts.at(-1), parts.at(-2)];
  const exact = writers.filter((writer) => isBy(writer, stream));
  const owners = writers.filter((writer) => writer.isOwner || writer.prefix === undefined);
  const found = exact.length > 0 ? exact : owners;
  if (found.length === 0) return undefined;
  const service = [...new Set(found.map((writer) => writer.service))].join('|');
  return {
    service,
    group,
    stream,
    ...(parts.length >= 2 && container ? { container } : {}),
    ...(task ? { task } : {}),
  };
};

const isBy = ({ prefix, container }: Writer, stream: string): boolean =>
  prefix !== undefined && container !== undefined && stream.startsWith(`${prefix}/${container}/`);

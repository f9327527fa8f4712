/** All services of a cluster, mapped together: one entrance, no path twice, families that are shared. Pure. */

import { chooseEntrance } from './map-routing.js';
import { mapService } from './map-service.js';
import type { AdoptedService, ClusterFacts, Entrance, LeftOut, Names, Question } from './model.js';

export interface Adoption {
  readonly facts: ClusterFacts;
  readonly names: Names;
  readonly entrance: Entrance | undefined;
  /** By name. */
  readonly services: readonly AdoptedService[];
  readonly leftOut: readonly LeftOut[];
  /** Those of the whole environment; a service has its own. */
  readonly questions: readonly Question[];
}

export const mapCluster = (facts: ClusterFacts, names: Names): Adoption => {
  const chosen = facts.services.filter(({ settings }) => names.services.has(settings.name));
  const entrance = chooseEntrance(
    facts.routing,
    chosen.map(({ settings }) => settings),
  );
  const mapped = facts.services.map((service) => mapService(service, { facts, names, entrance }));
  const adopted = mapped
    .flatMap((each) => (each.kind === 'adopted' ? [each.service] : []))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    facts,
    names,
    entrance,
    services: withSharedFamilies(withOwnPaths(adopted)),
    leftOut: mapped.flatMap((each) =>
      each.kind === 'left-out' ? [{ serviceName: each.serviceName, why: each.why }] : [],
    ),
    questions: [...names.questions.filter(({ service }) => service === undefined), ...facts.gaps.map(gapQuestion)],
  };
};

const gapQuestion = ({ what, why }: ClusterFacts['gaps'][number]): Question => {
  switch (what) {
    case 'load-balancers':
      return {
        code: what,
        question: `the load balancers could not be asked, so ports, health paths and paths are missing: ${why}`,
        fix: 'allow elasticloadbalancing:Describe*, and adopt again',
      };
    case 'autoscaling':
      return {
        code: what,
        question: `autoscaling could not be asked, so nobody knows here which services scale by themselves: ${why}`,
        fix: 'allow application-autoscaling:DescribeScalableTargets, and adopt again',
      };
    case 'registry':
      return {
        code: what,
        question: `ECR could not be asked whether the repositories exist: ${why}`,
        fix: 'allow ecr:DescribeRepositories, and adopt again',
      };
  }
};

/** platform.yaml refuses two services behind one path; AWS has hosts and headers to tell them apart. */
const withOwnPaths = (services: readonly AdoptedService[]): readonly AdoptedService[] => {
  const owners = new Map<string, string>();
  return services.map((service) => {
    if (service.port === undefined) return service;
    const path = service.path?.value ?? '/';
    const owner = owners.get(path);
    if (owner === undefined) {
      owners.set(path, service.name);
      return service;
    }
    const { port: _port, path: _path, healthPath: _healthPath, ...rest } = service;
    return {
      ...rest,
      questions: [
        ...service.questions,
        {
          code: 'routing',
          service: service.name,
          question: `its path ${path} on the load balancer is also ${owner}’s, and platform.yaml gives a path to one service`,
          fix: 'nothing to do for deploys; port and path are left out, which a rehearsal in the sandbox would need',
        },
      ],
    };
  });
};

const withSharedFamilies = (services: readonly AdoptedService[]): readonly AdoptedService[] =>
  services.map((service) => {
    const others = services.filter((other) => other !== service && other.family.value === service.family.value);
    if (others.length === 0) return service;
    const names = others.slice(0, 5).map(({ name }) => name);
    return {
      ...service,
      questions: [
        ...service.questions,
        {
          code: 'family',
          service: service.name,
          question: `its task definition family ${service.family.value} is also that of ${names.join(', ')}: releases of one show up among the other’s`,
          fix: `give it its own: services.${service.name}.family, or leave it out to take the service’s name`,
        },
      ],
    };
  });

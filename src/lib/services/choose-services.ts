/** Which services a command means, and in which order they change. Pure. */

import { suggest } from '../config/diagnostics.js';
import type { ResolvedService } from '../config/project.js';
import { PlatformError } from '../errors/platform-error.js';

/** In the order of platform.yaml; all of them when none is named. */
export const chooseServices = (
  all: readonly ResolvedService[],
  names: readonly string[],
): readonly ResolvedService[] => {
  const known = all.map((service) => service.name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const hint = suggest(name, known);
    throw new PlatformError('E_NOT_FOUND', `there is no service ${name} in platform.yaml`, {
      hints: hint === undefined ? [`services: ${known.join(', ')}`] : [hint],
      details: { service: name, services: known },
    });
  }
  return names.length === 0 ? all : all.filter((service) => names.includes(service.name));
};

/** Dependencies first. Cycles are refused when platform.yaml is loaded; here a service is simply visited once. */
export const inDependencyOrder = (services: readonly ResolvedService[]): readonly ResolvedService[] => {
  const byName = new Map(services.map((service) => [service.name, service]));
  const ordered = new Map<string, ResolvedService>();
  const visiting = new Set<string>();
  const visit = (service: ResolvedService): void => {
    if (visiting.has(service.name)) return;
    visiting.add(service.name);
    for (const need of service.dependsOn) {
      const needed = byName.get(need);
      if (needed) visit(needed);
    }
    ordered.set(service.name, service);
  };
  for (const service of services) visit(service);
  return [...ordered.values()];
};

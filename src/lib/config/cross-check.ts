/** What a schema cannot say: references between parts of platform.yaml, and paths. Reads nothing but the file system's names. */
import { type Path, quoted, suggest } from './diagnostics.js';
import type { Diagnostic, Position, ProjectFile } from './project.js';
import { projectPath } from './project-path.js';
import type { PlatformConfig, ServiceConfig } from './schema.js';

interface Checked {
  readonly project: ProjectFile;
  readonly config: PlatformConfig;
}

const error = (options: {
  readonly at: Position;
  readonly message: string;
  readonly hint?: string | undefined;
}): Diagnostic => ({
  severity: 'error',
  message: options.message,
  at: options.at,
  ...(options.hint === undefined ? {} : { hint: options.hint }),
});

const checkDefaultEnvironment = ({ project, config }: Checked): readonly Diagnostic[] => {
  const chosen = config.defaultEnvironment;
  const names = Object.keys(config.environments);
  if (chosen === undefined || names.includes(chosen)) return [];
  const at = project.positionOf(['defaultEnvironment']);
  return [error({ at, message: `defaultEnvironment ${quoted(chosen)} does not exist`, hint: suggest(chosen, names) })];
};

const checkDependencies = ({ project, config }: Checked): readonly Diagnostic[] => {
  const names = Object.keys(config.services);
  return Object.entries(config.services).flatMap(([name, service]) =>
    (service.dependsOn ?? []).flatMap((other, index) => {
      if (names.includes(other)) return [];
      const at = project.positionOf(['services', name, 'dependsOn', index]);
      const message = `services.${name} depends on ${quoted(other)}, which does not exist`;
      return [error({ at, message, hint: suggest(other, names) })];
    }),
  );
};

/** One diagnostic per cycle, at the service that closes it. */
const checkCycles = ({ project, config }: Checked): readonly Diagnostic[] => {
  const done = new Set<string>();
  const found: Diagnostic[] = [];
  // Iterative, because a chain may be as long as the file allows.
  for (const start of Object.keys(config.services)) {
    const trail: { name: string; next: number }[] = done.has(start) ? [] : [{ name: start, next: 0 }];
    while (trail.length > 0) {
      const top = trail.at(-1);
      if (top === undefined) break;
      const others = config.services[top.name]?.dependsOn ?? [];
      const other = others[top.next];
      top.next += 1;
      if (other === undefined) {
        done.add(top.name);
        trail.pop();
        continue;
      }
      const open = trail.findIndex(({ name }) => name === other);
      if (open >= 0) {
        const circle = [...trail.slice(open).map(({ name }) => name), other].join(' → ');
        const at = project.positionOf(['services', top.name, 'dependsOn', top.next - 1]);
        found.push(error({ at, message: `services depend on each other: ${circle}`, hint: 'remove one dependsOn' }));
      } else if (!done.has(other) && Object.hasOwn(config.services, other)) trail.push({ name: other, next: 0 });
    }
  }
  return found;
};

const checkSmoke = ({ project, config }: Checked): readonly Diagnostic[] =>
  Object.entries(config.services).flatMap(([name, service]) => {
    const smoke = service.smoke;
    if (smoke === undefined || !('url' in smoke) || /^https?:\/\//.test(smoke.url)) return [];
    const at = project.positionOf(['services', name, 'smoke', 'url']);
    if (!smoke.url.startsWith('/'))
      return [error({ at, message: `${quoted(smoke.url)} is neither an http(s) URL nor a path that begins with /` })];
    if (!project.isWritten(['services', name, 'port']))
      return [
        error({
          at,
          message: `services.${name} has no port, so no load balancer that a path could be asked of`,
          hint: 'give the service a port, or write a whole URL',
        }),
      ];
    return Object.entries(config.environments)
      .filter(([, environment]) => environment.loadBalancer === undefined)
      .map(([environment]) =>
        error({
          at,
          message: `smoke needs a load balancer, and environment ${environment} has none`,
          hint: `add environments.${environment}.loadBalancer, or write a whole URL`,
        }),
      );
  });

const checkNames = ({ project, config }: Checked): readonly Diagnostic[] => {
  const seen = new Map<string, string>();
  return Object.entries(config.environments).flatMap(([environment, { cluster, aws }]) =>
    Object.entries(config.services).flatMap(([name, service]) => {
      const ecsName = service.serviceName ?? `${config.project}-${environment}-${name}`;
      const place = `${aws?.account ?? ''} ${aws?.region ?? ''} ${cluster ?? `${config.project}-${environment}`} ${ecsName}`;
      const other = seen.get(place);
      seen.set(place, `services.${name} in ${environment}`);
      if (other === undefined) return [];
      const path: Path = ['services', name, ...(service.serviceName === undefined ? [] : ['serviceName'])];
      const at = service.serviceName === undefined ? project.keyPositionOf(path) : project.positionOf(path);
      return [
        error({
          at,
          message: `ECS service ${quoted(ecsName)} is also ${other}`,
          hint: 'give one of them another serviceName',
        }),
      ];
    }),
  );
};

/** Two services behind one path of a load balancer: only one of them would ever be asked. */
const checkPathPatterns = ({ project, config }: Checked): readonly Diagnostic[] => {
  if (Object.values(config.environments).every((environment) => environment.loadBalancer === undefined)) return [];
  const seen = new Map<string, string>();
  return Object.entries(config.services).flatMap(([name, service]) => {
    if (!project.isWritten(['services', name, 'port'])) return [];
    const other = seen.get(service.path);
    seen.set(service.path, name);
    if (other === undefined) return [];
    const path: Path = ['services', name, 'path'];
    return [
      error({
        at: project.isWritten(path) ? project.positionOf(path) : project.keyPositionOf(['services', name]),
        message: `services.${name} and services.${other} are both behind the path ${quoted(service.path)} of the load balancer`,
        hint: `give one of them a path of its own: services.${name}.path`,
      }),
    ];
  });
};

const pathsOf = (
  name: string,
  service: ServiceConfig,
): readonly { path: Path; written: string; mustExist: 'yes' | 'no' }[] => [
  { path: ['services', name, 'taskDefinition'], written: service.taskDefinition, mustExist: 'yes' },
  ...(service.build === undefined
    ? []
    : [
        { path: ['services', name, 'build', 'context'], written: service.build.context, mustExist: 'no' as const },
        ...(service.build.dockerfile === undefined
          ? []
          : [
              {
                path: ['services', name, 'build', 'dockerfile'],
                written: service.build.dockerfile,
                mustExist: 'no' as const,
              },
            ]),
      ]),
];

const checkPaths = ({ project, config }: Checked): readonly Diagnostic[] =>
  Object.entries(config.services).flatMap(([name, service]) =>
    pathsOf(name, service).flatMap(({ path, written, mustExist }) => {
      const found = projectPath(project.root, written);
      const at = project.positionOf(path);
      // A value that still holds a reference is unset here, which is said elsewhere.
      if (found.kind === 'inside' || written.includes('${{')) return [];
      if (found.kind === 'outside')
        return [
          error({
            at,
            message: `${quoted(written)} leaves the project`,
            hint: 'paths are relative to platform.yaml and stay below it, also through symbolic links',
          }),
        ];
      return mustExist === 'no' ? [] : [error({ at, message: `${quoted(written)} does not exist` })];
    }),
  );

export const checkReferences = (checked: Checked): readonly Diagnostic[] =>
  [
    checkDefaultEnvironment,
    checkDependencies,
    checkCycles,
    checkSmoke,
    checkNames,
    checkPathPatterns,
    checkPaths,
  ].flatMap((check) => check(checked));

/** The loaded project, as everything else sees it. load.ts makes it. Types only. */
import type { EnvironmentConfig, PlatformConfig, ServiceConfig } from './schema.js';

/** Where a value was written: 1-based line and column. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly at?: Position;
  readonly path?: string;
  readonly hint?: string;
}

/** The file as written: where things are. */
export interface ProjectFile {
  /** Absolute folder of platform.yaml. */
  readonly root: string;
  /** Position of a value by its path, for example `['services', 'api', 'port']`; the nearest parent's when it is a default. */
  positionOf(path: readonly (string | number)[]): Position;
  /** Position of a key rather than its value, for what is wrong with the name or missing inside. */
  keyPositionOf(path: readonly (string | number)[]): Position;
  /** Whether the file says it; otherwise the value is a default. */
  isWritten(path: readonly (string | number)[]): boolean;
}

export interface Project extends ProjectFile {
  /** Absolute path of platform.yaml. */
  readonly file: string;
  readonly config: PlatformConfig;
  /** The file with `${{ … }}` as this environment sees it. `config` above is the default environment's view. */
  viewOf(environment: string): ConfigView;
  /** What `${{ env.NAME }}` reads, for the templates too. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ConfigView {
  /** Absent when a value that must be there is unset. */
  readonly config?: PlatformConfig;
  /** One error per unset variable that this environment uses. */
  readonly unset: readonly Diagnostic[];
  /** Environment variables that the value at a path was read from. */
  readFrom(path: readonly (string | number)[]): readonly string[];
}

/** One environment with every default resolved: what commands work with. */
export interface ResolvedEnvironment {
  readonly project: string;
  readonly name: string;
  readonly isProtected: boolean;
  readonly region: string;
  readonly account?: string;
  readonly profile?: string;
  readonly roleArn?: string;
  readonly cluster: string;
  readonly config: EnvironmentConfig;
  readonly services: readonly ResolvedService[];
}

export interface ResolvedService {
  /** Name in platform.yaml: `api`. */
  readonly name: string;
  /** Name in ECS: `shop-staging-api`. */
  readonly serviceName: string;
  /** Task definition family; the service name in ECS unless `family` says otherwise. */
  readonly family: string;
  readonly container: string;
  readonly logGroup: string;
  readonly repository: string;
  readonly deadlineMs: number;
  readonly dependsOn: readonly string[];
  readonly config: ServiceConfig;
}

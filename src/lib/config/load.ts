/**
 * platform.yaml → Project. What it is: find, read, substitute, validate; all errors at once, each with file:line:column.
 * May import: zod and yaml (through schema.ts, yaml-source.ts) and errors. Start reading at loadProject; resolve.ts makes
 * one environment of the project, template.ts a task definition of one of its services, validate.ts checks everything.
 */
import { dirname, relative } from 'node:path';
import { checkReferences } from './cross-check.js';
import { assertValid, configError, type Path, pathKey, tidy } from './diagnostics.js';
import { configFileName, type DiscoverOptions, discoverConfig } from './discover.js';
import type { ConfigView, Diagnostic, Project, ProjectFile } from './project.js';
import type { PlatformConfig } from './schema.js';
import { checkSchema, valueAt } from './schema-check.js';
import {
  configuredVariable,
  environmentVariable,
  type Found,
  isSecretName,
  type Lookup,
  namedValue,
  substitute,
} from './substitute.js';
import { readYaml, type YamlSource } from './yaml-source.js';

export type LoadOptions = DiscoverOptions;

interface Raw {
  readonly source: YamlSource;
  readonly env: LoadOptions['env'];
}

const textMembers = (data: unknown, path: Path): Readonly<Record<string, unknown>> => {
  const value = valueAt(data, path);
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
};

const listed = (data: unknown): readonly string[] => {
  const value = valueAt(data, ['variables']);
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
};

type Variables = (environment: string) => Readonly<Record<string, unknown>>;

/** The environments' own `variables:`, each substituted once. They may read the environment, but not other vars. */
const variablesOf = (raw: Raw): Variables => {
  const known = new Map<string, Readonly<Record<string, unknown>>>();
  return (environment) => {
    const path = ['environments', environment, 'variables'];
    const values =
      known.get(environment) ??
      (substitute({
        data: textMembers(raw.source.data, path),
        lookupFor: () => scopeFor({ raw, environment, path }),
        at: raw.source.positionOf,
      }).data as Readonly<Record<string, unknown>>);
    known.set(environment, values);
    return values;
  };
};

/** What `${{ … }}` means in platform.yaml. Where there are no `variables`, `vars` is no name. */
const scopeFor = (options: {
  readonly raw: Raw;
  readonly environment: string | undefined;
  readonly path: Path;
  readonly variables?: Variables;
}): Lookup => {
  const { raw, environment, path, variables } = options;
  const isVariable = path[0] === 'environments' && path[2] === 'variables';
  return (reference): Found => {
    const [head, ...rest] = reference.split('.');
    const name = rest.join('.');
    if (head === 'env') return environmentVariable({ name, listed: listed(raw.source.data), env: raw.env });
    if (environment === undefined) return { kind: 'refused', message: `\${{ ${reference} }} has no environment here` };
    if (head === 'vars' && !isVariable && variables !== undefined)
      return configuredVariable({ name, environment, values: variables(environment) });
    return namedValue(reference, { 'environment.name': environment });
  };
};

interface LoadedView extends ConfigView {
  readonly diagnostics: readonly Diagnostic[];
  /** The config as far as it is valid. */
  readonly partial?: PlatformConfig;
}

/** platform.yaml as one environment sees it. Other environments' own sections keep their own meaning. */
const viewOf = (raw: Raw, environment: string | undefined): LoadedView => {
  const { source } = raw;
  const variables = variablesOf(raw);
  const substituted = substitute({
    data: source.data,
    at: source.positionOf,
    lookupFor: (path) => {
      if (path[0] === 'variables') return undefined;
      const own = path[0] === 'environments' ? String(path[1]) : path[0] === 'services' ? environment : undefined;
      return scopeFor({ raw, environment: own, path, variables });
    },
  });
  const checked = checkSchema({ source, substituted });
  const concerns = ({ path }: { readonly path: Path }): boolean =>
    path[0] !== 'environments' || environment === undefined || path[1] === environment;
  const unset = [...substituted.unset.values()].filter(concerns).flatMap(({ diagnostics }) => diagnostics);
  const readFrom = (path: Path): readonly string[] => substituted.read.get(pathKey(path)) ?? [];
  if (checked.kind === 'valid')
    return { config: checked.config, partial: checked.config, unset, readFrom, diagnostics: substituted.diagnostics };
  const diagnostics = [...substituted.diagnostics, ...checked.diagnostics];
  // Nobody acts on it: loadProject throws when there is a diagnostic.
  const part = checked.partial === undefined ? {} : { config: checked.partial, partial: checked.partial };
  return { unset, readFrom, diagnostics, ...part };
};

const checkVariables = ({ source }: Raw): readonly Diagnostic[] =>
  listed(source.data).flatMap((name, index) =>
    isSecretName(name)
      ? [
          {
            severity: 'error' as const,
            message: `variables may not list ${name}`,
            at: source.positionOf(['variables', index]),
            hint: 'AWS_*, *SECRET*, *TOKEN* and *PASSWORD* are credentials: use `secrets:` of a service',
          },
        ]
      : [],
  );

// Each environment has a view of the whole file; a bomb of environments must not multiply.
const maxEnvironments = 32;

export interface Inspected {
  readonly file: string;
  /** Everything that is wrong whatever the environment. */
  readonly diagnostics: readonly Diagnostic[];
  /** Unset variables of all environments. */
  readonly unset: readonly Diagnostic[];
  /** With errors it holds only what is valid: enough to look for more of them, never to act on. */
  readonly project?: Project;
}

const inspectViews = (options: { readonly raw: Raw; readonly root: string; readonly names: readonly string[] }) => {
  const { raw, root, names } = options;
  const { source } = raw;
  const views = new Map(names.map((name) => [name, viewOf(raw, name)]));
  if (views.size === 0) views.set('', viewOf(raw, undefined));
  const context: ProjectFile = {
    root,
    isWritten: source.has,
    positionOf: source.positionOf,
    keyPositionOf: source.keyPositionOf,
  };
  const diagnostics = [...views.values()].flatMap(({ diagnostics: own, partial }) => [
    ...own,
    ...(partial === undefined ? [] : checkReferences({ project: context, config: partial })),
  ]);
  return { views, context, diagnostics };
};

/** Reads and checks without throwing for what is wrong in the file; E_NO_CONFIG when there is none. */
export const inspectProject = (options: LoadOptions): Inspected => {
  const path = discoverConfig(options);
  const root = dirname(path);
  const file = relative(root, path) || configFileName;
  const source = readYaml({ absolute: path, file });
  if (source.diagnostics.length > 0) return { file, diagnostics: source.diagnostics, unset: [] };
  const raw: Raw = { source, env: options.env };
  const names = Object.keys(textMembers(source.data, ['environments']));
  if (names.length > maxEnvironments) {
    const message = `more than ${maxEnvironments} environments`;
    return { file, diagnostics: [{ severity: 'error', message, at: source.positionOf(['environments']) }], unset: [] };
  }
  const { views, context, diagnostics } = inspectViews({ raw, root, names });
  const wanted = valueAt(source.data, ['defaultEnvironment']);
  const main = typeof wanted === 'string' ? views.get(wanted) : undefined;
  const config = (main ?? [...views.values()][0])?.partial;
  const common = {
    file,
    diagnostics: tidy([...checkVariables(raw), ...diagnostics]),
    unset: tidy([...views.values()].flatMap(({ unset }) => unset)),
  };
  if (config === undefined) return common;
  const nothing: ConfigView = { unset: [], readFrom: () => [] };
  const viewFor = (name: string): ConfigView => views.get(name) ?? nothing;
  return { ...common, project: { ...context, file: path, config, viewOf: viewFor, env: options.env } };
};

/** Throws E_NO_CONFIG, or E_CONFIG with every diagnostic. Unset variables are the business of who needs the value. */
export const loadProject = (options: LoadOptions): Project => {
  const { file, diagnostics, unset, project } = inspectProject(options);
  assertValid(file, diagnostics);
  // Without a diagnostic and without a config: a value that must be there is unset.
  if (project === undefined) throw configError(file, unset);
  return project;
};

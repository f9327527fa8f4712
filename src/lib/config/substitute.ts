/**
 * `${{ name }}` in scalars of parsed YAML: never in keys, never in text before parsing, never twice. What a name means is
 * the caller's lookup; unset names are kept apart because they matter only where the value is needed. Pure.
 */
import { type Path, pathKey, quoted, suggest } from './diagnostics.js';
import type { Diagnostic, Position } from './project.js';

export type Found =
  | { readonly kind: 'value'; readonly value: string; readonly env?: string }
  /** Allowed, but there is no value now. */
  | { readonly kind: 'unset'; readonly message: string; readonly hint?: string }
  | { readonly kind: 'refused'; readonly message: string; readonly hint?: string };

export type Lookup = (reference: string) => Found;

export interface Substituted {
  readonly data: unknown;
  /** Wrong wherever it is used. */
  readonly diagnostics: readonly Diagnostic[];
  /** Unset references by path: an error only for who needs the value. */
  readonly unset: ReadonlyMap<string, { readonly path: Path; readonly diagnostics: readonly Diagnostic[] }>;
  /** Paths with a reference that has no value, for either reason: nothing more need be said about them. */
  readonly failed: ReadonlySet<string>;
  /** Paths whose scalar held a reference, and the environment variables that were read for it. */
  readonly read: ReadonlyMap<string, readonly string[]>;
}

export interface SubstituteOptions {
  readonly data: unknown;
  readonly lookupFor: (path: Path) => Lookup | undefined;
  readonly at: (path: Path) => Position;
}

const opening = '${{';
const reference = /\$\{\{\s*([^{}]*?)\s*\}\}/g;
const wellFormed = /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$/;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const secretNames = /^AWS_|SECRET|TOKEN|PASSWORD/i;

/** Names that `variables:` may not list: their values are credentials, and configuration is shown and stored. */
export const isSecretName = (name: string): boolean => secretNames.test(name);

/** A reference is short and its value may be long: bounded, so that a small file stays small. */
const maximum = { references: 2_000, characters: 1024 * 1024 };

const afford = (budget: {
  references: number;
  readonly characters: number;
}): Exclude<Found, { kind: 'value' }> | undefined => {
  budget.references -= 1;
  if (budget.references < 0) return { kind: 'refused', message: `more than ${maximum.references} references` };
  return budget.characters < 0
    ? { kind: 'refused', message: 'references stand for more than 1 MiB of text' }
    : undefined;
};

export const substitute = (options: SubstituteOptions): Substituted => {
  const diagnostics: Diagnostic[] = [];
  const unset = new Map<string, { path: Path; diagnostics: Diagnostic[] }>();
  const failed = new Set<string>();
  const budget = { ...maximum };
  const read = new Map<string, readonly string[]>();

  const report = (path: Path, found: Exclude<Found, { kind: 'value' }>): void => {
    const isRepeated = failed.has(pathKey(path)) && budget.references < 0;
    failed.add(pathKey(path));
    if (isRepeated) return;
    const one: Diagnostic = {
      severity: 'error',
      message: found.message,
      at: options.at(path),
      ...(found.hint === undefined ? {} : { hint: found.hint }),
    };
    if (found.kind === 'refused') {
      diagnostics.push(one);
      return;
    }
    const entry = unset.get(pathKey(path)) ?? { path, diagnostics: [] };
    entry.diagnostics.push(one);
    unset.set(pathKey(path), entry);
  };

  const scalar = (text: string, path: Path): string => {
    if (!text.includes(opening)) return text;
    const lookup = options.lookupFor(path);
    if (lookup === undefined) return text;
    const variables: string[] = [];
    const result = text.replace(reference, (whole, name: string) => {
      const found = afford(budget) ?? (wellFormed.test(name) ? lookup(name) : malformed(whole));
      if (found.kind !== 'value') {
        report(path, found);
        return whole;
      }
      budget.characters -= found.value.length;
      if (found.env !== undefined) variables.push(found.env);
      return found.value;
    });
    read.set(pathKey(path), variables);
    // What is left over from the original text, not from a value.
    if (text.replace(reference, '').includes(opening)) report(path, malformed(text));
    return result;
  };

  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return scalar(value, path);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member, [...path, key])]));
  };

  return { data: walk(options.data, []), diagnostics, unset, failed, read };
};

const malformed = (text: string): Exclude<Found, { kind: 'value' }> => ({
  kind: 'refused',
  message: `malformed reference ${quoted(text)}`,
  hint: 'write ${{ vars.NAME }}, ${{ env.NAME }} or ${{ environment.name }}',
});

/** `env.NAME`: only what `variables:` lists, and never a credential. */
export const environmentVariable = (options: {
  readonly name: string;
  readonly listed: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}): Found => {
  const { name, listed, env } = options;
  if (!variableName.test(name)) return malformed(`\${{ env.${name} }}`);
  if (isSecretName(name))
    return { kind: 'refused', message: `env.${name} may not be read`, hint: 'credentials belong under `secrets:`' };
  if (!listed.includes(name))
    return { kind: 'refused', message: `env.${name} is not listed`, hint: `add ${name} to \`variables:\`` };
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined)
    return { kind: 'unset', message: `environment variable ${name} is not set`, hint: `export ${name}=…` };
  return { kind: 'value', value, env: name };
};

/** `vars.NAME`: the environment's own `variables:`. */
export const configuredVariable = (options: {
  readonly name: string;
  readonly environment: string;
  readonly values: Readonly<Record<string, unknown>>;
}): Found => {
  const { name, environment, values } = options;
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (typeof value === 'string') return { kind: 'value', value };
  return {
    kind: 'unset',
    message: `vars.${name} is not defined for environment ${environment}`,
    hint: suggest(name, Object.keys(values)) ?? `add it under environments.${environment}.variables`,
  };
};

/** A closed list of names, for `service.*`, `environment.*` and the rest. */
export const namedValue = (name: string, values: Readonly<Record<string, string | undefined>>): Found => {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value !== undefined) return { kind: 'value', value };
  if (Object.hasOwn(values, name)) return { kind: 'unset', message: `${name} has no value here` };
  return {
    kind: 'refused',
    message: `unknown reference ${quoted(name)}`,
    hint: suggest(name, [...Object.keys(values), 'env.NAME', 'vars.NAME']) ?? '',
  };
};

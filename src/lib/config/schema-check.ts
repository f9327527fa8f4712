/** Runs the zod schema over substituted data and says every issue with its position and a hint. Pure. */
import { z } from 'zod';
import { type Path, pathKey, pathText, quoted, suggest } from './diagnostics.js';
import type { Diagnostic } from './project.js';
import { configSchema, type PlatformConfig } from './schema.js';
import type { Substituted } from './substitute.js';
import type { YamlSource } from './yaml-source.js';

export type Checked =
  | { readonly kind: 'valid'; readonly config: PlatformConfig }
  /** `partial` is what is left without the wrong parts, so that cross checks can be said in the same go. */
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[]; readonly partial?: PlatformConfig };

type Issue = z.core.$ZodIssue;
type JsonSchema = { readonly [key: string]: unknown };

const toPath = (path: readonly PropertyKey[]): Path =>
  path.map((part) => (typeof part === 'number' ? part : String(part)));

export const valueAt = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, part) => {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return undefined;
    return (value as Record<string | number, unknown>)[part];
  }, data);

/** A union's issues are those of the branch that comes nearest to what was written. */
const flatten = (issue: Issue, prefix: readonly PropertyKey[] = []): readonly Issue[] => {
  const path = [...prefix, ...issue.path];
  if (issue.code !== 'invalid_union') return [{ ...issue, path }];
  const branches = issue.errors.map((branch) => branch.flatMap((one) => flatten(one, path)));
  const weight = (branch: readonly Issue[]): number =>
    branch.reduce((sum, one) => sum + (one.code === 'unrecognized_keys' ? one.keys.length : 1), 0);
  const best = [...branches].sort((a, b) => weight(a) - weight(b))[0];
  return best === undefined || best.length === 0 ? [{ ...issue, path }] : best;
};

/** Schema-directed: only where a number or a boolean is asked for and a reference stood there. */
const coerced = (value: unknown, expected: string): unknown => {
  if (typeof value !== 'string') return value;
  if ((expected === 'number' || expected === 'int') && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  if (expected === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
};

const replaceAt = (options: { data: unknown; path: Path; value: unknown }): unknown => {
  const { data, path, value } = options;
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(data))
    return data.map((item, index) => (index === head ? replaceAt({ data: item, path: rest, value }) : item));
  if (data === null || typeof data !== 'object') return data;
  const record = data as Record<string, unknown>;
  const member = replaceAt({ data: record[String(head)], path: rest, value });
  if (member !== undefined) return { ...record, [head]: member };
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== head));
};

/**
 * What substitution alone can explain is repaired first: text for a number is converted, and a value that has a failed reference
 * is taken out, so that it is reported once (as unset) and only to who needs it.
 */
const repair = (options: { data: unknown; issues: readonly Issue[]; substituted: Substituted }): unknown => {
  let data = options.data;
  for (const issue of options.issues) {
    const path = toPath(issue.path);
    if (options.substituted.failed.has(pathKey(path))) data = replaceAt({ data, path, value: undefined });
    else if (issue.code === 'invalid_type' && options.substituted.read.has(pathKey(path)))
      data = replaceAt({ data, path, value: coerced(valueAt(data, path), issue.expected) });
  }
  return data;
};

export const checkSchema = (options: { readonly source: YamlSource; readonly substituted: Substituted }): Checked => {
  const first = configSchema.safeParse(options.substituted.data);
  if (first.success) return { kind: 'valid', config: first.data };
  const issues = first.error.issues.flatMap((issue) => flatten(issue));
  const data = repair({ data: options.substituted.data, issues, substituted: options.substituted });
  const second = configSchema.safeParse(data);
  if (second.success) return { kind: 'valid', config: second.data };
  const left = second.error.issues
    .flatMap((issue) => flatten(issue))
    .filter((issue) => !options.substituted.failed.has(pathKey(toPath(issue.path))));
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }) as JsonSchema;
  const explained = left.slice(0, maxExplained);
  const diagnostics = explained.flatMap((issue) => explain({ issue, data, schema, source: options.source }));
  const partial = left.length > explained.length ? undefined : salvage(data, options.source);
  return { kind: 'invalid', diagnostics, ...(partial === undefined ? {} : { partial }) };
};

/** All at once: a file may have thousands of unknown keys. */
const withoutKeys = (value: unknown, keys: ReadonlySet<string>): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => !keys.has(key)))
    : value;

/** Text that stands for a missing value; cross checks pass over text with an open reference. */
const unknownText = '${{ }}';

/** The config without what is wrong in it, or nothing when the wrong parts cannot be left out. */
const salvage = (data: unknown, source: YamlSource): PlatformConfig | undefined => {
  let rest = data;
  // Each round may uncover issues behind those of the round before.
  for (let round = 0; round < 4; round++) {
    const parsed = configSchema.safeParse(rest);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues.flatMap((one) => flatten(one))) {
      const path = toPath(issue.path);
      if (issue.code === 'unrecognized_keys')
        rest = replaceAt({ data: rest, path, value: withoutKeys(valueAt(rest, path), new Set(issue.keys)) });
      else if (path.length > 0)
        rest = replaceAt({ data: rest, path, value: source.has(path) && round < 2 ? undefined : unknownText });
    }
  }
  return undefined;
};

/** The JSON Schema of what may stand at a path: where allowed keys and descriptions come from. */
const schemaAt = (schema: JsonSchema, path: Path): readonly JsonSchema[] =>
  path.reduce<readonly JsonSchema[]>((nodes, part) => nodes.flatMap((node) => step(node, part)), [schema]);

const step = (node: JsonSchema, part: string | number): readonly JsonSchema[] => {
  const branches = (node['anyOf'] ?? node['oneOf']) as readonly JsonSchema[] | undefined;
  if (branches !== undefined) return branches.flatMap((branch) => step(branch, part));
  const properties = node['properties'] as Record<string, JsonSchema> | undefined;
  const property = properties !== undefined && Object.hasOwn(properties, part) ? properties[part] : undefined;
  const next = property ?? node[typeof part === 'number' ? 'items' : 'additionalProperties'];
  return next !== null && typeof next === 'object' ? [next as JsonSchema] : [];
};

const keysAt = (schema: JsonSchema, path: Path): readonly string[] =>
  schemaAt(schema, path).flatMap((node) => {
    const branches = (node['anyOf'] as readonly JsonSchema[] | undefined) ?? [node];
    return branches.flatMap((branch) => Object.keys((branch['properties'] as object | undefined) ?? {}));
  });

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
};

const expectedKind: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** More than anybody reads; each costs a walk through the file. */
const maxExplained = 200;

interface Explained {
  readonly issue: Issue;
  readonly data: unknown;
  readonly schema: JsonSchema;
  readonly source: YamlSource;
}

const explain = ({ issue, data, schema, source }: Explained): readonly Diagnostic[] => {
  const path = toPath(issue.path);
  const base = { severity: 'error' as const, path: pathText(path) };
  if (issue.code === 'unrecognized_keys') {
    const known = [...new Set(keysAt(schema, path))];
    return issue.keys.map((key) => {
      const hint = suggest(key, known);
      const at = source.keyPositionOf([...path, key]);
      const message = `unknown key ${quoted(key)}${inside(path)}`;
      return { ...base, path: pathText([...path, key]), message, at, ...(hint === undefined ? {} : { hint }) };
    });
  }
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? 'not a valid name';
    return [
      {
        ...base,
        message: `${quoted(String(path.at(-1)))} is not a valid name`,
        hint: why,
        at: source.keyPositionOf(path),
      },
    ];
  }
  const isMissing = valueAt(data, path) === undefined && !source.has(path) && path.length > 0;
  if (isMissing) {
    const parent = path.slice(0, -1);
    const hint = describe(schema, path);
    const message = `missing key ${quoted(String(path.at(-1)))}${inside(parent)}`;
    return [{ ...base, message, at: source.keyPositionOf(parent), ...(hint === undefined ? {} : { hint }) }];
  }
  return [{ ...base, ...reason({ issue, value: valueAt(data, path), path, schema }), at: source.positionOf(path) }];
};

const inside = (path: Path): string => (path.length === 0 ? '' : ` in ${pathText(path)}`);

const describe = (schema: JsonSchema, path: Path): string | undefined =>
  schemaAt(schema, path)
    .map((node) => node['description'])
    .find((text): text is string => typeof text === 'string');

const reason = (options: {
  readonly issue: Issue;
  readonly value: unknown;
  readonly path: Path;
  readonly schema: JsonSchema;
}): { readonly message: string; readonly hint?: string } => {
  const { issue, value, path, schema } = options;
  const name = path.length === 0 ? 'the file' : pathText(path);
  if (issue.code === 'invalid_type') {
    const expected = expectedKind[issue.expected] ?? issue.expected;
    const hint = issue.expected === 'string' && typeof value === 'number' ? 'put it in quotes' : describe(schema, path);
    return { message: `${name} must be ${expected}, not ${kindOf(value)}`, ...(hint === undefined ? {} : { hint }) };
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    // Only what is printed safely: a map may have a `toString` of its own.
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    const written = isPlain ? quoted(String(value)) : kindOf(value);
    const hint = (isPlain ? suggest(String(value), allowed) : undefined) ?? `allowed: ${allowed.join(', ')}`;
    return { message: `${name} must be ${allowed.join(' or ')}, not ${written}`, hint };
  }
  const message = lowerFirst(issue.message);
  const isSecret = schemaAt(schema, path).some((node) => node['writeOnly'] === true);
  if (isSecret) return { message: `${name}: ${message}` };
  return { message: typeof value === 'string' ? `${name} is ${quoted(value)}: ${message}` : `${name}: ${message}` };
};

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

/** Holds a rendered template against AWS's shape: unknown keys and wrong types, each with its line. Pure. */
import { type Path, pathKey, pathText, quoted, suggest } from './diagnostics.js';
import type { Diagnostic } from './project.js';
import type { Shape } from './task-definition-shape.js';
import type { YamlSource } from './yaml-source.js';

export interface Conformed {
  readonly data: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

interface Conforming {
  readonly source: YamlSource;
  /** Scalars that held a reference: their text may stand for a number or a boolean. */
  readonly isSubstituted: (path: Path) => boolean;
  readonly hasFailed: (path: Path) => boolean;
}

const shapeName = (shape: Shape): string => {
  if (shape === 'string') return 'text';
  if (shape === 'number') return 'a number';
  if (shape === 'boolean') return 'true or false';
  return 'list' in shape ? 'a list' : 'a map';
};

// AWS wants text here and everybody writes a number.
const numbersAsText = new Set(['cpu', 'memory']);

export const conform = (root: unknown, shape: Shape, options: Conforming): Conformed => {
  const diagnostics: Diagnostic[] = [];

  const wrong = (path: Path, expected: Shape, value: unknown): undefined => {
    const hint = expected === 'string' && typeof value !== 'object' ? 'put it in quotes' : undefined;
    diagnostics.push({
      severity: 'error',
      message: `${path.length === 0 ? 'the template' : pathText(path)} must be ${shapeName(expected)}`,
      at: options.source.positionOf(path),
      path: pathText(path),
      ...(hint === undefined ? {} : { hint }),
    });
    return undefined;
  };

  const scalar = (value: unknown, expected: 'string' | 'number' | 'boolean', path: Path): unknown => {
    if (options.hasFailed(path)) return undefined;
    if (typeof value === expected && !(expected === 'number' && !Number.isFinite(value))) return value;
    if (expected === 'string' && typeof value === 'number' && path.length === 1 && numbersAsText.has(String(path[0])))
      return String(value);
    if (typeof value === 'string' && options.isSubstituted(path)) {
      if (expected === 'number' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
      if (expected === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
    }
    return wrong(path, expected, value);
  };

  const unknownKey = (key: string, path: Path, allowed: readonly string[]): void => {
    const hint = suggest(key, allowed);
    diagnostics.push({
      severity: 'error',
      message: `unknown key ${quoted(key)}${path.length === 0 ? ' in the task definition' : ` in ${pathText(path)}`}`,
      at: options.source.keyPositionOf([...path, key]),
      path: pathText([...path, key]),
      ...(hint === undefined ? {} : { hint }),
    });
  };

  const record = (value: unknown, expected: Shape, path: Path): Readonly<Record<string, unknown>> | undefined =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : wrong(path, expected, value);

  const visit = (value: unknown, expected: Shape, path: Path): unknown => {
    if (typeof expected === 'string') return scalar(value, expected, path);
    if ('list' in expected)
      return Array.isArray(value)
        ? value.map((item, index) => visit(item, expected.list, [...path, index]))
        : wrong(path, expected, value);
    const given = record(value, expected, path);
    if (given === undefined) return undefined;
    if ('map' in expected)
      return Object.fromEntries(
        Object.entries(given).map(([key, item]) => [key, visit(item, expected.map, [...path, key])]),
      );
    const entries = Object.entries(given).flatMap(([key, item]) => {
      const member = Object.hasOwn(expected.members, key) ? expected.members[key] : undefined;
      if (member !== undefined) return [[key, visit(item, member, [...path, key])] as const];
      unknownKey(key, path, Object.keys(expected.members));
      return [];
    });
    return Object.fromEntries(entries);
  };

  return { data: visit(root, shape, []), diagnostics };
};

export const substitutedIn = (read: ReadonlyMap<string, unknown>) => (path: Path) => read.has(pathKey(path));

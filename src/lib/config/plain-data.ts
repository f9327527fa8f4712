/** A parsed YAML document → plain data, and where each path was written. Own conversion, so that every limit holds. */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { type Path, pathKey, quoted } from './diagnostics.js';

/** Offsets into the text. A list item's or the document's key is its value. */
export interface Place {
  readonly key: number;
  readonly value: number;
}

interface Problem {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

interface Limits {
  readonly depth: number;
  readonly aliases: number;
  readonly nodes: number;
}

interface Result {
  readonly data: unknown;
  readonly places: ReadonlyMap<string, Place>;
  readonly problems: readonly Problem[];
}

interface Visit {
  readonly node: unknown;
  readonly path: Path;
  readonly key: number;
  /** Aliases that are open: an alias inside its own anchor would never end. */
  readonly open: ReadonlySet<unknown>;
}

class TooMuch extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);
const coreTags = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

const offsetOf = (node: unknown, fallback: number): number => (node as Node | null | undefined)?.range?.[0] ?? fallback;

export const plainData = (document: Document.Parsed, limits: Limits): Result => {
  const places = new Map<string, Place>();
  const problems: Problem[] = [];
  let nodes = 0;
  let aliases = 0;

  const checkTag = (node: Node, offset: number): void => {
    const tag = node.tag;
    if (tag !== undefined && !coreTags.has(tag))
      problems.push({ offset, message: `custom tag ${quoted(tag)}`, hint: 'tags are not allowed' });
  };

  const alias = (visit: Visit, offset: number): unknown => {
    aliases += 1;
    if (aliases > limits.aliases) throw new TooMuch({ offset, message: `more than ${limits.aliases} aliases` });
    const target = isAlias(visit.node) ? visit.node.resolve(document) : undefined;
    if (target === undefined || visit.open.has(target)) {
      problems.push({ offset, message: 'this alias has no anchor before it, or lies inside its own' });
      return undefined;
    }
    return convert({ ...visit, node: target, open: new Set([...visit.open, target]) });
  };

  const member = (visit: Visit, pair: { key: unknown; value: unknown }, into: Map<string, unknown>): void => {
    const offset = offsetOf(pair.key, visit.key);
    const key = isScalar(pair.key) ? pair.key.value : undefined;
    if (typeof key !== 'string') {
      problems.push({ offset, message: 'a key must be text', hint: 'put it in quotes' });
      return;
    }
    checkTag(pair.key as Node, offset);
    if (forbiddenKeys.has(key)) problems.push({ offset, message: `key ${quoted(key)} is not allowed` });
    else if (into.has(key)) problems.push({ offset, message: `duplicate key ${quoted(key)}` });
    else into.set(key, convert({ ...visit, node: pair.value, path: [...visit.path, key], key: offset }));
  };

  const convert = (visit: Visit): unknown => {
    const { node, path } = visit;
    const offset = offsetOf(node, visit.key);
    nodes += 1;
    if (nodes > limits.nodes) throw new TooMuch({ offset, message: `more than ${limits.nodes} values` });
    if (path.length > limits.depth) throw new TooMuch({ offset, message: `nested deeper than ${limits.depth} levels` });
    if (isAlias(node)) return alias(visit, offset);
    places.set(pathKey(path), { key: visit.key, value: offset });
    if (isScalar(node)) {
      checkTag(node, offset);
      return typeof node.value === 'bigint' ? Number(node.value) : node.value;
    }
    if (isSeq(node)) {
      checkTag(node, offset);
      return node.items.map((item, index) =>
        convert({ ...visit, node: item, path: [...path, index], key: offsetOf(item, offset) }),
      );
    }
    if (isMap(node)) {
      checkTag(node, offset);
      const members = new Map<string, unknown>();
      for (const pair of node.items) member({ ...visit, key: offset }, pair, members);
      return Object.fromEntries(members);
    }
    return null;
  };

  try {
    const data = convert({ node: document.contents, path: [], key: offsetOf(document.contents, 0), open: new Set() });
    return { data, places, problems };
  } catch (error) {
    if (error instanceof TooMuch) return { data: undefined, places, problems: [...problems, error.problem] };
    throw error;
  }
};

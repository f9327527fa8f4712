/**
 * Form parameters → values, for awsQuery (`Tags.member.1.Key=a`) and ec2Query (`Filter.1.Name=a`). The parameters are
 * first made a tree, so that a shape which contains itself costs only as much as was sent.
 */
import { malformed, scalarFromText, setOwn } from './scalars.js';
import type { ListShape, MapShape, Shape, Slot, StructureShape } from './schema.js';

export interface ParameterTree {
  value?: string;
  readonly children: Map<string, ParameterTree>;
}

export type QueryDialect = 'awsQuery' | 'ec2Query';

/** Deeper than any API; keeps a hostile key from exhausting the stack. */
const maxDepth = 64;

export const parameterTree = (parameters: URLSearchParams): ParameterTree => {
  const root: ParameterTree = { children: new Map() };
  for (const [key, value] of parameters) {
    const steps = key.split('.');
    if (steps.length > maxDepth) throw malformed(key.slice(0, 60), 'is nested too deeply');
    let node = root;
    for (const step of steps) {
      let next = node.children.get(step);
      if (!next) {
        next = { children: new Map() };
        node.children.set(step, next);
      }
      node = next;
    }
    node.value = value;
  }
  return root;
};

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const memberKey = ({ name, traits }: Slot, dialect: QueryDialect): string =>
  dialect === 'ec2Query' ? (traits.ec2QueryName ?? capitalized(traits.xmlName ?? name)) : (traits.xmlName ?? name);

export const readQueryMembers = (
  shape: StructureShape,
  node: ParameterTree,
  dialect: QueryDialect,
  path = '',
): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    const key = memberKey(member, dialect);
    const child = node.children.get(key);
    if (child) result[member.name] = readQuery(member, child, dialect, path ? `${path}.${key}` : key);
  }
  return result;
};

const readQuery = (slot: Slot, node: ParameterTree, dialect: QueryDialect, path: string): unknown => {
  const shape: Shape = slot.shape;
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return readQueryMembers(shape, node, dialect, path);
    case 'list':
      return readList(shape, node, dialect, path);
    case 'map':
      return readMap(shape, slot, { node, dialect, path });
    default:
      if (node.value === undefined) throw malformed(path, 'is not a single value');
      return scalarFromText(shape, node.value, path);
  }
};

const numbered = (node: ParameterTree): readonly ParameterTree[] =>
  [...node.children]
    .filter(([step]) => /^\d+$/.test(step))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);

/** Clients write `X.member.1`, `X.<element name>.1` or, flattened, `X.1`; an empty list is `X=`. All are understood. */
const readList = ({ element }: ListShape, node: ParameterTree, dialect: QueryDialect, path: string): unknown[] => {
  const named = node.children.get(element.traits.xmlName ?? 'member') ?? node.children.get('member');
  return numbered(named ?? node).map((child, index) => readQuery(element, child, dialect, `${path}.${index + 1}`));
};

const readMap = (
  shape: MapShape,
  slot: Slot,
  { node, dialect, path }: { readonly node: ParameterTree; readonly dialect: QueryDialect; readonly path: string },
): Record<string, unknown> => {
  const entries = slot.traits.xmlFlattened ? node : (node.children.get('entry') ?? node);
  const result: Record<string, unknown> = {};
  for (const entry of numbered(entries)) {
    const key = entry.children.get(shape.key.traits.xmlName ?? 'key')?.value;
    const value = entry.children.get(shape.value.traits.xmlName ?? 'value');
    if (key === undefined) throw malformed(path, 'has an entry without a key');
    if (value) setOwn(result, key, readQuery(shape.value, value, dialect, `${path}.${key}`));
  }
  return result;
};

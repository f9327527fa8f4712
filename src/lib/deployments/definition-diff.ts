/**
 * What changes from one task definition to another: every member, in the normal form in which a deploy compares them, so
 * that what AWS fills in is no change. Variables are shown by name and hash, secrets by name and where they come from.
 * Serves `diff` and `rollback`. Pure. Start reading at definitionDiff.
 */
import { normaliseTaskDefinition } from '../config/normalise-task-definition.js';
import { looksLikeSecret } from '../config/secret-shape.js';
import { hidden, redactText } from '../engine/redact.js';
import { digestOf } from '../plan/json.js';

type Members = Readonly<Record<string, unknown>>;

export interface Difference {
  readonly kind: 'image' | 'variable' | 'secret' | 'definition';
  /** `cpu`, `container image`, `variable LOG_LEVEL`; with several containers `api: container image`. */
  readonly field: string;
  /** Null: it is not there. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface DiffOptions {
  /** shown: plain values of `environment` too, unless they look like secrets. */
  readonly values: 'hashed' | 'shown';
}

export const definitionDiff = (
  before: Members,
  after: Members,
  options: DiffOptions = { values: 'hashed' },
): readonly Difference[] => {
  const [old, now] = [normaliseTaskDefinition(before), normaliseTaskDefinition(after)];
  const [oldContainers, newContainers] = [containersOf(old), containersOf(now)];
  const names = [...new Set([...oldContainers.keys(), ...newContainers.keys()])];
  return [
    ...compare('definition', '', leavesOf(withoutContainers(old)), leavesOf(withoutContainers(now))),
    ...names.flatMap((name) =>
      containerDiff({
        before: oldContainers.get(name) ?? {},
        after: newContainers.get(name) ?? {},
        prefix: names.length > 1 ? `${name}: ` : '',
        options,
      }),
    ),
  ];
};

const withoutContainers = (definition: Members): Members =>
  Object.fromEntries(Object.entries(definition).filter(([key]) => key !== 'containerDefinitions'));

const containersOf = (definition: Members): ReadonlyMap<string, Members> =>
  new Map(
    ((definition['containerDefinitions'] ?? []) as readonly Members[]).map((container) => [
      String(container['name']),
      container,
    ]),
  );

/** Have a way of their own to be shown. */
const special = new Set(['name', 'image', 'environment', 'secrets']);

interface Containers {
  readonly before: Members;
  readonly after: Members;
  readonly prefix: string;
  readonly options: DiffOptions;
}

const containerDiff = ({ before, after, prefix, options }: Containers): readonly Difference[] => {
  const rest = (container: Members): Leaves =>
    leavesOf(Object.fromEntries(Object.entries(container).filter(([key]) => !special.has(key))));
  const image = (container: Members): Leaves =>
    new Map(container['image'] === undefined ? [] : [['image', plain(String(container['image']))]]);
  const variables = (container: Members): Leaves =>
    named(container['environment'], (entry) => variableLeaf(entry, options));
  const secrets = (container: Members): Leaves =>
    named(container['secrets'], (entry) => plain(String(entry['valueFrom'])));
  return [
    ...compare('image', `${prefix}container `, image(before), image(after)),
    ...compare('definition', `${prefix}container `, rest(before), rest(after)),
    ...compare('variable', `${prefix}variable `, variables(before), variables(after)),
    ...compare('secret', `${prefix}secret `, secrets(before), secrets(after)),
  ];
};

/** Compared by `value`, which never leaves this file; people see `shown`. */
interface Leaf {
  readonly value: unknown;
  readonly shown: string;
}
type Leaves = ReadonlyMap<string, Leaf>;

const plain = (text: string): Leaf => ({ value: text, shown: text });

/** A value may still be nobody's business: eight digits of its hash tell whether it changed. */
const hashOf = (value: unknown): string => `#${digestOf(value).slice(0, 8)}`;

const variableLeaf = (entry: Members, { values }: DiffOptions): Leaf => {
  const value = entry['value'];
  const isOpen = values === 'shown' && !looksLikeSecret(String(entry['name']), String(value));
  return { value, shown: isOpen ? JSON.stringify(value) : hashOf(value) };
};

/** Other members are shown as they are: what looks like a secret among them is hidden, and told apart by its hash. */
const safeLeaf = (name: string, value: unknown): Leaf => {
  const text = typeof value === 'string' ? value : spaced(value);
  const redacted = looksLikeSecret(name, text) ? hidden : redactText(text);
  return { value, shown: redacted === text ? text : `${redacted} ${hashOf(value)}` };
};

/** JSON with a blank after each comma, so that a long list can be wrapped between its items. */
const spaced = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (!isMembers(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${spaced(member)}`);
  return `{${members.join(', ')}}`;
};

const named = (list: unknown, leaf: (entry: Members) => Leaf): Leaves =>
  new Map(((list ?? []) as readonly Members[]).map((entry) => [String(entry['name']), leaf(entry)]));

const isMembers = (value: unknown): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const leavesOf = (members: Members): Leaves => new Map(entriesOf(members, ''));

const entriesOf = (members: Members, path: string): readonly (readonly [string, Leaf])[] =>
  Object.entries(members).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    if (isMembers(value)) return entriesOf(value, at);
    if (Array.isArray(value) && value.length > 0 && value.every(isMembers)) return itemsOf(value, at);
    return [[at, safeLeaf(key, value)] as const];
  });

/** Items of a list by what tells them apart, so that one more of them is one line. */
const itemsOf = (items: readonly Members[], path: string): readonly (readonly [string, Leaf])[] => {
  const taken = new Map<string, number>();
  return items.map((item) => {
    const identity = identityOf(item);
    const times = (taken.get(identity) ?? 0) + 1;
    taken.set(identity, times);
    return [`${path} ${identity}${times > 1 ? ` (${times})` : ''}`, safeLeaf(identity, item)] as const;
  });
};

const identifying = [
  'name',
  'containerPath',
  'containerName',
  'sourceContainer',
  'hostname',
  'namespace',
  'key',
  'type',
];

const identityOf = (item: Members): string => {
  const port = item['containerPort'] ?? item['containerPortRange'];
  if (port !== undefined) return `${String(port)}/${String(item['protocol'] ?? 'tcp')}`;
  const key = identifying.find((candidate) => typeof item[candidate] === 'string');
  return key === undefined ? hashOf(item) : String(item[key]);
};

const compare = (kind: Difference['kind'], prefix: string, before: Leaves, after: Leaves): readonly Difference[] =>
  [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old && now && digestOf(old.value) === digestOf(now.value)) return [];
    return [{ kind, field: `${prefix}${name}`, before: old?.shown ?? null, after: now?.shown ?? null }];
  });

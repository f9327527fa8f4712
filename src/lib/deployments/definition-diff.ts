/** What a rollback changes, in lines: image, size, names of variables (values by hash), names of secrets. Pure. */
import { digestOf } from '../plan/json.js';

type Members = Readonly<Record<string, unknown>>;

export interface Difference {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

const absent = 'none';

const containersOf = (definition: Members): ReadonlyMap<string, Members> =>
  new Map(
    ((definition['containerDefinitions'] ?? []) as readonly Members[]).map((container) => [
      String(container['name']),
      container,
    ]),
  );

/** A plain value may still be nobody's business: eight digits of its hash tell whether it changed. */
const hashed = (value: unknown): string => `#${digestOf(value).slice(0, 8)}`;

const named = (list: unknown, show: (entry: Members) => string): ReadonlyMap<string, string> =>
  new Map(((list ?? []) as readonly Members[]).map((entry) => [String(entry['name']), show(entry)]));

const compare = (
  prefix: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly Difference[] =>
  [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name) => {
    const [old, now] = [before.get(name) ?? absent, after.get(name) ?? absent];
    return old === now ? [] : [{ field: `${prefix} ${name}`, before: old, after: now }];
  });

const text = (value: unknown): string =>
  value === undefined ? absent : typeof value === 'string' ? value : String(value);

export const definitionDiff = (before: Members, after: Members): readonly Difference[] => {
  const sizes = ['cpu', 'memory', 'taskRoleArn', 'executionRoleArn'].flatMap((field): readonly Difference[] => {
    const [old, now] = [text(before[field]), text(after[field])];
    return old === now ? [] : [{ field, before: old, after: now }];
  });
  const [oldContainers, newContainers] = [containersOf(before), containersOf(after)];
  const names = [...new Set([...oldContainers.keys(), ...newContainers.keys()])];
  const containers = names.flatMap((name): readonly Difference[] => {
    const old = oldContainers.get(name) ?? {};
    const now = newContainers.get(name) ?? {};
    const prefix = names.length > 1 ? `${name}: ` : '';
    return [
      ...compare(
        `${prefix}container`,
        new Map([['image', text(old['image'])]]),
        new Map([['image', text(now['image'])]]),
      ),
      ...compare(
        `${prefix}variable`,
        named(old['environment'], (entry) => hashed(entry['value'])),
        named(now['environment'], (entry) => hashed(entry['value'])),
      ),
      ...compare(
        `${prefix}secret`,
        named(old['secrets'], (entry) => String(entry['valueFrom'])),
        named(now['secrets'], (entry) => String(entry['valueFrom'])),
      ),
    ];
  });
  return [...sizes, ...containers];
};

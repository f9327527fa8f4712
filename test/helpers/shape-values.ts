/** Makes values for the shapes of an API schema, and compares what came back. Same seed, same values. */
import { isDeepStrictEqual } from 'node:util';
import type { ScalarShape, Shape, Slot, StructureShape } from '../../src/lib/sandbox/wire/schema.js';

/** full: every member; required: only those; empty: empty lists, maps and texts; text: awkward characters; numbers: extremes. */
export const variants = ['full', 'required', 'empty', 'text', 'numbers', 'random'] as const;
export type Variant = (typeof variants)[number];

export interface GeneratorOptions {
  readonly variant: Variant;
  readonly seed: number;
  /** XML cannot carry most control characters; a form cannot carry an empty structure. */
  readonly medium: 'json' | 'xml' | 'form';
}

export class ValueGenerator {
  private state: number;
  private count = 0;

  constructor(private readonly options: GeneratorOptions) {
    this.state = options.seed >>> 0 || 1;
  }

  structure(shape: StructureShape, depth = 0): Record<string, unknown> {
    if (shape.kind === 'union') return this.union(shape, depth);
    const result: Record<string, unknown> = {};
    for (const member of shape.members) {
      const isRequired = shape.required.includes(member.name) || member.traits.httpLabel === 1;
      if (isRequired || this.includes(depth))
        result[member.name] = this.value(member, { depth: depth + 1, isRequired });
    }
    const first = shape.members.find((member) => isScalar(member.shape)) ?? shape.members[0];
    const isBare = this.options.medium === 'form' && depth > 0 && asForm(result, 'ec2Query') === undefined;
    return isBare && first
      ? { ...result, [first.name]: this.value(first, { depth: depth + 1, isRequired: true }) }
      : result;
  }

  private includes(depth: number): boolean {
    if (this.options.variant === 'required') return false;
    if (this.options.variant === 'random') return depth < 7 && this.next() % 4 !== 0 && this.next() % (depth + 1) === 0;
    return depth < 4;
  }

  private union(shape: StructureShape, depth: number): Record<string, unknown> {
    const index = this.options.variant === 'random' ? this.next() % shape.members.length : 0;
    const member = shape.members[index] as Slot;
    return { [member.name]: this.value(member, { depth: depth + 1, isRequired: true }) };
  }

  private value(
    { shape, traits }: Slot,
    { depth, isRequired }: { readonly depth: number; readonly isRequired: boolean },
  ): unknown {
    const below = { depth: depth + 1, isRequired: false };
    if (traits.httpResponseCode) return 200;
    if (traits.httpHeader !== undefined) return this.headerValue(shape);
    if (traits.httpPrefixHeaders !== undefined)
      return this.size(depth, isRequired) > 0 ? { 'key-0': 'a b', key1: 'c' } : {};
    switch (shape.kind) {
      case 'structure':
      case 'union':
        return this.structure(shape, depth);
      case 'list':
        return Array.from({ length: this.size(depth, isRequired) }, () => this.value(shape.element, below));
      case 'map':
        return Object.fromEntries(
          Array.from({ length: this.size(depth, isRequired) }, (_, index) => [
            `key ${index}`,
            this.value(shape.value, below),
          ]),
        );
      default:
        return this.scalar(shape, traits.httpLabel === 1);
    }
  }

  /** What a header can carry: printable ASCII, no blanks at the ends. */
  private headerValue(shape: Shape): unknown {
    if (shape.kind === 'string') return `header-${this.count++}`;
    if (shape.kind === 'list')
      return shape.element.shape.kind === 'string' ? ['a', 'b,c "d"'] : [this.headerValue(shape.element.shape)];
    return isScalar(shape) ? this.scalar(shape, false) : {};
  }

  private size(depth: number, isRequired: boolean): number {
    if (isRequired && this.options.medium === 'form') return 1;
    if (this.options.variant === 'empty') return 0;
    if (this.options.variant === 'random') return depth > 7 ? 0 : this.next() % 4;
    return depth > 8 ? 0 : 2;
  }

  private scalar(shape: ScalarShape, isLabel: boolean): unknown {
    switch (shape.kind) {
      case 'string':
        return isLabel ? `label ${this.count++}` : this.text();
      case 'boolean':
        return this.next() % 2 === 0;
      case 'number':
        return this.pick(this.options.variant === 'numbers' ? extremeNumbers : plainNumbers);
      case 'bigInteger':
        return BigInt(this.next());
      case 'bigDecimal':
        return '1.25';
      case 'blob':
        return this.blob();
      case 'timestamp':
        // HTTP dates have no milliseconds.
        return new Date(1_600_000_000_000 + (this.next() % 400_000_000) * (shape.format === 'http-date' ? 1000 : 1));
      case 'document':
        return { a: 1, b: ['x', true, null], c: { 'd é': 1.5 } };
    }
  }

  private text(): string {
    this.count++;
    switch (this.options.variant) {
      case 'empty':
        return '';
      case 'text':
        return `${this.pick(this.options.medium === 'json' ? [...xmlTexts, ...controlTexts] : xmlTexts)}${this.count}`;
      case 'random':
        return this.pick([`text-${this.count}`, ...xmlTexts]);
      default:
        return `text-${this.count} é`;
    }
  }

  private blob(): Uint8Array {
    if (this.options.variant === 'empty') return new Uint8Array();
    return Uint8Array.from(
      { length: this.options.variant === 'numbers' ? 256 : 5 },
      (_, index) => (index * 7 + this.count) % 256,
    );
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.next() % items.length] as T;
  }

  private next(): number {
    this.state = (this.state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}

const isScalar = (shape: Shape): shape is ScalarShape => !['structure', 'union', 'list', 'map'].includes(shape.kind);

const plainNumbers = [0, 1, 7, 42, 65_536] as const;
const extremeNumbers = [
  0,
  -1,
  2 ** 31,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  0.1,
  1e-7,
  -2.5,
  1e21,
] as const;
const xmlTexts = [
  '漢字 😀 ß\u00a0\u2028',
  `<a href="x">&amp; 'q' ]]></a> <!-- -->`,
  ' spaces around ',
  'lines\nand\ttabs',
  'carriage\r\nreturn\r',
  '100% + a=b&c=d; #~',
  '{"json": [1, "two"]}',
  'true',
  '0017',
] as const;
const controlTexts = ['nul-free \u0001\u0007\u001b[31m\u001f\u007f', '\u0085 \u200b \u202e'] as const;

/** Without undefined members and SDK metadata; bytes as arrays, so that subclasses of Uint8Array compare equal. */
export const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const entries = Object.entries(value).filter(([key, item]) => item !== undefined && key !== '$metadata');
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
};

export const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(plain(a), plain(b));

/** Where two values differ first, for the report. */
export const firstDifference = (expected: unknown, actual: unknown, path = ''): string | undefined => {
  const [a, b] = [plain(expected), plain(actual)];
  if (isDeepStrictEqual(a, b)) return undefined;
  const bothObjects = [a, b].every((side) => typeof side === 'object' && side !== null && !(side instanceof Date));
  if (bothObjects && Array.isArray(a) === Array.isArray(b)) {
    const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const found = firstDifference(left[key], right[key], path ? `${path}.${key}` : key);
      if (found) return found;
    }
  }
  return `${path}: expected ${show(a)}, got ${show(b)}`;
};

const show = (value: unknown): string => {
  const text = value instanceof Date ? value.toISOString() : (JSON.stringify(value) ?? String(value));
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
};

/** What is left of an input in a form: no empty maps, and in ec2Query no empty lists. */
export const asForm = (value: unknown, dialect: 'awsQuery' | 'ec2Query'): unknown => {
  if (value instanceof Date || value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => asForm(item, dialect)).filter((item) => item !== undefined);
    return items.length === 0 && (dialect === 'ec2Query' || value.length > 0) ? undefined : items;
  }
  const entries = Object.entries(value).map(([key, item]) => [key, asForm(item, dialect)] as const);
  const kept = entries.filter(([, item]) => item !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
};

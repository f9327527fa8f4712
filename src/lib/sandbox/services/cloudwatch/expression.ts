/**
 * Metric math, as far as rates and ratios need it: numbers, ids of other queries, + - * / ^, comparisons, AND, OR, IF,
 * FILL, MAX, MIN, SUM, AVG, ABS, CEIL, FLOOR. Everything else is refused, never guessed. A value is a number or a series;
 * two series meet where both have a point.
 */
export type Series = ReadonlyMap<number, number>;
export type MathValue = number | Series;

export class ExpressionError extends Error {}

type Token = { readonly kind: 'number' | 'name' | 'sign'; readonly text: string };

const tokenPattern = /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(<=|>=|==|!=|&&|\|\||[-+*/^()<>,[\]]))/y;

const tokensOf = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (text.slice(tokenPattern.lastIndex).trim() !== '') {
    const at = tokenPattern.lastIndex;
    const [, number, name, sign] = tokenPattern.exec(text) ?? [];
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else throw new ExpressionError(`cannot read '${text.slice(at, at + 20).trim()}'`);
  }
  return tokens;
};

/** Loosest first. */
const levels: readonly (readonly string[])[] = [
  ['OR', '||'],
  ['AND', '&&'],
  ['<', '>', '<=', '>=', '==', '!='],
  ['+', '-'],
  ['*', '/'],
];

const deepest = 50;

export interface MathScope {
  /** The series of another query. */
  readonly valueOf: (id: string) => MathValue | undefined;
  /** Every moment of the window, for FILL. */
  readonly moments: readonly number[];
}

export const evaluateExpression = (text: string, scope: MathScope): MathValue => {
  const parser = new Parser(tokensOf(text), scope);
  const value = parser.level(0, 0);
  parser.end();
  return value;
};

class Parser {
  private at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly scope: MathScope,
  ) {}

  end(): void {
    const left = this.tokens[this.at];
    if (left) throw new ExpressionError(`'${left.text}' is not expected here`);
  }

  level(index: number, depth: number): MathValue {
    if (depth > deepest) throw new ExpressionError('it is nested too deeply');
    const signs = levels[index];
    if (!signs) return this.unary(depth);
    let left = this.level(index + 1, depth);
    for (let sign = this.take(signs); sign !== undefined; sign = this.take(signs)) {
      const right = this.level(index + 1, depth);
      left = combine(left, right, operationOf(sign));
    }
    return left;
  }

  private unary(depth: number): MathValue {
    if (this.take(['-']) !== undefined) return combine(0, this.unary(depth + 1), (a, b) => a - b);
    const base = this.atom(depth);
    return this.take(['^']) === undefined ? base : combine(base, this.unary(depth + 1), (a, b) => a ** b);
  }

  private atom(depth: number): MathValue {
    const token = this.tokens[this.at];
    if (!token) throw new ExpressionError('it ends too early');
    this.at += 1;
    if (token.kind === 'number') return Number(token.text);
    if (token.text === '(') {
      const value = this.level(0, depth + 1);
      this.expect(')');
      return value;
    }
    if (token.kind === 'sign') throw new ExpressionError(`'${token.text}' is not expected here`);
    if (this.take(['(']) !== undefined) return this.call(token.text, depth);
    const value = this.scope.valueOf(token.text);
    if (value === undefined) throw new ExpressionError(`there is no query with the id '${token.text}'`);
    return value;
  }

  private call(name: string, depth: number): MathValue {
    const parameters: MathValue[] = [];
    const isList = this.take(['[']) !== undefined;
    do parameters.push(this.level(0, depth + 1));
    while (this.take([',']) !== undefined);
    if (isList) this.expect(']');
    this.expect(')');
    return applyFunction(name, { parameters, isList, moments: this.scope.moments });
  }

  private take(texts: readonly string[]): string | undefined {
    const token = this.tokens[this.at];
    if (!token || token.kind === 'number' || !texts.includes(token.text)) return undefined;
    this.at += 1;
    return token.text;
  }

  private expect(text: string): void {
    if (this.take([text]) === undefined) throw new ExpressionError(`'${text}' is missing`);
  }
}

type Operation = (a: number, b: number) => number;

const operationOf = (sign: string): Operation => {
  switch (sign) {
    case '+':
      return (a, b) => a + b;
    case '-':
      return (a, b) => a - b;
    case '*':
      return (a, b) => a * b;
    case '/':
      return (a, b) => a / b;
    case '<':
      return (a, b) => Number(a < b);
    case '>':
      return (a, b) => Number(a > b);
    case '<=':
      return (a, b) => Number(a <= b);
    case '>=':
      return (a, b) => Number(a >= b);
    case '==':
      return (a, b) => Number(a === b);
    case '!=':
      return (a, b) => Number(a !== b);
    case 'AND':
    case '&&':
      return (a, b) => Number(a !== 0 && b !== 0);
    default:
      return (a, b) => Number(a !== 0 || b !== 0);
  }
};

/** A point that is no number (a division by zero) is left out. */
const combine = (a: MathValue, b: MathValue, operation: Operation): MathValue => {
  if (typeof a === 'number' && typeof b === 'number') return operation(a, b);
  const moments = typeof a === 'number' ? [...(b as Series).keys()] : [...a.keys()];
  const points = moments.flatMap((at): [number, number][] => {
    const left = pointOf(a, at);
    const right = pointOf(b, at);
    const value = left === undefined || right === undefined ? Number.NaN : operation(left, right);
    return Number.isFinite(value) ? [[at, value]] : [];
  });
  return new Map(points);
};

const pointOf = (value: MathValue, at: number): number | undefined =>
  typeof value === 'number' ? value : value.get(at);

const each = (value: MathValue, operation: (x: number) => number): MathValue =>
  typeof value === 'number'
    ? operation(value)
    : new Map([...value].map(([at, x]): [number, number] => [at, operation(x)]));

interface FunctionCall {
  readonly parameters: readonly MathValue[];
  /** `SUM([m1, m2])` adds series up moment by moment; `SUM(m1)` adds the points of one. */
  readonly isList: boolean;
  readonly moments: readonly number[];
}

const simple: Readonly<Record<string, (x: number) => number>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
};

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const aggregates: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: sumOf,
  AVG: (values) => sumOf(values) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};

const applyFunction = (name: string, call: FunctionCall): MathValue => {
  const { parameters, isList, moments } = call;
  const [first, second, third] = parameters;
  const one = Object.hasOwn(simple, name) ? simple[name] : undefined;
  if (one && first !== undefined && parameters.length === 1) return each(first, one);
  const aggregate = Object.hasOwn(aggregates, name) ? aggregates[name] : undefined;
  if (aggregate && isList) return acrossSeries(parameters, aggregate, moments);
  if (aggregate && parameters.length === 1 && first !== undefined)
    return typeof first === 'number' || first.size === 0 ? first : aggregate([...first.values()]);
  if (name === 'IF' && first !== undefined && second !== undefined && parameters.length <= 3)
    return choose(first, second, third);
  if (name === 'FILL' && first instanceof Map && typeof second === 'number' && parameters.length === 2)
    return new Map(moments.map((at): [number, number] => [at, first.get(at) ?? second]));
  throw new ExpressionError(`the function ${name} with ${parameters.length} parameters is not part of the sandbox`);
};

const acrossSeries = (
  values: readonly MathValue[],
  aggregate: (values: readonly number[]) => number,
  moments: readonly number[],
): MathValue =>
  new Map(
    moments.flatMap((at): [number, number][] => {
      const known = values.flatMap((value) => pointOf(value, at) ?? []);
      return known.length > 0 ? [[at, aggregate(known)]] : [];
    }),
  );

const choose = (condition: MathValue, yes: MathValue, no: MathValue | undefined): MathValue => {
  if (typeof condition === 'number') return condition !== 0 ? yes : (no ?? new Map());
  return new Map(
    [...condition].flatMap(([at, holds]): [number, number][] => {
      const side = holds !== 0 ? yes : no;
      const value = side === undefined ? undefined : pointOf(side, at);
      return value === undefined ? [] : [[at, value]];
    }),
  );
};

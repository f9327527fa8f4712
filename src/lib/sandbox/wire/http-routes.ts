/**
 * REST routing: method and path → operation. Several operations may share a path and differ by a literal in the query
 * (`?acl`) or by which required query members or headers are there, so the most specific match wins.
 */
import type { WireRequest } from './message.js';
import type { Operation, ServiceSchema, StructureShape } from './schema.js';

interface HttpRoute {
  readonly operation: Operation;
  readonly method: string;
  readonly pattern: RegExp;
  readonly labelNames: readonly string[];
  /** Literals of the query, such as `acl` or `list-type=2`. */
  readonly literals: readonly (readonly [key: string, value: string])[];
  /** Characters outside labels: a longer fixed part is more specific. */
  readonly fixedLength: number;
}

export interface HttpMatch {
  readonly operation: string;
  readonly labels: Readonly<Record<string, string>>;
}

const tables = new WeakMap<ServiceSchema, readonly HttpRoute[]>();

export const matchHttpRoute = (
  schema: ServiceSchema,
  request: Pick<WireRequest, 'method' | 'path' | 'query' | 'headers'>,
): HttpMatch | undefined => {
  let best: { readonly match: HttpMatch; readonly score: number } | undefined;
  for (const route of routesOf(schema)) {
    if (route.method !== request.method) continue;
    const path = route.pattern.exec(request.path);
    const score = path ? scoreOf(route, request) : undefined;
    if (!path || score === undefined || (best && best.score >= score)) continue;
    const labels = Object.fromEntries(
      route.labelNames.map((name, index) => [name, decodeLabel(path[index + 1] ?? '')]),
    );
    best = { match: { operation: route.operation.name, labels }, score };
  }
  return best?.match;
};

const routesOf = (schema: ServiceSchema): readonly HttpRoute[] => {
  const known = tables.get(schema);
  if (known) return known;
  const routes = [...schema.operations.values()].flatMap((operation) => (operation.http ? [routeOf(operation)] : []));
  tables.set(schema, routes);
  return routes;
};

const routeOf = (operation: Operation): HttpRoute => {
  const { method = 'POST', uri = '/' } = operation.http ?? {};
  const [path = '/', query = ''] = uri.split('?');
  const full = implicitLabel(operation.input, path) + path;
  const labelNames: string[] = [];
  const pattern = full.replace(/\{(\w+)(\+?)\}|[.*+?^$()|[\]\\]/g, (text, name?: string, greedy?: string) => {
    if (name === undefined) return `\\${text}`;
    labelNames.push(name);
    return greedy ? '(.+)' : '([^/]+)';
  });
  return {
    operation,
    method,
    pattern: new RegExp(`^${pattern}/?$`),
    labelNames,
    literals: [...new URLSearchParams(query)],
    fixedLength: full.replace(/\{\w+\+?\}/g, '').length,
  };
};

/** The S3 client puts the bucket before the path by its endpoint rules, so the URI template lacks it. */
const implicitLabel = (input: StructureShape | undefined, path: string): string => {
  const missing = input?.members.find(({ name, traits }) => traits.httpLabel && !path.includes(`{${name}`));
  return missing ? `/{${missing.name}}` : '';
};

const scoreOf = (route: HttpRoute, { query, headers }: Pick<WireRequest, 'query' | 'headers'>): number | undefined => {
  let score = route.fixedLength;
  for (const [key, value] of route.literals) {
    // `x-id` repeats the operation's name and is sent by some SDKs only.
    const isPresent = query.has(key) && (value === '' || query.get(key) === value);
    if (!isPresent && key !== 'x-id') return undefined;
    if (isPresent) score += key === 'x-id' ? 10_000 : 1_000;
  }
  const named = query.get('x-id');
  if (named !== null && named !== route.operation.name) return undefined;
  const input = route.operation.input;
  for (const { name, traits } of input?.members ?? []) {
    if (!input?.required.includes(name)) continue;
    if (traits.httpQuery === undefined && traits.httpHeader === undefined) continue;
    const isThere =
      traits.httpQuery !== undefined
        ? query.has(traits.httpQuery)
        : headers[(traits.httpHeader ?? '').toLowerCase()] !== undefined;
    // Absent, it still matches when nothing else does: then the answer is that the member is missing.
    score += isThere ? 100 : -500;
  }
  return score;
};

const decodeLabel = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/**
 * The control API, `/_sandbox/…`: what a person or a test does to the sandbox itself. Bearer token on every call, JSON
 * only, nothing is changed by a GET. It can do nothing that needs another start flag: no call switches `--exec` on.
 * The routes are control-routes.ts; server.ts has checked Host and Origin before.
 */
import { timingSafeEqual } from 'node:crypto';
import { type Control, ControlRefusal, type ControlRoute, controlRoutes } from './control-routes.js';
import { AwsError, type Json } from './service.js';
import { bytesToText, textToBytes, type WireRequest, type WireResponse } from './wire/message.js';

const prefix = '/_sandbox/';

export const createControl =
  (control: Control): ((request: WireRequest) => Promise<WireResponse>) =>
  async (request) => {
    try {
      return await handle(control, request);
    } catch (error) {
      if (error instanceof ControlRefusal) return json({ code: error.code, message: error.message }, error.status);
      // A seed goes through the API's own handlers, and they refuse what AWS would refuse.
      if (error instanceof AwsError) return json({ code: error.code, message: `${error.code}: ${error.message}` }, 422);
      throw error;
    }
  };

const handle = async (control: Control, request: WireRequest): Promise<WireResponse> => {
  if (!hasToken(request, control.token))
    throw new ControlRefusal({
      status: 401,
      code: 'Unauthorized',
      message: 'the control API wants the bearer token of this sandbox',
    });
  const path = request.path.slice(prefix.length);
  const candidates = controlRoutes.filter((route) => matchPath(route, path) !== undefined);
  if (candidates.length === 0)
    throw new ControlRefusal({ status: 404, code: 'NotFound', message: `the control API has no ${path}` });
  const route = candidates.find(({ method }) => method === request.method);
  if (!route)
    throw new ControlRefusal({
      status: 405,
      code: 'MethodNotAllowed',
      message: `${path} takes ${candidates.map(({ method }) => method).join(', ')}`,
    });
  const params = matchPath(route, path) ?? {};
  // Not read before it is known to be JSON: a form post from a page never gets here.
  const body = route.method === 'GET' ? {} : readBody(request);
  const result = await route.run(control, { params, query: request.query, body, signal: request.signal });
  return isLines(result)
    ? { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: linesOf(result.lines) }
    : json(result, 200);
};

const hasToken = (request: WireRequest, token: string): boolean => {
  const given = Buffer.from(request.headers['authorization'] ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
};

/** `faults/:id` against `faults/f3` → `{id: 'f3'}`. */
const matchPath = (route: ControlRoute, path: string): Readonly<Record<string, string>> | undefined => {
  const wanted = route.path.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const actual = given[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(actual);
    else if (part !== actual) return undefined;
  }
  return params;
};

const readBody = (request: WireRequest): Readonly<Record<string, unknown>> => {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type !== 'application/json')
    throw new ControlRefusal({
      status: 415,
      code: 'UnsupportedMediaType',
      message: 'the control API takes application/json only',
    });
  try {
    const value: unknown = request.body.length === 0 ? {} : JSON.parse(bytesToText(request.body));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through: not JSON is refused like JSON that is no object.
  }
  throw new ControlRefusal({ status: 400, code: 'BadRequest', message: 'the body is not a JSON object' });
};

const isLines = (result: unknown): result is { readonly lines: AsyncIterable<unknown> } =>
  typeof result === 'object' && result !== null && 'lines' in result;

async function* linesOf(lines: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield textToBytes(`${JSON.stringify(line)}\n`);
}

const json = (value: unknown, status: number): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: textToBytes(JSON.stringify(value as Json)),
});

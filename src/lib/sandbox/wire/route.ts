/**
 * Which service, operation and protocol a request is for: X-Amz-Target (awsJson), /service/X/operation/Y (rpcv2Cbor),
 * the form's Action (query), else method and path (REST). The service itself is told by the credential scope.
 */
import type { ServiceModule } from '../service.js';
import { awsJson } from './aws-json.js';
import { rpcv2Cbor } from './cbor.js';
import { matchHttpRoute } from './http-routes.js';
import type { Protocol, WireRequest } from './message.js';
import { awsQuery, ec2Query, formParameters } from './query.js';
import { restJson1 } from './rest-json.js';
import { restXml } from './rest-xml.js';
import type { ServiceSchema } from './schema.js';

const awsJson10 = awsJson('1.0');
const awsJson11 = awsJson('1.1');

/** Services whose REST protocol is XML; the SDK's schema does not say it. */
const xmlServices: ReadonlySet<string> = new Set(['s3', 'route53', 'cloudfront']);

export interface CredentialScope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly signingName: string;
}

/** Access key, region and service that the request was signed for, by header or presigned URL. */
export const credentialScope = ({
  headers,
  query,
}: Pick<WireRequest, 'headers' | 'query'>): CredentialScope | undefined => {
  const text = /Credential=([^,\s]+)/.exec(headers['authorization'] ?? '')?.[1] ?? query.get('X-Amz-Credential') ?? '';
  const [accessKeyId, , region, signingName] = text.split('/');
  return accessKeyId && region && signingName ? { accessKeyId, region, signingName } : undefined;
};

export interface Route {
  readonly protocol: Protocol;
  /** Absent when no simulated service answers to this. */
  readonly module?: ServiceModule;
  readonly operation?: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Routing {
  readonly modules: readonly ServiceModule[];
  readonly schemaOf: (module: ServiceModule) => Promise<ServiceSchema>;
}

export const routeRequest = async (request: WireRequest, routing: Routing): Promise<Route> => {
  const target = request.headers['x-amz-target'];
  if (target !== undefined) return jsonRoute(target, request, routing);
  const rpc = /^\/service\/([^/]+)\/operation\/(\w+)$/.exec(request.path);
  if (rpc) return rpcRoute(rpc[1] as string, rpc[2] as string, request, routing);
  if (isForm(request)) return queryRoute(request, routing);
  return restRoute(request, routing);
};

const found = (module: ServiceModule | undefined, operation: string | undefined) => ({
  ...(module && { module }),
  ...(operation && { operation }),
});

const jsonRoute = (target: string, request: WireRequest, { modules }: Routing): Route => {
  const dot = target.lastIndexOf('.');
  const module = modules.find((candidate) => candidate.target === target.slice(0, dot));
  const protocol = request.headers['content-type']?.includes('x-amz-json-1.0') ? awsJson10 : awsJson11;
  return { protocol, labels: {}, ...found(module, target.slice(dot + 1)) };
};

const rpcRoute = (service: string, operation: string, request: WireRequest, { modules }: Routing): Route => {
  const scope = credentialScope(request);
  const module =
    modules.find((candidate) => candidate.target === service) ??
    modules.find((candidate) => candidate.signingName === scope?.signingName);
  return { protocol: rpcv2Cbor, labels: {}, ...found(module, operation) };
};

const isForm = ({ headers, query, method }: WireRequest): boolean =>
  headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true ||
  (method === 'GET' && query.has('Action') && query.has('Version'));

const queryRoute = (request: WireRequest, { modules }: Routing): Route => {
  const operation = formParameters(request).get('Action') ?? undefined;
  const scope = credentialScope(request);
  // Calls that AWS lets pass unsigned (AssumeRoleWithWebIdentity) have no scope: the operation alone tells.
  const module = scope
    ? preferWithOperation(
        modules.filter(({ signingName }) => signingName === scope.signingName),
        operation,
      )
    : modules.find(({ operations }) => operation !== undefined && Object.hasOwn(operations, operation));
  const isEc2 = (module?.signingName ?? scope?.signingName) === 'ec2';
  return { protocol: isEc2 ? ec2Query : awsQuery, labels: {}, ...found(module, operation) };
};

/** Two API generations can share a signing name (both Elastic Load Balancing APIs do). */
const preferWithOperation = (
  modules: readonly ServiceModule[],
  operation: string | undefined,
): ServiceModule | undefined =>
  modules.find(({ operations }) => operation !== undefined && Object.hasOwn(operations, operation)) ?? modules[0];

const restRoute = async (request: WireRequest, { modules, schemaOf }: Routing): Promise<Route> => {
  const signingName = credentialScope(request)?.signingName;
  const protocol = signingName !== undefined && xmlServices.has(signingName) ? restXml : restJson1;
  const candidates = modules.filter((module) => module.signingName === signingName);
  for (const module of candidates) {
    const match = matchHttpRoute(await schemaOf(module), request);
    if (match) return { protocol, module, ...match };
  }
  return { protocol, labels: {}, ...found(candidates[0], undefined) };
};

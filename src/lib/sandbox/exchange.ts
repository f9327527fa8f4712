/** A request on its way through the dispatcher, with what routing found out, and how the timeline tells of it. */
import type { Json, ServiceModule } from './service.js';
import type { Protocol, WireRequest } from './wire/message.js';
import { type CredentialScope, credentialScope, type Route } from './wire/route.js';
import type { Operation, ServiceSchema } from './wire/schema.js';
import type { World } from './world.js';

export const emptySchema: ServiceSchema = { operations: new Map(), errors: new Map() };

export interface Exchange {
  readonly request: WireRequest;
  readonly protocol: Protocol;
  readonly schema: ServiceSchema;
  readonly requestId: string;
  readonly scope: CredentialScope;
  readonly service: string;
  readonly operationName: string;
  readonly module?: ServiceModule;
  readonly operation?: Operation;
  readonly labels: Readonly<Record<string, string>>;
  readonly mutating: boolean;
}

const readsOnly = /^(Describe|List|Get|BatchGet|Filter|Head)/;

export const isMutating = (module: ServiceModule, operation: string): boolean =>
  module.mutating ? module.mutating(operation) : !readsOnly.test(operation);

export const exchangeOf = (
  request: WireRequest,
  { route, schema, requestId }: { readonly route: Route; readonly schema: ServiceSchema; readonly requestId: string },
): Exchange => {
  const scope = credentialScope(request) ?? { accessKeyId: 'unsigned', region: 'us-east-1', signingName: 'unknown' };
  const operationName = route.operation ?? `${request.method} ${request.path}`;
  const operation = schema.operations.get(operationName);
  return {
    request,
    protocol: route.protocol,
    schema,
    requestId,
    scope,
    service: route.module?.id ?? request.headers['x-amz-target']?.split('.')[0] ?? scope.signingName,
    operationName,
    ...(route.module && { module: route.module }),
    ...(operation && { operation }),
    labels: route.labels,
    mutating: route.module ? isMutating(route.module, operationName) : !readsOnly.test(operationName),
  };
};

/** What the timeline will say about the call, filled in on the way. */
export interface Note {
  summary?: Json;
}

export const recordCall = (
  exchange: Exchange,
  world: World,
  { note, status, error }: { readonly note: Note; readonly status: number; readonly error?: string },
): void => {
  world.record({
    kind: 'call',
    region: exchange.scope.region,
    service: exchange.service,
    operation: exchange.operationName,
    mutating: exchange.mutating,
    caller: callerOf(exchange),
    status,
    ...(error !== undefined && { error }),
    ...(note.summary !== undefined && { summary: note.summary }),
  });
};

/** The access key and the program: an app id, or this CLI's own name, says more than the SDK's. */
const callerOf = ({ scope, request }: Exchange): string => {
  const userAgent = request.headers['user-agent'] ?? '';
  const program =
    /(?:(?<=(?:^|\s)app\/)|(?<=^|\s)(?=platform\/))\S+/.exec(userAgent)?.[0] ?? userAgent.split(' ')[0] ?? '';
  return program ? `${scope.accessKeyId} ${program.slice(0, 80)}` : scope.accessKeyId;
};

/**
 * One request in, one answer out, without sockets: routes it, decodes it, asks the fault plan and the rate limits, runs
 * the handler and encodes what it says. Every call is in the timeline. The part of a handler before its first `await`
 * runs without anything else in between, and so does all of it from the fault's decision on.
 * server.ts puts HTTP around it, in-process.ts an SDK request handler; wire/ holds the protocols.
 */
import { type Exchange, emptySchema, exchangeOf, type Note, recordCall } from './exchange.js';
import type { Fault, FaultPlan } from './fault-plan.js';
import { takeTokens } from './rate-limits.js';
import { AwsError, type Call, type ServiceModule } from './service.js';
import type { Upstream } from './upstream.js';
import { decodeBody } from './wire/body.js';
import {
  accessDenied,
  expiredCredentials,
  internalFailure,
  notPartOfSandbox,
  serverError,
  throttled,
  toWireError,
} from './wire/errors.js';
import { encodeEventStream, eventStreamContentType } from './wire/event-stream.js';
import type { WireRequest, WireResponse } from './wire/message.js';
import { routeRequest } from './wire/route.js';
import { isObject, type Structure } from './wire/scalars.js';
import { type Operation, readServiceSchema, type ServiceSchema, streamMember } from './wire/schema.js';
import { summaryOf } from './wire/summary.js';
import { refuseMissingMembers } from './wire/validate.js';
import type { World } from './world.js';

export type { WireRequest, WireResponse } from './wire/message.js';

/** The caller gets no answer at all: server.ts cuts the connection, in-process.ts makes it a network error. */
export class ConnectionDropped extends Error {
  constructor() {
    super('the sandbox dropped the connection on purpose');
    this.name = 'ConnectionDropped';
  }
}

export interface DispatcherOptions {
  readonly world: World;
  readonly modules: readonly ServiceModule[];
  readonly faults?: FaultPlan;
  /** Default: enforced. */
  readonly limits?: 'enforced' | 'off';
  /** Where calls go that the sandbox does not know. */
  readonly upstream?: Upstream;
}

export interface Dispatcher {
  handle(request: WireRequest): Promise<WireResponse>;
}

export const createDispatcher = (options: DispatcherOptions): Dispatcher => {
  const schemas = new Map<string, Promise<ServiceSchema>>();
  const schemaOf = (module: ServiceModule): Promise<ServiceSchema> => {
    const known = schemas.get(module.id) ?? module.loadSchema().then(readServiceSchema);
    schemas.set(module.id, known);
    return known;
  };
  // Not from the world's random numbers: how often a client polls must not change what happens in the world.
  let requests = 0;
  const nextRequestId = (): string => `00000000-0000-4000-8000-${(++requests).toString(16).padStart(12, '0')}`;

  return {
    handle: async (request) => {
      const route = await routeRequest(request, { modules: options.modules, schemaOf });
      const schema = route.module ? await schemaOf(route.module) : emptySchema;
      const exchange = exchangeOf(request, { route, schema, requestId: nextRequestId() });
      return answer(exchange, options);
    },
  };
};

const answer = async (exchange: Exchange, options: DispatcherOptions): Promise<WireResponse> => {
  const note: Note = {};
  try {
    const response = await run(exchange, options, note);
    recordCall(exchange, options.world, { note, status: response.status });
    return response;
  } catch (error) {
    if (error instanceof ConnectionDropped) throw error;
    return refuse(exchange, options.world, { note, error });
  }
};

const refuse = (
  exchange: Exchange,
  world: World,
  { note, error }: { readonly note: Note; readonly error: unknown },
): WireResponse => {
  const { protocol, schema, request, requestId } = exchange;
  const refusal =
    error instanceof AwsError ? error : internalFailure(error instanceof Error ? error.message : String(error));
  const wire = toWireError(refusal, protocol.id, schema);
  recordCall(exchange, world, { note, status: wire.status, error: refusal.code });
  return withRequestId(protocol.writeError(wire, { schema, requestId, request }), requestId);
};

const run = async (exchange: Exchange, options: DispatcherOptions, note: Note): Promise<WireResponse> => {
  const { protocol, schema, labels, operationName } = exchange;
  const handler =
    exchange.module && Object.hasOwn(exchange.module.operations, operationName)
      ? exchange.module.operations[operationName]
      : undefined;
  if (!handler || !exchange.operation || !exchange.module) {
    if (options.upstream) return options.upstream.forward(exchange.request);
    throw notPartOfSandbox(`${exchange.service}:${operationName}`);
  }
  const request = decodeBody(exchange.request);
  const input = protocol.readInput({ operation: exchange.operation, request, labels });
  const summary = summaryOf(input);
  if (summary !== undefined) note.summary = summary;
  const fault = await decideFault(exchange, options, note);
  // From here to the handler's own first await nothing else runs.
  refuseByFault(fault, exchange, options.world);
  refuseByLimit(exchange, exchange.module, options);
  refuseMissingMembers(exchange.operation, input, { protocol: protocol.id, schema });
  const result = handler(input, callOf(exchange, options.world));
  const output = result instanceof Promise ? await result : result;
  failAfterwards(fault, exchange, options.world, note);
  return encode(exchange, exchange.operation, isObject(output) ? output : {});
};

const callOf = ({ scope, operationName, request }: Exchange, world: World): Call => ({
  world,
  region: scope.region,
  account: world.state.account,
  operation: operationName,
  caller: { accessKeyId: scope.accessKeyId, userAgent: request.headers['user-agent'] ?? '' },
  signal: request.signal,
});

const decideFault = async (exchange: Exchange, { faults }: DispatcherOptions, note: Note): Promise<Fault> => {
  if (!faults) return { kind: 'none' };
  const fault = faults.decide({
    service: exchange.service,
    operation: exchange.operationName,
    region: exchange.scope.region,
    mutating: exchange.mutating,
    accessKeyId: exchange.scope.accessKeyId,
    ...(note.summary !== undefined && { summary: note.summary }),
  });
  if (fault.kind === 'delay') await faults.wait(fault.delayMs, exchange.request.signal);
  return fault;
};

const refuseByFault = (fault: Fault, exchange: Exchange, world: World): void => {
  const { protocol, service, operationName, schema } = exchange;
  switch (fault.kind) {
    case 'none':
    case 'delay':
    case 'error-after-write':
    case 'lose-answer':
      return;
    case 'throttle':
      throw throttled(protocol.id);
    case 'deny':
      throw accessDenied(protocol.id, {
        principal: `arn:aws:iam::${world.state.account}:user/sandbox`,
        action: `${exchange.module?.actionPrefix ?? exchange.module?.signingName ?? service}:${operationName}`,
      });
    case 'expired-credentials':
      throw expiredCredentials(protocol.id);
    case 'error-before':
      throw faultError(fault, schema);
    case 'drop-request':
      recordCall(exchange, world, { note: {}, status: 0, error: 'RequestDropped' });
      throw new ConnectionDropped();
  }
};

const failAfterwards = (fault: Fault, exchange: Exchange, world: World, note: Note): void => {
  if (fault.kind === 'error-after-write') throw faultError(fault, exchange.schema);
  if (fault.kind !== 'lose-answer') return;
  recordCall(exchange, world, { note, status: 0, error: 'AnswerLost' });
  throw new ConnectionDropped();
};

const faultError = (
  fault: { readonly code?: string; readonly message?: string; readonly status?: number },
  schema: ServiceSchema,
): AwsError => {
  const usual = serverError(schema);
  return new AwsError(fault.code ?? usual.code, fault.message ?? usual.message, fault.status ?? usual.status);
};

const refuseByLimit = (exchange: Exchange, module: ServiceModule, { limits, world }: DispatcherOptions): void => {
  if (limits === 'off') return;
  const exhausted = takeTokens(world, { module, region: exchange.scope.region, operation: exchange.operationName });
  if (!exhausted) return;
  const { message, status } = throttled(exchange.protocol.id);
  throw new AwsError(exhausted.code, message, status);
};

const encode = (exchange: Exchange, operation: Operation, output: Structure): WireResponse => {
  const { protocol, schema, requestId, request } = exchange;
  const context = { operation, schema, requestId, request };
  const member = streamMember(operation.output);
  if (!member) return withRequestId(protocol.writeOutput(output, context), requestId);
  if (member.shape.kind !== 'union') return withRequestId(asStream(protocol.writeOutput(output, context)), requestId);
  const { [member.name]: events, ...rest } = output;
  const first = protocol.writeOutput(rest, context);
  const isRest = protocol.id === 'restJson1' || protocol.id === 'restXml';
  const body = encodeEventStream({
    union: member.shape,
    events: events as AsyncIterable<unknown>,
    codec: protocol.events,
    ...(!isRest && first.body instanceof Uint8Array && { initial: first.body }),
    signal: request.signal,
  });
  const headers = { ...first.headers, 'content-type': eventStreamContentType };
  return withRequestId({ status: first.status, headers, body }, requestId);
};

/** Clients read a streaming body as a stream, however small it is. */
const asStream = (response: WireResponse): WireResponse => {
  const { body } = response;
  if (!(body instanceof Uint8Array)) return response;
  const headers = { 'content-length': String(body.length), ...response.headers };
  return { ...response, headers, body: inOnePiece(body) };
};

async function* inOnePiece(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

const withRequestId = (response: WireResponse, requestId: string): WireResponse => ({
  ...response,
  headers: { 'x-amzn-requestid': requestId, ...response.headers },
});

/** HTTP messages as the sandbox sees them (no sockets here), and what each wire protocol must be able to do. */
import type { AwsError } from '../service.js';
import type { Structure } from './scalars.js';
import type { Operation, ServiceSchema } from './schema.js';

export interface WireRequest {
  readonly method: string;
  /** Path without the query, percent-encoded as it came. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Ends when the client goes away. */
  readonly signal: AbortSignal;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

export type ProtocolId = 'awsJson1_0' | 'awsJson1_1' | 'awsQuery' | 'ec2Query' | 'restJson1' | 'restXml' | 'rpcv2Cbor';

export interface ReadContext {
  readonly operation: Operation;
  readonly request: WireRequest;
  /** Decoded path labels (REST only). */
  readonly labels: Readonly<Record<string, string>>;
}

export interface WriteContext {
  readonly operation: Operation;
  readonly schema: ServiceSchema;
  readonly requestId: string;
  readonly request: WireRequest;
}

/** An error with its wire code and status already settled (errors.ts). */
export interface WireError {
  readonly code: string;
  readonly status: number;
  /** Who is at fault, as awsQuery says it. */
  readonly type: 'Sender' | 'Receiver';
  readonly source: AwsError;
}

export interface Protocol {
  readonly id: ProtocolId;
  readInput(context: ReadContext): Record<string, unknown>;
  writeOutput(output: Structure, context: WriteContext): WireResponse;
  writeError(error: WireError, context: Omit<WriteContext, 'operation'>): WireResponse;
  /** One event of a stream: its payload and content type. */
  readonly events: EventCodec;
}

export interface EventCodec {
  readonly contentType: string;
  write(shape: import('./schema.js').Shape, value: unknown): Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export const textToBytes = (text: string): Uint8Array => encoder.encode(text);

/** Throws a TypeError when the bytes are not UTF-8. */
export const bytesToText = (bytes: Uint8Array): string => decoder.decode(bytes);

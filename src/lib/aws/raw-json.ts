/**
 * The answer of an awsJson call as the bytes that came. The SDK walks its schema for every member of every event, which
 * takes longer than everything else together when ten thousand of them come in a page; CloudWatch Logs' members are JSON
 * numbers and strings already. The SDK still signs, sends, and turns failures into its errors.
 */
interface Response {
  statusCode?: number;
  body?: unknown;
}

type Handler = (args: never) => Promise<{ response: unknown; output?: unknown }>;

interface Stack {
  add(
    middleware: (next: Handler) => Handler,
    options: { step: 'deserialize'; priority: 'low'; name: string; override: true },
  ): void;
}

/** Bodies are put together in buffers that are used again: megabytes per page would wait long for the collector. */
const spare: Buffer[] = [];
const keptSpare = 3;
const firstSize = 2_500_000;

export interface RawBody {
  readonly bytes: Buffer;
  /** The bytes are not looked at any more. */
  release(): void;
}

const bodyOf = async (body: unknown): Promise<RawBody> => {
  if (body instanceof Uint8Array)
    return { bytes: Buffer.from(body.buffer, body.byteOffset, body.byteLength), release: () => undefined };
  let buffer = spare.pop() ?? Buffer.allocUnsafeSlow(firstSize);
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    if (length + chunk.length > buffer.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (length + chunk.length));
      buffer.copy(larger, 0, 0, length);
      buffer = larger;
    }
    buffer.set(chunk, length);
    length += chunk.length;
  }
  let isHeld = true;
  return {
    bytes: buffer.subarray(0, length),
    release: () => {
      if (isHeld && spare.length < keptSpare) spare.push(buffer);
      isHeld = false;
    },
  };
};

const empty = new TextEncoder().encode('{}');

/** Puts itself next to the wire: it takes the body of a good answer and leaves `{}` for the SDK to read. */
export const takeRawJson = (command: { readonly middlewareStack: unknown }): { readonly body: () => RawBody } => {
  let body: RawBody = { bytes: Buffer.from('{}'), release: () => undefined };
  (command.middlewareStack as Stack).add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as Response;
      if (response.statusCode === 200) {
        body = await bodyOf(response.body);
        response.body = empty;
      }
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'platformRawJson', override: true },
  );
  return { body: () => body };
};

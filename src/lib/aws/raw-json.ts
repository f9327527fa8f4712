/**
 * The answer of an awsJson call as JSON.parse gives it. The SDK walks its schema for every member of every event, which
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

/** Bodies are put together in buffers that are used again: a megabyte per page would wait long for the collector. */
const spare: Buffer[] = [];
const firstSize = 4 * 1024 * 1024;

const textOf = async (body: unknown): Promise<string> => {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  let buffer = spare.pop() ?? Buffer.allocUnsafeSlow(firstSize);
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (length + chunk.length > buffer.length) {
        const larger = Buffer.allocUnsafeSlow(2 * (length + chunk.length));
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      buffer.set(chunk, length);
      length += chunk.length;
    }
    return buffer.toString('utf8', 0, length);
  } finally {
    if (spare.length < 2) spare.push(buffer);
  }
};

const empty = new TextEncoder().encode('{}');

/** Puts itself next to the wire: it takes the body of a good answer and leaves `{}` for the SDK to read. */
export const takeRawJson = (command: { readonly middlewareStack: unknown }): { readonly json: () => unknown } => {
  let parsed: unknown;
  (command.middlewareStack as Stack).add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as Response;
      if (response.statusCode === 200) {
        parsed = JSON.parse(await textOf(response.body));
        response.body = empty;
      }
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'platformRawJson', override: true },
  );
  return { json: () => parsed };
};

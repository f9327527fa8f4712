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

const bytesOf = async (body: unknown): Promise<Buffer> => {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk));
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
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
        parsed = JSON.parse((await bytesOf(response.body)).toString('utf8'));
        response.body = empty;
      }
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'platformRawJson', override: true },
  );
  return { json: () => parsed };
};

/**
 * The real JavaScript clients send generated input for every operation of every installed service and are answered with
 * generated output; both sides must see exactly what the other sent. Misses are listed here with their reason.
 */
import { expect, it } from 'vitest';
import { createDispatcher } from '../../../src/lib/sandbox/dispatch.js';
import { type Operation, streamMember } from '../../../src/lib/sandbox/wire/schema.js';
import { World } from '../../../src/lib/sandbox/world.js';
import {
  type FuzzService,
  fuzzServices,
  type LoadedFuzzService,
  loadFuzzService,
} from '../../helpers/fuzz-services.js';
import { inProcessConfig } from '../../helpers/sandbox-client.js';
import { asForm, firstDifference, ValueGenerator, type Variant, variants } from '../../helpers/shape-values.js';

interface Miss {
  readonly service: string;
  readonly operation: string;
  readonly variant: Variant;
  readonly side: 'request' | 'response' | 'error';
  readonly detail: string;
}

interface KnownMiss {
  readonly reason: string;
  readonly matches: (miss: Miss) => boolean;
}

const knownMisses: readonly KnownMiss[] = [
  {
    reason: 'the EC2 client fills in DestinationRegion (and a presigned URL) by itself',
    matches: ({ service, operation, side, detail }) =>
      service === 'ec2' &&
      operation === 'CopySnapshot' &&
      side === 'request' &&
      /^(DestinationRegion|PresignedUrl)/.test(detail),
  },
];

const seed = Number(process.env['PLATFORM_TEST_SEED'] ?? 0) || 1 + Math.floor(Math.random() * 1_000_000_000);

type Client = { send(command: unknown): Promise<Record<string, unknown>>; destroy(): void };
type Constructor = new (input: unknown) => never;

const exchange = { output: {} as Record<string, unknown>, received: undefined as unknown };

const handler = (_operation: string, input: unknown): unknown => {
  exchange.received = input;
  return exchange.output;
};

/** What the handler answers: an event stream becomes an async iterable of its events. */
const answerOf = (operation: Operation, output: Record<string, unknown>): Record<string, unknown> => {
  const member = streamMember(operation.output);
  if (member?.shape.kind !== 'union') return output;
  const events = output[member.name] as readonly unknown[];
  return {
    ...output,
    [member.name]: (async function* () {
      yield* events;
    })(),
  };
};

const outputOf = (operation: Operation, generator: ValueGenerator): Record<string, unknown> => {
  if (!operation.output) return {};
  const output = generator.structure(operation.output);
  const member = streamMember(operation.output);
  if (member?.shape.kind !== 'union') return output;
  const events = member.shape.members.filter(({ shape }) => shape.kind === 'structure' && !shape.traits.error);
  return {
    ...output,
    [member.name]: events.map(({ name, shape }) => ({
      [name]: shape.kind === 'structure' ? generator.structure(shape) : {},
    })),
  };
};

const collected = async (operation: Operation, output: Record<string, unknown>): Promise<Record<string, unknown>> => {
  const member = streamMember(operation.output);
  if (member?.shape.kind !== 'union') return output;
  const events: unknown[] = [];
  for await (const event of output[member.name] as AsyncIterable<unknown>) events.push(event);
  return { ...output, [member.name]: events };
};

/** A form has no way to write some empty values; the handler then sees nothing, on AWS too. */
const sentInput = ({ protocol }: FuzzService, input: unknown): unknown =>
  protocol === 'awsJson1_1' ? input : (asForm(input, protocol) ?? {});

/** Clients fill in idempotency tokens that the caller left out. */
const withoutTokens = (operation: Operation, input: Record<string, unknown>, received: unknown): unknown => {
  const tokens = operation.input?.members.filter(
    ({ name, traits }) => traits.idempotencyToken && input[name] === undefined,
  );
  const result = { ...(received as Record<string, unknown>) };
  for (const { name } of tokens ?? []) delete result[name];
  return result;
};

const runCase = async (
  { service, exports }: LoadedFuzzService,
  { client, operation, variant }: { readonly client: Client; readonly operation: Operation; readonly variant: Variant },
): Promise<readonly Miss[]> => {
  const isJson = service.protocol === 'awsJson1_1';
  const seedHere = seed + operation.name.length;
  const inputs = new ValueGenerator({ variant, seed: seedHere, medium: isJson ? 'json' : 'form' });
  const outputs = new ValueGenerator({ variant, seed: seedHere + 1, medium: isJson ? 'json' : 'xml' });
  const Command = exports[`${operation.name}Command`] as Constructor;
  const input = operation.input ? inputs.structure(operation.input) : {};
  const output = outputOf(operation, outputs);
  exchange.output = answerOf(operation, output);
  exchange.received = undefined;
  const found = { service: service.id, operation: operation.name, variant };
  try {
    const answer = await collected(operation, await client.send(new Command(structuredClone(input))));
    const request = firstDifference(sentInput(service, input), withoutTokens(operation, input, exchange.received));
    const response = firstDifference(output, answer);
    return [
      ...(request ? [{ ...found, side: 'request' as const, detail: request }] : []),
      ...(response ? [{ ...found, side: 'response' as const, detail: response }] : []),
    ];
  } catch (error) {
    return [{ ...found, side: 'error', detail: String(error).slice(0, 300) }];
  }
};

const fuzz = async (
  service: FuzzService,
  protocol?: object,
): Promise<{ readonly misses: readonly Miss[]; readonly cases: number }> => {
  const loaded = await loadFuzzService(service, handler);
  const world = new World([loaded.module], { now: 1_800_000_000_000, sandboxId: 'fuzz' });
  const dispatcher = createDispatcher({ world, modules: [loaded.module] });
  const Client = loaded.exports[service.client] as new (config: unknown) => Client;
  const client = new Client({ ...inProcessConfig(dispatcher), ...(protocol && { protocol }) });
  const misses: Miss[] = [];
  for (const operation of loaded.schema.operations.values()) {
    for (const variant of variants) misses.push(...(await runCase(loaded, { client, operation, variant })));
  }
  client.destroy();
  return { misses, cases: loaded.schema.operations.size * variants.length };
};

const totals = { sides: 0, exact: 0 };

const report = (
  name: string,
  { misses, cases }: { readonly misses: readonly Miss[]; readonly cases: number },
): void => {
  totals.sides += cases * 2;
  totals.exact += cases * 2 - misses.length;
  process.stdout.write(`fuzz-js ${name}: ${cases * 2 - misses.length} of ${cases * 2} exact\n`);
  for (const miss of misses) process.stdout.write(`  ${JSON.stringify(miss)}\n`);
  expect(misses.filter((miss) => !knownMisses.some((known) => known.matches(miss)))).toEqual([]);
};

for (const service of fuzzServices) {
  it(`carries every operation of ${service.id} to the handler and back unchanged (seed ${seed})`, async () => {
    report(service.id, await fuzz(service));
  }, 600_000);
}

// The JavaScript clients speak CBOR when they are told to; botocore does so by itself with CloudWatch.
it.each(['ecs', 'logs', 'cloudwatch'])(`carries every operation of %s by rpcv2Cbor, too (seed ${seed})`, async (id) => {
  const service = fuzzServices.find((candidate) => candidate.id === id) as FuzzService;
  const { AwsSmithyRpcV2CborProtocol } = await import('@aws-sdk/core/protocols');
  const options = { defaultNamespace: `com.amazonaws.${id}`, serviceTarget: service.target ?? '' };
  report(`${id} by rpcv2Cbor`, await fuzz(service, new AwsSmithyRpcV2CborProtocol(options)));
}, 600_000);

it('is exact in at least 99.8 % of all requests and responses', () => {
  process.stdout.write(`fuzz-js all: ${totals.exact} of ${totals.sides} exact (seed ${seed})\n`);
  expect(totals.exact / totals.sides).toBeGreaterThanOrEqual(0.998);
});

/**
 * The second, independent fuzz: botocore makes input and wanted output from its own models, sends it through the HTTP
 * server, and compares both directions. It knows nothing of the SDK's schemas. Misses are listed with their reason.
 */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createDispatcher } from '../../../src/lib/sandbox/dispatch.js';
import { startServer } from '../../../src/lib/sandbox/server.js';
import {
  bytesToText,
  textToBytes,
  type WireRequest,
  type WireResponse,
} from '../../../src/lib/sandbox/wire/message.js';
import { World } from '../../../src/lib/sandbox/world.js';
import { fuzzServices, loadFuzzService } from '../../helpers/fuzz-services.js';
import { pythonOrSkip } from '../../helpers/python.js';

interface Miss {
  readonly service: string;
  readonly operation: string;
  readonly variant: string;
  readonly side: 'request' | 'response' | 'error';
  readonly detail: string;
}

interface Counts {
  readonly sides: number;
  readonly exact: number;
  readonly unknownToBotocore: number;
  readonly skipped: readonly string[];
}

interface KnownMiss {
  readonly reason: string;
  readonly matches: (miss: Miss) => boolean;
}

/** Each is sent in this many variants (VARIANTS in botocore-fuzz.py), with two sides to compare. */
const variants = 6;
const unsignedOperations = ['AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity'];

const unsigned: KnownMiss = {
  reason: 'AWS takes these two unsigned; the sandbox refuses every unsigned call, by rule',
  matches: ({ service, operation, side, detail }) =>
    service === 'sts' &&
    unsignedOperations.includes(operation) &&
    side === 'error' &&
    detail.includes('MissingAuthenticationToken'),
};

const knownMisses: readonly KnownMiss[] = [
  unsigned,
  {
    reason: 'botocore fills in DestinationRegion and a presigned URL by itself',
    matches: ({ service, operation, side, detail }) =>
      service === 'ec2' &&
      operation === 'CopySnapshot' &&
      side === 'request' &&
      /^(DestinationRegion|PresignedUrl)/.test(detail),
  },
  {
    reason: 'botocore decodes the output of GetConsoleOutput as base64, which AWS sends and the fuzz does not',
    matches: ({ service, operation, side, detail }) =>
      service === 'ec2' && operation === 'GetConsoleOutput' && side === 'response' && detail.startsWith('Output:'),
  },
  {
    reason: 'botocore parses policy documents of IAM; a generated text is now and then JSON by accident',
    matches: ({ service, side, detail }) => service === 'iam' && side === 'response' && isParsedText(detail),
  },
];

/** `Role.AssumeRolePolicyDocument: expected "true", got true`: one value, once as text and once parsed. */
const isParsedText = (detail: string): boolean => {
  const [, expected, got] = /Document: expected (".*"), got (.*)$/s.exec(detail) ?? [];
  if (expected === undefined || got === undefined) return false;
  try {
    return isDeepStrictEqual(JSON.parse(JSON.parse(expected)), JSON.parse(got));
  } catch {
    return false;
  }
};

const seed = Number(process.env['PLATFORM_TEST_SEED'] ?? 0) || 1 + Math.floor(Math.random() * 1_000_000_000);

/** Dates and bytes are marked, as the Python side writes them. */
const fromTagged = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(fromTagged);
  if (typeof value !== 'object' || value === null) return value;
  const { $date, $blob } = value as { $date?: number; $blob?: string };
  if ($date !== undefined) return new Date($date);
  if ($blob !== undefined) return new Uint8Array(Buffer.from($blob, 'base64'));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromTagged(item)]));
};

const toTagged = (value: unknown): unknown => {
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Uint8Array) return { $blob: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(toTagged);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toTagged(item)]));
};

const startFuzzServer = async () => {
  const exchange = { output: {} as unknown, received: {} as unknown };
  const loaded = [];
  for (const service of fuzzServices) {
    loaded.push(
      await loadFuzzService(service, (_operation, input) => {
        exchange.received = input;
        return exchange.output;
      }),
    );
  }
  const modules = loaded.map(({ module }) => module);
  const world = new World(modules, { now: 1_800_000_000_000, sandboxId: 'fuzz' });
  const control = async ({ body }: WireRequest): Promise<WireResponse> => {
    const message = JSON.parse(bytesToText(body)) as { output?: unknown };
    if (message.output !== undefined) exchange.output = fromTagged(message.output);
    const answer = JSON.stringify({ received: toTagged(exchange.received) });
    return { status: 200, headers: { 'content-type': 'application/json' }, body: textToBytes(answer) };
  };
  const server = await startServer({ dispatcher: createDispatcher({ world, modules }), control });
  const operations: Record<string, readonly string[]> = Object.fromEntries(
    loaded.map(({ service, schema }) => [service.id, [...schema.operations.keys()]]),
  );
  // Today's botocore speaks CBOR with CloudWatch; earlier ones spoke JSON, and forms before.
  for (const protocol of ['json', 'query']) operations[`cloudwatch:${protocol}`] = operations['cloudwatch'] ?? [];
  return { server, operations };
};

it(`understands botocore, and botocore it, in every operation that both know (seed ${seed})`, async (context) => {
  const python = await pythonOrSkip(['boto3'], context.skip);
  const { server, operations } = await startFuzzServer();
  try {
    const script = resolve('test/fixtures/botocore-fuzz.py');
    const { stdout } = await promisify(execFile)(
      python.executable,
      [script, server.endpoint, String(seed), JSON.stringify(operations)],
      { maxBuffer: 256 * 1024 * 1024, env: { PATH: process.env['PATH'], HOME: process.env['HOME'] } },
    );
    const lines = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Miss | { service: string; counts: Counts });
    const counts = lines.flatMap((line) => ('counts' in line ? [line] : []));
    const misses = lines.flatMap((line) => ('counts' in line ? [] : [line]));
    const sum = (of: (item: Counts) => number): number => counts.reduce((total, line) => total + of(line.counts), 0);
    for (const { service, counts: found } of counts) {
      process.stdout.write(
        `fuzz-botocore ${service}: ${found.exact} of ${found.sides} exact; ${found.unknownToBotocore} operations unknown to botocore; streams left out: ${found.skipped.join(', ') || 'none'}\n`,
      );
    }
    const reasonOf = (miss: Miss): string | undefined => knownMisses.find((known) => known.matches(miss))?.reason;
    for (const miss of misses.slice(0, 400)) {
      process.stdout.write(`  ${JSON.stringify({ ...miss, reason: reasonOf(miss) ?? 'none' })}\n`);
    }
    const refused = misses.filter(unsigned.matches).length;
    const exact = sum((c) => c.exact);
    const signable = sum((c) => c.sides) - 2 * refused;
    process.stdout.write(
      `fuzz-botocore all: ${exact} of ${signable} exact in operations that can be signed, ${refused} unsigned calls refused (seed ${seed})\n`,
    );
    expect(counts.map(({ service }) => service)).toEqual(Object.keys(operations));
    expect(misses.filter((miss) => reasonOf(miss) === undefined).slice(0, 20)).toEqual([]);
    expect(refused).toBe(unsignedOperations.length * variants);
    // Every miss is explained above; this is against an explanation that swallows more than its case.
    expect(exact / signable).toBeGreaterThanOrEqual(0.998);
  } finally {
    await server.close();
  }
}, 600_000);

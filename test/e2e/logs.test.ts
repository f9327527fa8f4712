import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operator, type Shop, startShop } from '../helpers/e2e-shop.js';
import { binary } from '../helpers/run-cli.js';

/** The built CLI and its pipes: what only a real process can show. */
const events = 60_000;
let shop: Shop;
let operator: Operator;

const load = async (): Promise<void> => {
  const client = new CloudWatchLogsClient({
    endpoint: shop.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  });
  const at = { logGroupName: '/ecs/shop-staging-api', logStreamName: 'api/api/0123456789abcdef0123456789abcdef' };
  await client.send(new CreateLogStreamCommand(at));
  const now = Date.now();
  for (let first = 0; first < events; first += 5_000)
    await client.send(
      new PutLogEventsCommand({
        ...at,
        logEvents: Array.from({ length: 5_000 }, (_, index) => ({
          timestamp: now - events + first + index,
          message: `n=${first + index} ${'x'.repeat(120)}`,
        })),
      }),
    );
  client.destroy();
};

beforeAll(async () => {
  shop = await startShop({ flags: ['--log-events', '100000'] });
  operator = shop.operator();
  await load();
}, 120_000);

afterAll(async () => {
  operator.remove();
  await shop.stop();
});

const started = (argv: readonly string[]) =>
  spawn(process.execPath, [binary, ...argv], {
    cwd: shop.project,
    env: { ...operator.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const ended = (child: ReturnType<typeof started>): Promise<{ readonly code: number | null; readonly stderr: string }> =>
  new Promise((resolve) => {
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('close', (code) => resolve({ code, stderr }));
  });

const search = ['logs', 'search', 'api', '--since', '24h', '--format', 'message'];

describe('logs through a pipe', () => {
  it('end quietly when the reader has had enough', async () => {
    const child = started(search);
    const end = ended(child);
    child.stdout.once('data', () => child.stdout.destroy());
    const { code, stderr } = await end;
    expect(code).toBe(0);
    expect(stderr.split('\n').filter(Boolean)).toEqual([expect.stringMatching(/^SANDBOX/)]);
  });

  it('wait for a reader that is asleep, in little memory, and lose nothing', async () => {
    const child = started(search);
    const end = ended(child);
    const peakMb = (): number =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    // Its pipe is full when its memory no longer grows.
    let before = 0;
    for (let quiet = 0; quiet < 20; ) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const now = peakMb();
      quiet = now === before && now > 60 ? quiet + 1 : 0;
      before = now;
    }
    expect(child.exitCode).toBeNull();
    expect(before).toBeLessThan(160);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    expect((await end).code).toBe(0);
    const numbers = [...text.matchAll(/^n=(\d+) /gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: events }, (_, index) => index));
  });

  it('are stopped by Ctrl-C while the reader is asleep', async () => {
    const child = started(search);
    const end = ended(child);
    await new Promise((resolve) => child.stdout.once('readable', resolve));
    child.kill('SIGINT');
    // Nobody reads any more; a second signal must not be needed.
    const { code, stderr } = await end;
    expect(code).toBe(130);
    expect(stderr).not.toMatch(/ at |unexpected/);
  });
});

describe('following', () => {
  it('is ended by Ctrl-C: 130, nothing on stderr but where we are, and as NDJSON the envelope at the end', async () => {
    const child = started(['logs', 'tail', 'api', '-n', '2', '--follow', '--output', 'ndjson']);
    const end = ended(child);
    let text = '';
    let isSent = false;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (isSent || !text.includes('\n')) return;
      isSent = true;
      child.kill('SIGINT');
    });
    const { code, stderr } = await end;
    expect(code).toBe(130);
    expect(stderr.split('\n').filter(Boolean)).toHaveLength(1);
    const documents = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents[0]).toMatchObject({ service: 'api', stream: expect.any(String), fields: {} });
    expect(documents.at(-1)).toMatchObject({
      schema: 'platform.logs.tail/1',
      ok: false,
      exitCode: 130,
      result: { shown: documents.length - 1 },
    });
  });

  it('and --json do not go together', async () => {
    const result = await operator.platform(['logs', 'tail', '--follow', '--json']);
    expect(result.exitCode).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({
      ok: false,
      error: { code: 'E_USAGE', hints: ['--follow --output ndjson'] },
    });
  });
});

/**
 * Reading logs: 100,000 and 1,000,000 events in 50 streams of one group, by `platform logs search` and `tail` into a pipe,
 * the AWS CLI and awslogs, against one sandbox each without and with AWS's request limits. Measured in one run: events a
 * second (start of the program to its end), peak memory (VmHWM while it runs), loss and order of what came out.
 * EVENTS=100000,1000000 and LIMITED=100000 choose less.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { pythonWith } from '../helpers/python.js';
import { type Budget, budgetLine, isKept, machineLine, report } from './results.js';

const streams = 50;
const group = '/ecs/shop-staging-api';
const region = 'us-east-1';
const binary = join(process.cwd(), 'bin', 'run.js');
const numbers = (name: string, fallback: string): readonly number[] =>
  (process.env[name] ?? fallback).split(',').filter(Boolean).map(Number);
const sizes = numbers('EVENTS', '100000,1000000');
const limitedSizes = numbers('LIMITED', '100000,1000000');
/** AWS's documented rate of FilterLogEvents and its burst, as the sandbox enforces them. */
const quota = { perSecond: 5, burst: 5 };

const folder = mkdtempSync(join(tmpdir(), 'platform-bench-logs-'));
const env: Record<string, string> = {
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  XDG_STATE_HOME: join(folder, 'state'),
  PLATFORM_SANDBOX: '1',
  TZ: 'UTC',
};
const project = join(folder, 'shop');
mkdirSync(project);

const platform = (argv: readonly string[]): string =>
  execFileSync(process.execPath, [binary, ...argv], { cwd: project, env, encoding: 'utf8', maxBuffer: 1 << 26 });

interface Sandbox {
  readonly endpoint: string;
  readonly pid: number;
  readonly now: () => Promise<number>;
}

const startSandbox = (limits: 'limited' | 'unlimited', perStream: number): Sandbox => {
  const keep = String(Math.max(10_000, Math.ceil(perStream * 1.2)));
  // With limits at speed 1: their second is ours.
  const flags = limits === 'limited' ? ['--speed', '1'] : ['--no-limits'];
  platform(['sandbox', 'start', '--traffic', '0', '--log-events', keep, ...flags]);
  const registry = join(folder, 'state', 'platform', 'sandboxes');
  const file = readdirSync(registry).find((name) => name.endsWith('.json')) ?? '';
  const entry = JSON.parse(readFileSync(join(registry, file), 'utf8')) as {
    endpoint: string;
    token: string;
    pid: number;
  };
  return {
    endpoint: entry.endpoint,
    pid: entry.pid,
    now: async () => {
      const answer = await fetch(`${entry.endpoint}/_sandbox/clock`, {
        headers: { authorization: `Bearer ${entry.token}` },
      });
      const { now } = (await answer.json()) as { now: string | number };
      return typeof now === 'string' ? Date.parse(now) : now;
    },
  };
};

const pad = (value: number): string => String(value).padStart(7, '0');

/** Lines as services write them: half JSON, half text, some 110 bytes; each knows its stream and number. */
const lineOf = (stream: number, index: number): string =>
  index % 2 === 0
    ? `{"level":"info","msg":"GET /orders/${index % 977} 200","n":"s${stream}-${pad(index)}","status":200,"latency_ms":${index % 89},"trace_id":"4bf92f3577b34da6"}`
    : `2026-11-25T10:00:00.000Z INFO  [worker-${stream}] job done n=s${stream}-${pad(index)} queue=mail attempt=1 took=${index % 97}ms ok`;

/** Through PutLogEvents, as an agent would; answers with a moment before all of them. Streams are in step: every millisecond some of them write. */
const load = async (sandbox: Sandbox, events: number): Promise<number> => {
  const client = new CloudWatchLogsClient({
    endpoint: sandbox.endpoint,
    region,
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  });
  const perStream = events / streams;
  const startedMs = (await sandbox.now()) - 50 * 60_000;
  const stepMs = (45 * 60_000) / perStream;
  for (let stream = 0; stream < streams; stream += 1) {
    const logStreamName = `api/api/${String(stream).padStart(2, '0')}${'0'.repeat(30)}`;
    await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName }));
    for (let at = 0; at < perStream; at += 5_000) {
      const logEvents = Array.from({ length: Math.min(5_000, perStream - at) }, (_, offset) => ({
        timestamp: Math.floor(startedMs + (at + offset) * stepMs + stream),
        message: lineOf(stream, at + offset),
      }));
      await client.send(new PutLogEventsCommand({ logGroupName: group, logStreamName, logEvents }));
    }
  }
  client.destroy();
  const loadedAt = await sandbox.now();
  while ((await sandbox.now()) < loadedAt + 6_000) await new Promise((resolve) => setTimeout(resolve, 100));
  return Math.floor(startedMs) - 1_000;
};

interface Tool {
  readonly name: string;
  readonly argv: (startMs: number) => readonly string[];
}

interface Measured {
  readonly seconds: number;
  readonly rssMb: number;
  readonly found: number;
  readonly doubled: number;
  /** Events after a younger one of their own stream. */
  readonly disordered: number;
  readonly exit: number | null;
}

const peakOf = (child: ChildProcess): (() => number) => {
  let peak = 0;
  const read = (): void => {
    try {
      const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(read, 20);
  return () => {
    clearInterval(timer);
    return peak / 1024;
  };
};

/** Reads the tool's output as it comes and counts the marks in it; costs the reader, not the tool, some time. */
const measure = (argv: readonly string[], more: Readonly<Record<string, string>>): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const [file = '', ...args] = argv;
    const started = performance.now();
    const child = spawn(file, args, { cwd: project, env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
    const peak = peakOf(child);
    const chunks: Buffer[] = [];
    let error = '';
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      error += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (exit) => {
      const seconds = (performance.now() - started) / 1000;
      if (exit !== 0) process.stderr.write(`${argv.join(' ')} ended with ${exit}: ${error.slice(0, 500)}\n`);
      resolve({ seconds, rssMb: peak(), exit, ...countMarks(chunks) });
    });
  });

const countMarks = (chunks: readonly Buffer[]): Pick<Measured, 'found' | 'doubled' | 'disordered'> => {
  const last = new Int32Array(streams).fill(-1);
  const seen = new Set<number>();
  let found = 0;
  let disordered = 0;
  let rest = '';
  for (const chunk of [...chunks, Buffer.from('\n')]) {
    const text = rest + chunk.toString('latin1');
    const end = text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    // The first one of a line: a JSON document may hold a line twice, as it is and taken apart.
    for (const mark of text.slice(0, end).matchAll(/^.*?s(\d+)-(\d{7})/gm)) count(mark);
  }
  return { found: seen.size, doubled: found - seen.size, disordered };

  function count(mark: RegExpMatchArray): void {
    const stream = Number(mark[1]);
    const index = Number(mark[2]);
    found += 1;
    seen.add(stream * 10_000_000 + index);
    if (index < (last[stream] ?? -1)) disordered += 1;
    last[stream] = Math.max(last[stream] ?? -1, index);
  }
};

const awslogsProgram = async (python: string): Promise<string | undefined> => {
  const venv = join(process.cwd(), 'node_modules/.cache/platform-bench-awslogs');
  const program = join(venv, 'bin', 'awslogs');
  if (existsSync(program)) return program;
  try {
    // Beside the pinned boto3 of the AWS CLI, which it uses.
    execFileSync(python, ['-m', 'venv', '--system-site-packages', venv], { stdio: 'ignore' });
    execFileSync(join(venv, 'bin', 'python3'), ['-m', 'pip', 'install', '--quiet', 'awslogs==0.15.0'], {
      stdio: 'ignore',
    });
    return program;
  } catch {
    return undefined;
  }
};

interface Row extends Measured {
  readonly tool: string;
  readonly events: number;
  readonly limits: 'off' | 'on';
  /** Seconds that the request limits cost at least; 0 without. */
  readonly boundSeconds: number;
}

const rows: Row[] = [];
const isoOf = (ms: number): string => new Date(ms).toISOString();

const toolsOf = (sandbox: Sandbox, programs: { readonly aws?: string; readonly awslogs?: string }): readonly Tool[] => [
  {
    name: 'platform logs search',
    argv: (at) => [process.execPath, binary, 'logs', 'search', 'api', '--since', isoOf(at)],
  },
  {
    name: 'platform logs search --output ndjson',
    argv: (at) => [process.execPath, binary, 'logs', 'search', 'api', '--since', isoOf(at), '--output', 'ndjson'],
  },
  {
    name: 'platform logs tail --format message',
    argv: (at) => [process.execPath, binary, 'logs', 'tail', 'api', '--since', isoOf(at), '--format', 'message'],
  },
  ...(programs.aws === undefined
    ? []
    : [
        {
          name: 'aws logs filter-log-events',
          argv: (at: number) => [
            programs.aws ?? '',
            '--endpoint-url',
            sandbox.endpoint,
            'logs',
            'filter-log-events',
            '--log-group-name',
            group,
            '--start-time',
            String(at),
          ],
        },
      ]),
  ...(programs.awslogs === undefined
    ? []
    : [
        {
          name: 'awslogs get',
          argv: (at: number) => [
            programs.awslogs ?? '',
            'get',
            group,
            'ALL',
            '--start',
            isoOf(at),
            '--aws-endpoint-url',
            sandbox.endpoint,
            '--no-color',
          ],
        },
      ]),
];

/** Pages that FilterLogEvents needs: each ends above 1 MiB (26 bytes an event besides its text) or at 10,000 events. */
const pagesOf = (events: number): number => {
  const bytes = Buffer.byteLength(lineOf(10, 1_234)) / 2 + Buffer.byteLength(lineOf(10, 1_235)) / 2 + 26;
  return Math.ceil(events / Math.min(10_000, Math.ceil(1_048_576 / bytes)));
};

const foreignEnv = {
  AWS_ACCESS_KEY_ID: 'sandbox',
  AWS_SECRET_ACCESS_KEY: 'sandbox',
  AWS_DEFAULT_REGION: region,
  AWS_MAX_ATTEMPTS: '10',
};

const runSize = async (
  events: number,
  limits: 'limited' | 'unlimited',
  programs: { readonly aws?: string; readonly awslogs?: string },
): Promise<void> => {
  const sandbox = startSandbox(limits, events / streams);
  try {
    const startMs = await load(sandbox, events);
    for (const tool of toolsOf(sandbox, programs)) {
      if (limits === 'limited' && tool.name !== 'platform logs search' && tool.name !== 'aws logs filter-log-events')
        continue;
      // It takes a second for a thousand events: a million would be a quarter of an hour.
      if (tool.name === 'awslogs get' && events > 200_000) continue;
      // A bucket that the tool before has emptied is full again.
      if (limits === 'limited') await new Promise((resolve) => setTimeout(resolve, 2_000));
      const measured = await measure(tool.argv(startMs), tool.name.startsWith('platform') ? {} : foreignEnv);
      const boundSeconds = limits === 'limited' ? Math.max(0, pagesOf(events) - quota.burst) / quota.perSecond : 0;
      rows.push({ tool: tool.name, events, limits: limits === 'limited' ? 'on' : 'off', boundSeconds, ...measured });
      process.stderr.write(
        `${limits} ${events} ${tool.name}: ${measured.seconds.toFixed(1)} s, ${measured.rssMb.toFixed(0)} MB, ${measured.found} found\n`,
      );
    }
  } finally {
    platform(['sandbox', 'stop']);
  }
};

const perSecond = (row: Row): number => row.found / row.seconds;
const rowOf = (tool: string, events: number, limits: Row['limits']): Row | undefined =>
  rows.find((row) => row.tool === tool && row.events === events && row.limits === limits);

const budgetsOf = (): readonly Budget[] => [
  ...sizes.flatMap((events): readonly Budget[] => {
    const [ours, aws] = [
      rowOf('platform logs search', events, 'off'),
      rowOf('aws logs filter-log-events', events, 'off'),
    ];
    return ours && aws
      ? [
          {
            text: `${events} events without limits: × aws logs filter-log-events`,
            value: perSecond(ours) / perSecond(aws),
            limit: 10,
            kind: 'at least',
          },
        ]
      : [];
  }),
  ...limitedSizes.flatMap((events): readonly Budget[] => {
    const ours = rowOf('platform logs search', events, 'on');
    return ours
      ? [
          {
            text: `${events} events with limits: share of the bound (${ours.boundSeconds.toFixed(1)} s)`,
            value: ours.boundSeconds / ours.seconds,
            limit: 0.9,
            kind: 'at least',
          },
        ]
      : [];
  }),
  ...rows
    .filter(({ tool }) => tool.startsWith('platform'))
    .map(
      (row): Budget => ({
        text: `${row.tool}, ${row.events} events, limits ${row.limits}: peak MB`,
        value: row.rssMb,
        limit: 150,
        kind: 'at most',
      }),
    ),
  {
    text: 'events of ours that were lost, doubled or out of order in their stream',
    value: rows
      .filter(({ tool }) => tool.startsWith('platform'))
      .reduce((sum, row) => sum + (row.events - row.found) + row.doubled + row.disordered, 0),
    limit: 0,
    kind: 'at most',
  },
];

try {
  platform(['init', '--runtime', 'ecs', '--yes']);
  const python = await pythonWith(['boto3', 'awscli']);
  const awslogs = python.kind === 'found' ? await awslogsProgram(python.executable) : undefined;
  const programs = {
    ...(python.kind === 'found' ? { aws: join(python.scripts, 'aws') } : {}),
    ...(awslogs === undefined ? {} : { awslogs }),
  };
  for (const events of sizes) await runSize(events, 'unlimited', programs);
  for (const events of limitedSizes) await runSize(events, 'limited', programs);
  const budgets = budgetsOf();
  report('Logs', [
    machineLine(),
    `${streams} streams of one group, lines of some 140 bytes, half of them JSON; AWS CLI 1.45.11${awslogs === undefined ? ', awslogs not installable here' : ', awslogs 0.15.0'}; the sandbox runs on the same two cores`,
    '',
    '| tool | events | limits | seconds | events/s | peak MB | lost | doubled | out of order |',
    '|---|---:|---|---:|---:|---:|---:|---:|---:|',
    ...rows.map(
      (row) =>
        `| \`${row.tool}\` | ${row.events} | ${row.limits} | ${row.seconds.toFixed(1)} | ${Math.round(perSecond(row))} | ${row.rssMb.toFixed(0)} | ${row.events - row.found} | ${row.doubled} | ${row.disordered} |`,
    ),
    '',
    'The bound with limits is (pages − burst 5) / 5 a second of FilterLogEvents; a page is 1 MiB or 10,000 events. Limits are enforced at speed 1, where their second is a real one.',
    '',
    ...budgets.map(budgetLine),
  ]);
  if (!budgets.every(isKept)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

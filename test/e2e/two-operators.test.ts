/** Two terminals on one environment, signals, closed pipes: the built CLI against a sandbox that is slow enough to meet. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CrashProxy, startCrashProxy } from '../helpers/crash-proxy.js';
import { type Following, follow } from '../helpers/e2e-following.js';
import { settledProjection } from '../helpers/e2e-projection.js';
import { type Operator, type Shop, startShop } from '../helpers/e2e-shop.js';
import { binary, type CliResult, documentOf } from '../helpers/run-cli.js';

let shop: Shop;
let proxy: CrashProxy;
let operator: Operator;
const started: Following[] = [];

beforeAll(async () => {
  shop = await startShop({ speed: 30, flags: ['--no-limits'] });
  proxy = await startCrashProxy(shop.endpoint);
  const first = shop.operator();
  const { exitCode, stderr } = await first.platform(['deploy', '--tag', 'v1']);
  first.remove();
  expect(exitCode, stderr).toBe(0);
  await settledProjection(shop.endpoint);
  await shop.snapshot('v1');
});

afterAll(async () => {
  await proxy?.close();
  await shop?.stop();
});

beforeEach(async () => {
  await shop.restore('v1');
  operator = shop.operator();
});

afterEach(async () => {
  proxy.use(undefined);
  for (const process_ of started.splice(0)) {
    // Already gone, unless its test failed half-way.
    try {
      process_.signal('SIGKILL');
    } catch {}
    await process_.ended;
  }
  operator.remove();
});

const begin = (argv: readonly string[], as: Operator = operator): Following => {
  const process_ = follow(as, argv);
  started.push(process_);
  return process_;
};

/** AWS has accepted the deployment and tells how far it is. */
const rolling = /\] api: rolling, /;

/** A deploy whose deployment is under way in AWS. */
const rollingOut = async (tag = 'v2', flags: readonly string[] = []): Promise<Following> => {
  const deploy = begin(['deploy', 'api', '--tag', tag, ...flags]);
  await deploy.sees(rolling);
  return deploy;
};

const newestRun = async (): Promise<{ readonly id: string; readonly state: string; readonly reason?: string }> =>
  documentOf(await operator.platform(['runs', 'list', '--json'])).result.runs[0];

const newestRunWith = async (state: string): Promise<{ readonly id: string }> => {
  const run = await newestRun();
  expect(run.state).toBe(state);
  return run;
};

const holders = async (): Promise<readonly { readonly run: string; readonly pid: number }[]> =>
  documentOf(await operator.platform(['lock', 'status', '--json'])).result.holders;

const apiTag = async (): Promise<string | undefined> =>
  (await settledProjection(shop.endpoint)).services['shop-staging-api']?.tag;

const errorOf = (result: CliResult): { readonly code: string; readonly message: string; readonly hints: string[] } =>
  documentOf(result).error;

describe('two operators on one environment', () => {
  it('cannot deploy one service at once, and the second is told who holds it', async () => {
    // Its tasks answer nothing for minutes: it is under way for as long as we look.
    await rollingOut('v2-slow');
    const second = await operator.platform(['deploy', 'api', '--tag', 'v3', '--json']);
    expect(second.exitCode).toBe(9);
    const { id } = await newestRunWith('running');
    expect(errorOf(second)).toMatchObject({ code: 'E_LOCKED', message: expect.stringContaining(id) });
    expect(errorOf(second).hints).toContain('platform lock status');
    expect((await newestRunWith('running')).id).toBe(id);
  });

  it('deploy two services at once', async () => {
    const first = await rollingOut();
    const second = await operator.platform(['deploy', 'workers', '--tag', 'v3', '--json']);
    expect(second.exitCode, second.stderr).toBe(0);
    expect((await first.ended).exitCode).toBe(0);
    const { services } = await settledProjection(shop.endpoint);
    expect([services['shop-staging-api']?.tag, services['shop-staging-workers']?.tag]).toEqual(['v2', 'v3']);
  });

  it('find a killed run in the way, with the two commands that clear it, and resume takes it over at once', async () => {
    const first = await rollingOut();
    first.signal('SIGKILL');
    await first.ended;
    const { id } = await newestRunWith('interrupted');
    const refused = await operator.platform(['deploy', 'api', '--tag', 'v3', '--json']);
    expect(refused.exitCode).toBe(9);
    expect(errorOf(refused).hints).toEqual([`platform runs resume ${id}`, `platform runs undo ${id}`]);
    const resume = begin(['runs', 'resume', id]);
    await resume.sees(/^SANDBOX/);
    const from = performance.now();
    await resume.sees(/\] api: (rolling|done)/);
    expect(performance.now() - from).toBeLessThan(3000);
    expect((await resume.ended).exitCode).toBe(0);
    expect(await apiTag()).toBe('v2');
  });

  it('are told of the killed run, not of its deployment, while AWS still works on it', async () => {
    const first = await rollingOut('v2-slow');
    first.signal('SIGKILL');
    await first.ended;
    const { id } = await newestRunWith('interrupted');
    for (const argv of [
      ['deploy', 'api', '--tag', 'v3'],
      ['restart', 'api'],
    ]) {
      const refused = await operator.platform([...argv, '--json']);
      expect([argv[0], refused.exitCode]).toEqual([argv[0], 9]);
      expect(errorOf(refused).hints).toEqual([`platform runs resume ${id}`, `platform runs undo ${id}`]);
    }
  });

  it('do not push a stopped process aside: resume, undo and lock break name its pid', async () => {
    const first = await rollingOut();
    first.signal('SIGSTOP');
    const { id } = await newestRunWith('running');
    for (const argv of [
      ['runs', 'resume', id],
      ['runs', 'undo', id, '--yes'],
      ['lock', 'break', '--run', id, '--yes'],
    ]) {
      const refused = await operator.platform([...argv, '--json']);
      expect([argv[1], refused.exitCode]).toEqual([argv[1], 9]);
      expect(errorOf(refused).message).toContain(String(first.pid));
    }
    expect(await holders()).toMatchObject([{ run: id, pid: first.pid }]);
    first.signal('SIGCONT');
    expect((await first.ended).exitCode).toBe(0);
    expect(await apiTag()).toBe('v2');
  });
});

const journalFile = (id: string): string => {
  const root = join(operator.state, 'platform');
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).find(
    (path) => path.includes(`/${id}/`) && path.endsWith('journal.1.jsonl'),
  );
  return join(root, found ?? '');
};

const eventsIn = (id: string): readonly { readonly type: string; readonly reason?: string }[] =>
  readFileSync(journalFile(id), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a signal while a deployment is followed', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s detaches: AWS goes on, the lock is free, the run can be resumed', async (name, exit) => {
    const deploy = await rollingOut();
    deploy.signal(name);
    const { exitCode, stderr } = await deploy.ended;
    expect(exitCode).toBe(exit);
    const { id } = await newestRunWith('paused');
    expect(eventsIn(id).at(-1)).toMatchObject({ type: 'run.paused', reason: 'detached', exit });
    expect(stderr).toMatch(new RegExp(`platform runs resume \\S*${id.slice(-6)}`));
    expect(stderr).toMatch(new RegExp(`platform runs undo \\S*${id.slice(-6)}`));
    expect(await holders()).toEqual([]);
    // AWS does not know that nobody looks.
    expect(await apiTag()).toBe('v2');
    const resumed = await operator.platform(['runs', 'resume', id, '--json']);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect((await operator.platform(['runs', 'verify', id])).exitCode).toBe(0);
  });

  it('gives one document with --json', async () => {
    const deploy = await rollingOut('v2', ['--json']);
    deploy.signal('SIGINT');
    const { exitCode, stdout } = await deploy.ended;
    expect(exitCode).toBe(130);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ ok: false, exitCode: 130 });
    expect(document.next.map(({ command }: { command: string }) => command)).toContainEqual(
      expect.stringMatching(/^platform runs resume/),
    );
  });

  it('ends at once when it comes twice, even while AWS owes an answer, and the call is not made again', async () => {
    const detour = shop.operator({ endpoint: proxy.endpoint });
    operator.remove();
    operator = detour;
    const before = (await shop.changes()).filter(({ operation }) => operation === 'UpdateService').length;
    let isAsked = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    proxy.use(({ operation }, phase) => {
      if (operation !== 'UpdateService' || phase === 'before') return 'go';
      isAsked();
      return 'hold';
    });
    const deploy = begin(['deploy', 'api', '--tag', 'v2']);
    await asked;
    deploy.signal('SIGINT');
    await deploy.sees(/handing over/);
    deploy.signal('SIGINT');
    const from = performance.now();
    expect((await deploy.ended).exitCode).toBe(130);
    expect(performance.now() - from).toBeLessThan(2000);
    proxy.use(undefined);
    const { id } = await newestRunWith('interrupted');
    const resumed = await operator.platform(['runs', 'resume', id, '--json']);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    const after = (await shop.changes()).filter(({ operation }) => operation === 'UpdateService').length;
    expect(after - before).toBe(1);
    expect(await apiTag()).toBe('v2');
  });
});

/** Runs a command whose stdout is closed after its first line, as `| head -1` does. */
const headOne = (argv: readonly string[]): Promise<{ readonly exitCode: number | null; readonly stderr: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binary, ...argv], {
      cwd: shop.project,
      env: { ...operator.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    child.on('error', reject);
    child.on('exit', (exitCode) => resolve({ exitCode, stderr }));
  });

describe('a pipe that is closed early', () => {
  it('does not end a deployment half-way', async () => {
    const { exitCode, stderr } = await headOne(['deploy', 'api', '--tag', 'v2', '--output', 'ndjson']);
    expect(stderr).not.toMatch(/EPIPE|Error/);
    expect(exitCode).toBe(0);
    const { id } = await newestRunWith('succeeded');
    expect(eventsIn(id).at(-1)).toMatchObject({ type: 'run.ended', exit: 0 });
  });

  it('ends a reading command quietly', async () => {
    const { exitCode, stderr } = await headOne(['sandbox', 'timeline', '--json']);
    expect(stderr).not.toMatch(/EPIPE|Error/);
    expect(exitCode).toBe(0);
  });
});

describe('a journal that was altered', () => {
  it('is refused, with the number of the first event that does not fit', async () => {
    const deploy = await operator.platform(['deploy', 'workers', '--tag', 'v2', '--json']);
    const { runId: id } = documentOf(deploy);
    expect((await operator.platform(['runs', 'verify', id])).exitCode).toBe(0);
    const file = journalFile(id);
    const lines = readFileSync(file, 'utf8').split('\n');
    const seq = lines.findIndex((line) => line.includes('"step.accepted"')) + 1;
    lines[seq - 1] = (lines[seq - 1] ?? '').replace('step.accepted', 'step.bccepted');
    writeFileSync(file, lines.join('\n'));
    for (const verb of ['verify', 'show', 'resume']) {
      const refused = await operator.platform(['runs', verb, id, '--json']);
      expect([verb, refused.exitCode]).toEqual([verb, 9]);
      expect(documentOf(refused).error).toMatchObject({ code: 'E_JOURNAL', details: { seq } });
      expect(errorOf(refused).message).toContain(String(seq));
    }
    expect((await newestRun()).state).toBe('unreadable');
  });
});

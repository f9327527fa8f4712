/**
 * The five-minute tour of the README as a newcomer types it, in one project against one sandbox: each test goes on from
 * the one before. What is promised is asked with --json and of the sandbox's own timeline, not of prose.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeployResult } from '../../src/lib/deployments/deploy-types.js';
import type { StatusResult } from '../../src/lib/environments/status-types.js';
import type { ReleasesResult } from '../../src/lib/releases/list-releases.js';
import { cliHome, documentOf, runCli } from '../helpers/run-cli.js';

const home = cliHome({ PLATFORM_SANDBOX: '1' });
const folder = join(home.home, 'shop');

const platform = async (line: string, exit: number) => {
  const words = [...line.split(' '), '--json'];
  const answer = await runCli(words, { env: home.env, cwd: folder, timeoutMs: 120_000 });
  expect(answer.exitCode, `platform ${line}\n${answer.stdout}${answer.stderr}`).toBe(exit);
  return documentOf(answer);
};

const ship = async (line: string, exit: number): Promise<DeployResult['services']> =>
  (await platform(line, exit)).result.services;

interface Call {
  readonly kind: string;
  readonly seq: number;
  readonly operation: string;
}

const timeline = async (since: number, more = ''): Promise<readonly Call[]> =>
  (await platform(`sandbox timeline --since ${since} --limit 10000 ${more}`.trim(), 0)).result.entries;

const newest = async (): Promise<number> => (await timeline(0)).at(-1)?.seq ?? 0;

/** Operations that changed something while the work was done. */
const changesDuring = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
  const since = await newest();
  await work();
  const calls = await timeline(since, '--mutating');
  return calls.filter(({ kind }) => kind === 'call').map(({ operation }) => operation);
};

const live = async (service: string): Promise<string> => {
  const { services }: StatusResult = (await platform('status', 0)).result;
  const found = services.find((entry) => entry.service === service);
  return `${found?.image} ${found?.state} ${found?.running}/${found?.desired}`;
};

beforeAll(async () => {
  mkdirSync(folder);
  await platform('init --runtime ecs --yes', 0);
  await platform('sandbox start --speed 120 --traffic 0', 0);
});

afterAll(async () => {
  await runCli(['sandbox', 'stop', '--all'], { env: home.env });
  home.remove();
});

describe('the five-minute tour', () => {
  let badRun = '';

  it('ships three services and shows them healthy', async () => {
    const services = await ship('deploy --tag v1', 0);
    expect(services.map(({ service, outcome, release, previous }) => [service, outcome, release, previous])).toEqual(
      expect.arrayContaining([
        ['api', 'succeeded', 2, 1],
        ['workers', 'succeeded', 2, 1],
        ['web', 'succeeded', 2, 1],
      ]),
    );
    expect(services.find(({ service }) => service === 'api')?.evidence).toMatchObject({
      status: 'SUCCESSFUL',
      targets: { healthy: 2, total: 2 },
    });
    expect(await live('api')).toBe('api:v1 healthy 2/2');
    expect(await live('web')).toBe('web:v1 healthy 1/1');
    expect(await live('workers')).toBe('workers:v1 healthy 2/2');
  });

  it('asks for the status of three services with a call for each kind of fact, and changes nothing', async () => {
    const since = await newest();
    await platform('status', 0);
    const calls = (await timeline(since)).filter(({ kind }) => kind === 'call');
    const counts: Record<string, number> = {};
    for (const { operation } of calls) counts[operation] = (counts[operation] ?? 0) + 1;
    expect(counts).toEqual({
      GetCallerIdentity: 1,
      DescribeServices: 1,
      DescribeTargetHealth: 2,
      DescribeScalableTargets: 1,
      // How each last deployment ended: one list a service, for at most twenty of them.
      ListServiceDeployments: 3,
      DescribeServiceDeployments: 1,
    });
    expect(await timeline(since, '--mutating')).toEqual([]);
  });

  it('ships something broken: ECS rolls it back, and the card says why', async () => {
    const { runId, error, result } = await platform('deploy api --tag v2-bad', 7);
    badRun = runId;
    expect(error.code).toBe('E_ROLLED_BACK');
    const [{ outcome, card }] = result.services;
    expect(outcome).toBe('rolled-back');
    expect(card.cause).toBe('exit-code');
    expect(JSON.stringify(card.evidence)).toContain('DATABASE_URL is not set');
    expect(card.fix).not.toBe('');
    expect(card.next.length).toBeGreaterThan(0);
    expect(await live('api')).toBe('api:v1 healthy 2/2');
  });

  it.each([
    ['api', 'v3-oom', '', ['out-of-memory']],
    ['api', 'v3-nopull', '', ['image-not-found']],
    ['api', 'v3-unhealthy', '', ['unhealthy']],
    ['api', 'v3-slow', ' --timeout 2m', ['not-ready-in-time', 'unhealthy']],
    // Its health check is fine; the smoke test asks for a page.
    ['web', 'v3-errors', '', ['smoke-failed']],
  ])('names the cause when %s ships %s', async (service, tag, flags, causes) => {
    const [shipped] = await ship(`deploy ${service} --tag ${tag}${flags}`, 7);
    expect(shipped).toMatchObject({ service, outcome: 'rolled-back' });
    expect(causes).toContain(shipped?.card?.cause);
    expect(shipped?.card?.evidence.length).toBeGreaterThan(0);
    expect(await live(service)).toMatch(new RegExp(`^${service}:v1 `));
  });

  it('goes back to the last release that worked, past those that did not', async () => {
    await ship('deploy api --tag v4', 0);
    const { result }: { result: ReleasesResult } = await platform('releases api', 0);
    expect(result.releases.map(({ tag, outcome, isLive }) => `${tag} ${outcome}${isLive ? ' live' : ''}`)).toEqual([
      'v4 worked live',
      'v3-slow rolled-back',
      'v3-unhealthy rolled-back',
      'v3-nopull rolled-back',
      'v3-oom rolled-back',
      'v2-bad rolled-back',
      'v1 worked',
      'undefined worked',
    ]);
    const { error } = await platform('rollback api', 2);
    expect(error.hints).toContain('--yes');
    const [back] = await ship('rollback api --yes', 0);
    expect(back).toMatchObject({ outcome: 'succeeded', release: 2 });
    expect(await live('api')).toBe('api:v1 healthy 2/2');
  });

  it('changes nothing when asked again, and names --to', async () => {
    const changes = await changesDuring(async () => {
      const { result, next } = await platform('rollback api --yes', 0);
      expect(result.services).toMatchObject([{ outcome: 'unchanged', release: 2 }]);
      expect(next[0].command).toBe('platform rollback api --to 1');
    });
    expect(changes).toEqual([]);
  });

  it('restarts the live release with one call', async () => {
    const changes = await changesDuring(async () => {
      const [restarted] = await ship('restart api', 0);
      expect(restarted).toMatchObject({ outcome: 'succeeded', release: 2, previous: 2 });
    });
    expect(changes).toEqual(['UpdateService']);
  });

  it('deploys what is live already without a single mutating call', async () => {
    const changes = await changesDuring(async () => {
      const services = await ship('deploy --tag v1', 0);
      expect(services.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    });
    expect(changes).toEqual([]);
  });

  it('touches production only when it is named', async () => {
    const changes = await changesDuring(async () => {
      for (const flags of ['', ' --yes', ' --confirm staging']) {
        const { error } = await platform(`deploy workers -e production --tag v1${flags}`, 2);
        expect(error).toMatchObject({ code: 'E_CONSENT', hints: ['--confirm production'] });
      }
    });
    expect(changes).toEqual([]);
    expect(await ship('deploy workers -e production --tag v1 --confirm production', 0)).toMatchObject([
      { outcome: 'succeeded' },
    ]);
  });

  it('remembers every run, with the card of the one that failed', async () => {
    const { result } = await platform('runs list -e staging', 0);
    const shown = result.runs.map((run: { command: string; outcome: string }) => `${run.command} ${run.outcome}`);
    expect(shown).toEqual([
      'restart succeeded',
      'rollback succeeded',
      'deploy succeeded',
      ...Array.from({ length: 6 }, () => 'deploy rolled-back'),
      'deploy succeeded',
    ]);
    const { result: run } = await platform(`runs show ${badRun.slice(-8)}`, 0);
    expect(run).toMatchObject({ id: badRun, exit: 7, cards: [{ cause: 'exit-code' }] });
    for (const { id } of result.runs) await platform(`runs verify ${id}`, 0);
  });

  it('takes a deploy back: first on paper, then for real, and only once', async () => {
    const { runId } = await platform('deploy api --tag v5', 0);
    expect(await changesDuring(() => platform(`runs undo ${runId} --dry-run`, 0))).toEqual([]);
    expect(await changesDuring(() => platform(`runs undo ${runId}`, 2))).toEqual([]);
    expect(await changesDuring(() => platform(`runs undo ${runId} --yes`, 0))).toContain('UpdateService');
    expect(await live('api')).toBe('api:v1 healthy 2/2');
    expect(await changesDuring(() => platform(`runs undo ${runId} --yes`, 0))).toEqual([]);
    expect((await platform(`runs show ${runId}`, 0)).result.state).toBe('undone');
  });
});

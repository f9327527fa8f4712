/**
 * The first day with an account that is there already, by the built CLI: a project has made the estate, somebody adopts
 * it into an empty folder, looks, compares, and ships. That AWS is only read is asked of the sandbox's own timeline.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliHome, documentOf, runCli } from '../helpers/run-cli.js';

const home = cliHome({ PLATFORM_SANDBOX: '1' });
const shop = join(home.home, 'shop');
const adopted = join(home.home, 'adopted');

const platform = async (line: string, options: { readonly cwd?: string; readonly exit?: number } = {}) => {
  const { cwd = adopted, exit = 0 } = options;
  const answer = await runCli([...line.split(' '), '--json'], { env: home.env, cwd, timeoutMs: 120_000 });
  expect(answer.exitCode, `platform ${line}\n${answer.stdout}${answer.stderr}`).toBe(exit);
  return documentOf(answer);
};

beforeAll(async () => {
  mkdirSync(shop);
  mkdirSync(adopted);
  await platform('init --runtime ecs --yes', { cwd: shop });
  await platform('sandbox start --speed 120 --traffic 0', { cwd: shop });
});

afterAll(async () => {
  await runCli(['sandbox', 'stop', '--all'], { env: home.env });
  home.remove();
});

describe('adopting by the built CLI', () => {
  it('names the clusters and the flag when there are several', async () => {
    const { error } = await platform('adopt', { exit: 2 });
    expect([error.hints, error.details.clusters]).toEqual([
      ['--cluster shop-production'],
      ['shop-production', 'shop-staging'],
    ]);
  });

  it('writes a project, and nothing in AWS', async () => {
    const { result, target } = await platform('adopt --cluster shop-staging');
    expect(result).toMatchObject({ project: 'shop', environment: 'staging', written: true, questions: [] });
    expect(result.services.map(({ service, verdict }: Record<string, string>) => `${service} ${verdict}`)).toEqual([
      'api adopted',
      'web adopted',
      'workers adopted',
    ]);
    expect(target).toMatchObject({ place: 'sandbox', account: '123456789012' });
    expect(readFileSync(join(adopted, 'platform.yaml'), 'utf8')).toContain('# from target group ');
    const calls = (await platform('sandbox timeline --mutating --limit 10000')).result.entries;
    expect(calls).toEqual([]);
  });

  it('is what status, config and deploy work on at once', async () => {
    await platform('config validate');
    const { services } = (await platform('status')).result;
    expect(services.map(({ service, state }: Record<string, string>) => `${service} ${state}`)).toEqual([
      'api healthy',
      'web healthy',
      'workers healthy',
    ]);
    const dry = await platform('deploy --config-only --dry-run');
    expect(dry.result.services.map(({ outcome }: Record<string, string>) => outcome)).toEqual([
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
  });

  it('is no different from what is live', async () => {
    await platform('diff --config-only --exit-code');
  });

  it('has logs in the groups that were adopted', async () => {
    const { result } = await platform('logs search --since 24h --limit 20');
    expect(result.groups.map(({ group, state }: Record<string, string>) => `${group} ${state}`).sort()).toEqual([
      '/ecs/shop-staging-api read',
      '/ecs/shop-staging-web read',
      '/ecs/shop-staging-workers read',
    ]);
    expect(result.read).toBeGreaterThan(0);
  });

  it('ships from the adopted project', async () => {
    const { result } = await platform('deploy --tag v2');
    expect(result.services.map(({ outcome, release }: Record<string, unknown>) => [outcome, release])).toEqual([
      ['succeeded', 2],
      ['succeeded', 2],
      ['succeeded', 2],
    ]);
    const { services } = (await platform('status')).result;
    expect(services.map(({ image }: Record<string, string>) => image)).toEqual(['api:v2', 'web:v2', 'workers:v2']);
    // What was shipped is what is adopted now: the files stay as they are.
    const again = await platform('adopt --cluster shop-staging');
    expect(new Set(again.result.files.map(({ state }: Record<string, string>) => state))).toEqual(
      new Set(['unchanged']),
    );
  });
});

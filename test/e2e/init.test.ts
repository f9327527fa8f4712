import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type CliHome, cliHome, documentOf, runCli } from '../helpers/run-cli.js';

const homes: CliHome[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) home.remove();
});

const newHome = (): CliHome => {
  const home = cliHome();
  homes.push(home);
  return home;
};

describe('platform init', () => {
  it('without a terminal asks nothing, names the project after the folder and ends with the next step', async () => {
    const { home, env } = newHome();
    const folder = join(home, 'My Shop');
    await mkdir(folder);
    const done = await runCli(['init', '--runtime', 'ecs'], { env, cwd: folder, stdin: 'other\nmars-1\n' });
    expect(done.exitCode).toBe(0);
    expect(readFileSync(join(folder, 'platform.yaml'), 'utf8')).toContain('\nproject: my-shop\n');
    expect(done.stderr.trimEnd().split('\n').at(-1)).toMatch(/^Next: platform sandbox start/);
    const valid = await runCli(['config', 'validate'], { env, cwd: folder });
    expect([valid.exitCode, valid.stdout.split('\n')[0]]).toEqual([0, 'platform.yaml is valid']);
  });

  it('takes name, region and folder by flag and answers in JSON', async () => {
    const { home, env } = newHome();
    const argv = ['init', '--dir', 'code/shop', '--project', 'store', '--region', 'eu-west-1', '--yes', '--json'];
    const done = await runCli(argv, { env });
    expect(documentOf(done)).toMatchObject({
      schema: 'platform.init/1',
      ok: true,
      result: { project: 'store', region: 'eu-west-1', runtime: 'ecs', written: true, folder: join(home, 'code/shop') },
      next: [{ command: 'cd code/shop' }, { command: 'platform sandbox start' }],
    });
    expect(readFileSync(join(home, 'code/shop/platform.yaml'), 'utf8')).toContain('region: eu-west-1');
  });

  it('shows the difference on stderr and is exit 9 when a file was edited; --force overwrites', async () => {
    const { home, env } = newHome();
    await runCli(['init', '--dir', 'shop'], { env });
    const file = join(home, 'shop/platform.yaml');
    writeFileSync(file, 'version: 1 # mine\n');
    const refused = await runCli(['init', '--dir', 'shop'], { env });
    expect([refused.exitCode, refused.stdout]).toEqual([9, '']);
    expect(refused.stderr).toContain('- version: 1 # mine');
    expect(readFileSync(file, 'utf8')).toBe('version: 1 # mine\n');
    const forced = await runCli(['init', '--dir', 'shop', '--force'], { env });
    expect([forced.exitCode, forced.stderr.includes('- version: 1 # mine')]).toEqual([0, true]);
    expect(readFileSync(file, 'utf8')).toContain('project: shop');
  });

  it('with --dry-run writes nothing', async () => {
    const { home, env } = newHome();
    const done = await runCli(['init', '--dir', 'shop', '--dry-run'], { env });
    expect([done.exitCode, existsSync(join(home, 'shop'))]).toEqual([0, false]);
    expect(done.stdout).toContain('would create    platform.yaml');
  });

  it.each([
    [['--project', 'Not A Name'], '--project NAME'],
    [['--region', 'mars'], '--region'],
    [['--runtime', 'nomad'], 'runtime'],
  ])('is exit 2 for %j', async (flags, text) => {
    const { home, env } = newHome();
    const done = await runCli(['init', '--dir', 'shop', ...flags], { env });
    expect(done.exitCode).toBe(2);
    expect(done.stderr).toContain(text);
    expect(existsSync(join(home, 'shop'))).toBe(false);
  });
});

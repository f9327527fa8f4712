import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type CliHome, cliHome, documentOf, runCli } from '../helpers/run-cli.js';
import { shopFiles, shopYaml, type TempProject, tempProject } from '../helpers/temp-project.js';

const homes: CliHome[] = [];
const folders: TempProject[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) home.remove();
  for (const folder of folders.splice(0)) folder.remove();
});

const project = (yaml = shopYaml, extra: Readonly<Record<string, string>> = {}) => {
  const home = cliHome(extra);
  const folder = tempProject({ ...shopFiles, 'platform.yaml': yaml });
  homes.push(home);
  folders.push(folder);
  return { env: home.env, cwd: folder.root };
};

const broken = shopYaml
  .replace('    port: 3000', '    prot: 3000')
  .replace('dependsOn: [api]', 'dependsOn: [apy]')
  .replace('deadline: 10m', 'deadline: "${{ env.HOME }}"');

describe('platform config validate', () => {
  it('prints every error with file, line, column and hint, and is exit 3', async () => {
    const done = await runCli(['config', 'validate'], project(broken));
    expect([done.exitCode, done.stdout]).toEqual([3, '']);
    expect(done.stderr).toContain('platform.yaml:22:5  unknown key `prot` in services.api');
    expect(done.stderr).toContain('did you mean `port`?');
    expect(done.stderr).toContain('platform.yaml:30:17  services.workers depends on `apy`');
    expect(done.stderr).toContain('platform.yaml:31:42  env.HOME is not listed');
  });

  it('gives them to machines in error.details', async () => {
    const document = documentOf(await runCli(['config', 'validate', '--json'], project(broken)));
    expect(document).toMatchObject({ ok: false, exitCode: 3, error: { code: 'E_CONFIG' } });
    expect(document.error.details.diagnostics).toContainEqual({
      severity: 'error',
      message: 'unknown key `prot` in services.api',
      at: { file: 'platform.yaml', line: 22, column: 5 },
      path: 'services.api.prot',
      hint: 'did you mean `port`?',
    });
  });

  it('reports an unset variable that only production uses', async () => {
    const yaml = shopYaml.replace('LOG_LEVEL: info', 'LOG_LEVEL: ${{ env.OWNER }}');
    const done = await runCli(['config', 'validate'], project(yaml));
    expect([done.exitCode, done.stderr]).toEqual([
      3,
      expect.stringContaining('18:18  environment variable OWNER is not set'),
    ]);
    expect((await runCli(['config', 'validate'], project(yaml, { OWNER: 'me' }))).exitCode).toBe(0);
  });

  it('without a platform.yaml is exit 3 and says how to get one', async () => {
    const home = cliHome();
    homes.push(home);
    const done = await runCli(['config', 'validate', '--json'], { env: home.env });
    expect(documentOf(done)).toMatchObject({ exitCode: 3, error: { code: 'E_NO_CONFIG', hints: ['platform init'] } });
  });
});

describe('platform config show', () => {
  it('works from a folder below, for the environment that is asked for, and says where values come from', async () => {
    const { env, cwd } = project();
    mkdirSync(join(cwd, 'deep/er'), { recursive: true });
    const done = await runCli(['config', 'show', '-e', 'production', '--origin'], { env, cwd: join(cwd, 'deep/er') });
    expect(done.exitCode).toBe(0);
    expect(done.stdout).toMatch(/^region +us-west-2 +platform\.yaml:16:15$/m);
    expect(done.stdout).toMatch(/^services\.api\.serviceName +shop-production-api +default$/m);
  });

  it('without --origin prints values only', async () => {
    const done = await runCli(['config', 'show'], project());
    expect(done.stdout).toMatch(/^environments\.staging\.cluster +shop-staging$/m);
    expect(done.stdout).not.toContain('platform.yaml');
  });

  it('of an unknown environment is exit 5', async () => {
    expect((await runCli(['config', 'show', '-e', 'stagin'], project())).exitCode).toBe(5);
  });
});

describe('platform config schema', () => {
  it('prints the schema itself, and the same in the envelope', async () => {
    const plain = await runCli(['config', 'schema'], project());
    const enveloped = documentOf(await runCli(['config', 'schema', '--json'], project()));
    expect(JSON.parse(plain.stdout)).toEqual(enveloped.result);
    expect(enveloped.result.required).toEqual(['version', 'project', 'environments', 'services']);
  });
});

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadProject } from '../../../src/lib/config/load.js';
import type { Diagnostic, Project } from '../../../src/lib/config/project.js';
import { resolveEnvironment } from '../../../src/lib/config/resolve.js';
import { validateProject } from '../../../src/lib/config/validate.js';
import { isPlatformError, type PlatformError } from '../../../src/lib/errors/platform-error.js';
import { shopFiles, shopYaml, type TempProject, tempProject } from '../../helpers/temp-project.js';

const folders: TempProject[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

const folderWith = (files: Readonly<Record<string, string | Buffer>>): TempProject => {
  const folder = tempProject(files);
  folders.push(folder);
  return folder;
};

const load = (yaml: string | Buffer, env: Record<string, string> = {}): Project =>
  loadProject({ cwd: folderWith({ ...shopFiles, 'platform.yaml': yaml }).root, env });

const failure = (action: () => unknown): PlatformError => {
  try {
    action();
  } catch (error) {
    if (isPlatformError(error)) return error;
    throw error;
  }
  throw new Error('expected a PlatformError');
};

const said = (error: PlatformError): readonly string[] =>
  (error.details as { diagnostics: readonly Diagnostic[] }).diagnostics.map(
    ({ at, message, hint }) => `${at?.line}:${at?.column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );

const wrong = (yaml: string | Buffer, env: Record<string, string> = {}): readonly string[] => {
  const error = failure(() => load(yaml, env));
  expect(error.exitCode).toBe(3);
  return said(error);
};

describe('loading platform.yaml', () => {
  it('gives the project with its defaults', () => {
    const project = load(shopYaml);
    expect(project.config.services['api']).toMatchObject({ port: 3000, healthPath: '/health', desiredCount: 1 });
    expect(project.config.environments['staging']?.protected).toBe(false);
    expect(project.positionOf(['services', 'api', 'port'])).toEqual({ file: 'platform.yaml', line: 22, column: 11 });
    expect(project.positionOf(['services', 'api', 'healthPath']).line).toBe(21);
  });

  it('takes notices by reference, and never repeats an address that was written instead', () => {
    const withNotice = (...lines: readonly string[]): string =>
      shopYaml.replace('  staging:\n', `  staging:\n    notify:\n${lines.map((line) => `      ${line}\n`).join('')}`);
    const project = load(
      withNotice(
        '- slack: { url: "ssm:/shop/${{ environment.name }}/SLACK" }',
        '- on: [failed]',
        '  sns: { topicArn: "arn:aws:sns:eu-west-1:123456789012:alerts" }',
      ),
    );
    expect(project.viewOf('staging').config?.environments['staging']?.notify).toEqual([
      { slack: { url: 'ssm:/shop/staging/SLACK' } },
      { on: ['failed'], sns: { topicArn: 'arn:aws:sns:eu-west-1:123456789012:alerts' } },
    ]);
    for (const lines of [
      ['- slack: { url: https://hooks.example/PLANTED }'],
      ['- slack: https://hooks.example/PLANTED'],
      ['- https://hooks.example/PLANTED'],
    ]) {
      const found = wrong(withNotice(...lines));
      expect(found[0]).toMatch(/^9:\d+ environments\.staging\.notify/);
      expect(JSON.stringify(found)).not.toContain('PLANTED');
    }
    expect(wrong(withNotice('- slack: { url: https://hooks.example/PLANTED }'))).toEqual([
      '9:23 environments.staging.notify[0].slack.url: a webhook address is a secret: keep it in SSM and write ssm:NAME here',
    ]);
    expect(wrong(withNotice('- on: [faild]', '  slack: { url: ssm:/x }'))[0]).toMatch(/did you mean `failed`/);
    expect(wrong(withNotice('- sns: { topicArn: alerts }'))[0]).toMatch(/the ARN of an SNS topic/);
    expect(wrong(withNotice('- on: [failed]'))[0]).toMatch(/missing key `(slack|sns)`/);
  });

  it('reports every error at once, in file order, each with line, column and hint', () => {
    const broken = shopYaml
      .replace('defaultEnvironment: staging', 'defaultEnvironment: stagin')
      .replace('    port: 3000', '    prot: 3000')
      .replace('dependsOn: [api]', 'dependsOn: [apy]')
      .replace('image: { repository: shop/workers }', 'image: {}');
    expect(wrong(broken)).toEqual([
      '5:21 defaultEnvironment `stagin` does not exist (did you mean `staging`?)',
      '22:5 unknown key `prot` in services.api (did you mean `port`?)',
      '24:19 services.api has no port, so no load balancer that a path could be asked of (give the service a port, or write a whole URL)',
      '29:5 missing key `repository` in services.workers.image (ECR repository name, or a registry path without tag)',
      '30:17 services.workers depends on `apy`, which does not exist (did you mean `api`?)',
    ]);
  });

  it('lists all of them in the message too', () => {
    const error = failure(() => load('version: 2\nproject: Shop\n'));
    expect(error.message.split('\n')[0]).toBe('platform.yaml is not valid: 4 errors');
    expect(error.message).toContain('platform.yaml:1:10  version must be 1, not `2`');
    expect(error.message).toContain('platform.yaml:2:10  project is `Shop`: lower-case letters');
    expect(error.message).toContain('missing key `environments`');
    expect(error.message).toContain('missing key `services`');
  });

  it.each([
    ['a duplicate key', `${shopYaml}project: again\n`, 'duplicate key `project`'],
    ['__proto__', `${shopYaml}__proto__: { x: 1 }\n`, 'key `__proto__` is not allowed'],
    ['constructor', shopYaml.replace('LOG_LEVEL: debug', 'constructor: debug'), 'key `constructor` is not allowed'],
    ['a custom tag', shopYaml.replace('project: shop', 'project: !secret shop'), 'custom tag `!secret`'],
    ['binary', shopYaml.replace('project: shop', 'project: !!binary aGk='), 'custom tag'],
    ['a second document', `${shopYaml}---\na: 1\n`, 'multiple documents'],
    ['an empty file', '', 'the file must be a map, not nothing'],
    ['a list', '- 1\n', 'the file must be a map, not a list'],
    ['a number as account', shopYaml.replace('"123456789012"', '123456789012'), 'must be text, not a number'],
    ['a name with capitals', shopYaml.replace('  workers:', '  Workers:'), '`Workers` is not a valid name'],
    ['a number as key', shopYaml.replace('  workers:', '  12:'), 'a key must be text'],
    ['a wrong smoke', shopYaml.replace('{ url: /health }', '{ url: /health, tries: 3 }'), 'unknown key `tries`'],
    ['not UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]), 'not UTF-8'],
    ['a syntax error', 'version: 1\nproject: [\n', 'Flow sequence'],
  ])('refuses %s with a position', (_name, yaml, message) => {
    const errors = wrong(yaml);
    expect(errors.join('\n').toLowerCase()).toContain(message.toLowerCase());
    for (const error of errors) expect(error).toMatch(/^[1-9]\d*:[1-9]\d* /);
  });

  it('says what is wrong with a reference that stands unquoted in braces', () => {
    const [first] = wrong(shopYaml.replace('deadline: 10m', 'deadline: ${{ env.OWNER }}'));
    expect(first).toContain('inside { } and [ ], ${{ … }} needs quotes');
  });

  it('shows control and bidirectional characters of a key instead of writing them', () => {
    const [first] = wrong(`${shopYaml}"a\\e[31m\u202eb": 1\n`);
    expect(first).toContain('`a\\u{1b}[31m\\u{202e}b`');
  });
});

describe('cross checks', () => {
  it('finds a dependency cycle once and names its members', () => {
    const yaml = shopYaml.replace('    port: 3000', '    port: 3000\n    dependsOn: [workers]');
    expect(wrong(yaml)).toEqual([
      expect.stringMatching(/^31:17 services depend on each other: (api → workers → api|workers → api → workers)/),
    ]);
  });

  it('wants a load balancer for a smoke path, in every environment', () => {
    const yaml = shopYaml.replace('    loadBalancer: { name: shop-production }\n', '');
    expect(wrong(yaml)).toEqual([
      expect.stringContaining('smoke needs a load balancer, and environment production has none'),
    ]);
    expect(wrong(shopYaml.replace('    port: 3000\n', ''))).toEqual([
      expect.stringContaining('services.api has no port'),
    ]);
  });

  it('finds two services with one name in ECS', () => {
    const yaml = shopYaml.replace('    strategy:', '    serviceName: shop-staging-api\n    strategy:');
    expect(wrong(yaml)).toEqual([
      expect.stringMatching(/^31:18 ECS service `shop-staging-api` is also services.api in staging/),
    ]);
  });

  it.each([
    '../outside.json',
    '/etc/passwd',
    'task-definitions/../../x.json',
  ])('refuses the template path %s', (path) => {
    expect(wrong(shopYaml.replace('task-definitions/api.json', path)).join()).toContain('leaves the project');
  });

  it('refuses a template behind a symbolic link out of the project, and follows one inside', () => {
    const outside = folderWith({ 'api.json': shopFiles['task-definitions/api.json'] });
    const inside = folderWith({ ...shopFiles });
    symlinkSync(join(outside.root, 'api.json'), join(inside.root, 'task-definitions/linked.json'));
    symlinkSync(join(inside.root, 'task-definitions/api.json'), join(inside.root, 'own.json'));
    inside.write('platform.yaml', shopYaml.replace('task-definitions/api.json', 'task-definitions/linked.json'));
    expect(said(failure(() => loadProject({ cwd: inside.root, env: {} }))).join()).toContain('leaves the project');
    inside.write('platform.yaml', shopYaml.replace('task-definitions/api.json', 'own.json'));
    expect(validateProject(loadProject({ cwd: inside.root, env: {} }))).toEqual([]);
  });

  it('says which template does not exist', () => {
    expect(wrong(shopYaml.replace('workers.yaml', 'worker.yaml'))).toEqual([
      '28:21 `task-definitions/worker.yaml` does not exist',
    ]);
  });
});

describe('references', () => {
  const withPort = shopYaml.replace('port: 3000', 'port: ${{ env.STAGE_PORT }}');

  it('reads a listed variable and makes a number of it where one is asked for', () => {
    expect(load(withPort, { STAGE_PORT: '4000' }).config.services['api']?.port).toBe(4000);
    expect(wrong(withPort, { STAGE_PORT: 'many' })).toEqual([
      expect.stringContaining('services.api.port must be a number'),
    ]);
  });

  it('reports an unset variable with its position when the value is needed, not before', () => {
    const project = load(withPort);
    const error = failure(() => resolveEnvironment(project, 'staging', { env: {} }));
    expect(said(error)).toEqual(['22:11 environment variable STAGE_PORT is not set (export STAGE_PORT=…)']);
  });

  it('does not ask for a variable that only another environment uses, but validate does', () => {
    const yaml = shopYaml.replace('account: "123456789012"', 'profile: ${{ env.OWNER }}');
    const project = load(yaml);
    expect(resolveEnvironment(project, 'staging', { env: {} }).name).toBe('staging');
    expect(failure(() => resolveEnvironment(project, 'production', { env: {} })).code).toBe('E_CONFIG');
    expect(validateProject(project).map(({ message }) => message)).toEqual(['environment variable OWNER is not set']);
  });

  it.each([
    ['${{ env.HOME }}', 'env.HOME is not listed'],
    ['${{ env.AWS_SECRET_ACCESS_KEY }}', 'may not be read'],
    ['${{ environment.nme }}', 'unknown reference'],
    ['${{ environment }}', 'unknown reference'],
    ['${{ vars.__proto__ }}', 'vars.__proto__ is not defined'],
    ['${{ env.toString }}', 'env.toString is not listed'],
    ['${{ constructor.constructor }}', 'unknown reference'],
    ['${{ }}', 'malformed reference'],
    ['${{ vars.LOG_LEVEL', 'malformed reference'],
    ['${{ 1 + 1 }}', 'malformed reference'],
  ])('refuses %s', (reference, message) => {
    const yaml = shopYaml.replace('repository: shop/api', `repository: "${reference}"`);
    const errors = (() => {
      try {
        return said(failure(() => resolveEnvironment(load(yaml), 'staging', { env: {} })));
      } catch {
        return [];
      }
    })();
    expect(errors).toEqual([expect.stringMatching(/^23:26 /)]);
    expect(errors[0]).toContain(message);
  });

  it.each(['AWS_PROFILE', 'MY_SECRET', 'api_token', 'DB_PASSWORD'])('refuses %s under variables', (name) => {
    expect(wrong(shopYaml.replace('[STAGE_PORT, OWNER]', `[OWNER, ${name}]`))).toEqual([
      expect.stringContaining(`4:20 variables may not list ${name}`),
    ]);
  });

  it('replaces values only, once, and never in keys', () => {
    const yaml = shopYaml.replace(
      'LOG_LEVEL: debug',
      'LOG_LEVEL: ${{ env.OWNER }}\n      "A": "${{ environment.name }}!"',
    );
    const project = load(yaml, { OWNER: '${{ env.STAGE_PORT }}' });
    const environment = resolveEnvironment(project, 'staging', { env: {} });
    expect(environment.config.variables).toEqual({ LOG_LEVEL: '${{ env.STAGE_PORT }}', A: 'staging!' });
    const key = shopYaml.replace('LOG_LEVEL: debug', '"${{ env.OWNER }}": debug');
    expect(wrong(key, { OWNER: 'X' })).toEqual([expect.stringContaining('is not a valid name')]);
  });
});

describe('an environment', () => {
  it('has every default resolved', () => {
    const environment = resolveEnvironment(load(shopYaml), 'staging', { env: { AWS_REGION: 'ap-south-1' } });
    expect(environment).toMatchObject({
      project: 'shop',
      region: 'eu-west-1',
      cluster: 'shop-staging',
      isProtected: false,
    });
    expect(environment.services[0]).toMatchObject({
      serviceName: 'shop-staging-api',
      family: 'shop-staging-api',
      container: 'api',
      logGroup: '/ecs/shop-staging-api',
      repository: 'shop/api',
      deadlineMs: 900_000,
      config: { secrets: { DATABASE_URL: '/shop/staging/DATABASE_URL' } },
    });
    expect(environment.services[1]).toMatchObject({ dependsOn: ['api'], deadlineMs: 600_000 });
  });

  it('takes its region from itself, the project, AWS_REGION, us-east-1, in this order', () => {
    const region = (yaml: string, name: string, env: Record<string, string>) =>
      resolveEnvironment(load(yaml), name, { env }).region;
    const without = shopYaml.replace('region: eu-west-1\n', '');
    expect(region(shopYaml, 'production', {})).toBe('us-west-2');
    expect(region(shopYaml, 'staging', {})).toBe('eu-west-1');
    expect(region(without, 'staging', { AWS_REGION: 'ap-south-1' })).toBe('ap-south-1');
    expect(region(without, 'staging', { AWS_REGION: '' })).toBe('us-east-1');
  });

  it('that does not exist is exit 5 with a suggestion', () => {
    const error = failure(() => resolveEnvironment(load(shopYaml), 'stagng', { env: {} }));
    expect([error.exitCode, ...error.hints]).toEqual([5, 'did you mean `staging`?']);
  });
});

describe('two services behind one path of the load balancer', () => {
  const port = 'taskDefinition: task-definitions/workers.yaml\n    port: 4000';
  const yaml = shopYaml.replace('taskDefinition: task-definitions/workers.yaml', port);

  it('are refused, with the position of the second and what to give it', () => {
    const [first] = said(failure(() => load(yaml)));
    expect(first).toMatch(/^27:3 services\.workers and services\.api are both behind the path/);
    expect(first).toContain('services.workers.path');
  });

  it('are fine with a path each, or where there is no load balancer', () => {
    expect(load(yaml.replace('port: 4000', 'port: 4000\n    path: /jobs')).config.services.workers?.path).toBe('/jobs');
    const without = yaml.replace(/ +loadBalancer: .*\n/g, '').replace('    smoke: { url: /health }\n', '');
    expect(load(without).config.services.workers?.port).toBe(4000);
  });
});

describe('discovery', () => {
  it('goes up to the git root and not above it', () => {
    const folder = folderWith({ 'platform.yaml': shopYaml, 'repo/api/x': '', 'repo/.git/HEAD': '' });
    expect(failure(() => loadProject({ cwd: join(folder.root, 'repo/api'), env: {} })).code).toBe('E_NO_CONFIG');
    mkdirSync(join(folder.root, '.git'));
    for (const [file, text] of Object.entries(shopFiles)) folder.write(`repo/${file}`, text);
    expect(loadProject({ cwd: join(folder.root, 'repo/api'), env: {} }).root).toBe(join(folder.root, 'repo'));
  });

  it('does not go above the home folder', () => {
    const folder = folderWith({ ...shopFiles, 'home/code/x': '' });
    const env = { HOME: join(folder.root, 'home') };
    expect(failure(() => loadProject({ cwd: join(folder.root, 'home/code'), env })).hints).toEqual(['platform init']);
    expect(loadProject({ cwd: join(folder.root, 'home/code'), env: {} }).root).toBe(folder.root);
  });

  it('prefers the flag, then PLATFORM_CONFIG', () => {
    const one = folderWith(shopFiles);
    const two = folderWith(shopFiles);
    const env = { PLATFORM_CONFIG: join(two.root, 'platform.yaml') };
    expect(loadProject({ cwd: one.root, env }).root).toBe(two.root);
    expect(loadProject({ cwd: two.root, env, file: join(one.root, 'platform.yaml') }).root).toBe(one.root);
    const missing = failure(() => loadProject({ cwd: one.root, env: {}, file: 'nowhere.yaml' }));
    expect([missing.code, missing.exitCode]).toEqual(['E_NO_CONFIG', 3]);
  });
});

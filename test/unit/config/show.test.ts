import { afterEach, describe, expect, it } from 'vitest';
import { platformJsonSchema } from '../../../src/lib/config/json-schema.js';
import { loadProject } from '../../../src/lib/config/load.js';
import { resolveEnvironment } from '../../../src/lib/config/resolve.js';
import type { ConfigShowResult } from '../../../src/lib/config/result-schemas.js';
import { showConfig } from '../../../src/lib/config/show.js';
import { validateConfig } from '../../../src/lib/config/validate.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { shopFiles, shopYaml, type TempProject, tempProject } from '../../helpers/temp-project.js';

const folders: TempProject[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

const rootWith = (files: Readonly<Record<string, string>>): string => {
  const folder = tempProject({ ...shopFiles, ...files });
  folders.push(folder);
  return folder.root;
};

const show = (yaml: string, env: Record<string, string> = {}): ConfigShowResult['values'] => {
  const project = loadProject({ cwd: rootWith({ 'platform.yaml': yaml }), env });
  const environment = resolveEnvironment(project, 'staging', { env });
  return showConfig(project, environment, { columns: 'origins' }).result.values;
};

const shownAt = (values: ConfigShowResult['values'], path: string) => {
  const found = values.find((one) => one.path === path);
  return found === undefined ? undefined : [found.value, found.origin];
};

describe('config show', () => {
  it('says where each value comes from: the file, the environment, or a default', () => {
    const yaml = shopYaml.replace('region: eu-west-1\n', '').replace('LOG_LEVEL: debug', 'LOG_LEVEL: ${{ env.OWNER }}');
    const values = show(yaml, { OWNER: 'me', AWS_REGION: 'ap-south-1' });
    expect(shownAt(values, 'project')).toEqual(['shop', 'platform.yaml:2:10']);
    expect(shownAt(values, 'region')).toEqual(['ap-south-1', 'env AWS_REGION']);
    expect(shownAt(values, 'environments.staging.cluster')).toEqual(['shop-staging', 'default']);
    expect(shownAt(values, 'environments.staging.variables.LOG_LEVEL')).toEqual([
      'me',
      'platform.yaml:9:18 (env OWNER)',
    ]);
    expect(shownAt(values, 'services.api.healthPath')).toEqual(['/health', 'default']);
    expect(shownAt(values, 'services.api.serviceName')).toEqual(['shop-staging-api', 'default']);
    expect(shownAt(values, 'services.workers.strategy.deadline')?.[0]).toBe('10m');
    expect(shownAt(values, 'services.workers.dependsOn[0]')).toEqual([
      'api',
      expect.stringMatching(/^platform\.yaml:29:17$/),
    ]);
    expect(values.some(({ path }) => path.startsWith('environments.production'))).toBe(false);
  });

  it('takes the region from the environment first', () => {
    const yaml = shopYaml.replace('  staging:\n', '  staging:\n    aws: { region: us-west-1 }\n');
    expect(shownAt(show(yaml), 'region')).toEqual(['us-west-1', 'platform.yaml:8:20']);
  });

  it('does not show what looks like a secret', () => {
    const yaml = shopYaml.replace('LOG_LEVEL: debug', 'LOG_LEVEL: postgres://app:hunter2@db/shop');
    expect(JSON.stringify(show(yaml))).not.toContain('hunter2');
  });
});

describe('config validate', () => {
  it('reports what platform.yaml and its templates have wrong in one go', () => {
    const template = shopFiles['task-definitions/workers.yaml'].replace('memory', 'memroy');
    const root = rootWith({
      'platform.yaml': shopYaml.replace('port: 3000', 'port: 3000\n    prot: 1'),
      'task-definitions/workers.yaml': template,
    });
    try {
      validateConfig({ cwd: root, env: {} });
      expect.unreachable();
    } catch (error) {
      expect(isPlatformError(error) && error.message).toBe(
        [
          'the configuration is not valid: 2 errors',
          '  platform.yaml:23:5  unknown key `prot` in services.api',
          '      did you mean `port`?',
          '  task-definitions/workers.yaml:2:1  unknown key `memroy` in the task definition',
          '      did you mean `memory`?',
        ].join('\n'),
      );
    }
  });

  it('names environments and services when all is well', () => {
    const { result } = validateConfig({ cwd: rootWith({}), env: {} });
    expect(result).toMatchObject({ environments: ['staging', 'production'], services: ['api', 'workers'] });
  });
});

describe('the JSON Schema', () => {
  it('knows the keys of a service and allows a reference where a number stands', () => {
    const schema = platformJsonSchema() as {
      $schema: string;
      properties: { services: { additionalProperties: { properties: Record<string, object>; required: string[] } } };
    };
    expect(schema.$schema).toContain('draft-07');
    const { properties, required } = schema.properties.services.additionalProperties;
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(['taskDefinition', 'port', 'smoke', 'dependsOn']));
    expect(required).toEqual(['taskDefinition', 'image']);
    expect(properties['port']).toMatchObject({ anyOf: [{ type: 'integer' }, { type: 'string' }] });
  });
});

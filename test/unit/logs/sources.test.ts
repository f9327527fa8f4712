import { describe, expect, it } from 'vitest';
import { destinationOf } from '../../../src/lib/logs/destinations.js';
import { containerSources, groupsOf, originFinder, type ServiceLogs } from '../../../src/lib/logs/sources.js';

const container = (name: string, logDriver: string, options: Record<string, string> = {}) => ({
  name,
  logConfiguration: { logDriver, options },
});
const awslogs = (name: string, group: string, more: Record<string, string> = {}) =>
  container(name, 'awslogs', { 'awslogs-group': group, 'awslogs-stream-prefix': name, ...more });
const service = (name: string, ...containers: readonly object[]): ServiceLogs => ({
  service: name,
  configuredGroup: `/ecs/${name}`,
  containers: containerSources(name, { requiresCompatibilities: ['FARGATE'], containerDefinitions: containers }),
});

describe('where logs go', () => {
  it.each([
    [
      'splunk',
      { 'splunk-url': 'https://user:s3cret@splunk.shop.test:8088/x?token=t0ken', 'splunk-token': 'T0KEN' },
      'https://splunk.shop.test:8088',
    ],
    ['syslog', { 'syslog-address': 'tcp://syslog.shop.test:514' }, 'tcp://syslog.shop.test:514'],
    ['gelf', { 'gelf-address': 'udp://graylog.shop.test:12201' }, 'udp://graylog.shop.test:12201'],
    ['fluentd', { 'fluentd-address': 'fluent.shop.test:24224' }, 'fluent.shop.test:24224'],
    ['json-file', {}, 'container instance'],
    ['none', {}, 'nowhere'],
    [
      'awsfirelens',
      { Name: 'datadog', Host: 'http-intake.logs.datadoghq.eu', apikey: 'S3CRET', dd_tags: 'x' },
      'Datadog at http-intake.logs.datadoghq.eu',
    ],
    ['awsfirelens', { Name: 'loki', host: 'loki.shop.test', http_passwd: 'S3CRET' }, 'Loki at loki.shop.test'],
    [
      'awsfirelens',
      { Name: 'grafana-loki', Url: 'https://me:S3CRET@logs-prod.grafana.net/loki/api/v1/push' },
      'Loki at https://logs-prod.grafana.net',
    ],
    ['awsfirelens', { Name: 'firehose', delivery_stream: 'shop-logs' }, 'shop-logs'],
    ['awsfirelens', {}, 'log router'],
    ['awsfirelens', { Name: 'cloudwatch_logs', log_group_name: '/shop/$(ecs_cluster)' }, 'CloudWatch Logs'],
    ['mystery', {}, 'mystery'],
  ])('%s %j is said without its secrets', (logDriver, options, expected) => {
    const destination = destinationOf({ logDriver, options }, 'fargate');
    if (destination.kind !== 'elsewhere') throw new Error('is a group');
    expect(destination.text).toContain(expected);
    expect(JSON.stringify(destination)).not.toMatch(/s3cret|t0ken/i);
  });

  it('FireLens that writes to CloudWatch is a group like any other', () => {
    const options = { Name: 'cloudwatch', log_group_name: '/shop/app', region: 'us-east-1', log_key: 'log' };
    expect(destinationOf({ logDriver: 'awsfirelens', options }, 'fargate')).toEqual({
      kind: 'group',
      group: '/shop/app',
      region: 'us-east-1',
    });
  });

  it('a container without a log configuration keeps nothing on Fargate, and a file elsewhere', () => {
    expect(destinationOf(undefined, 'fargate')).toMatchObject({ driver: 'none' });
    expect(destinationOf(undefined, 'ec2')).toMatchObject({ driver: 'json-file' });
  });
});

describe('groups', () => {
  it('come from every container, each once, with everybody who writes to it', () => {
    const groups = groupsOf(
      [
        service('api', awslogs('api', '/ecs/api'), awslogs('proxy', '/ecs/shared')),
        service(
          'web',
          awslogs('web', '/ecs/shared', { 'awslogs-region': 'us-east-1' }),
          awslogs('proxy', '/ecs/shared'),
        ),
      ],
      'eu-west-1',
    );
    expect(groups.map(({ region, group, writers }) => [region, group, writers.map((each) => each.service)])).toEqual([
      ['eu-west-1', '/ecs/api', ['api']],
      ['eu-west-1', '/ecs/shared', ['api', 'web']],
      ['us-east-1', '/ecs/shared', ['web']],
    ]);
  });

  it('fall back to the configured one only when nothing runs', () => {
    const nothing = { service: 'api', configuredGroup: '/ecs/api', containers: [] };
    expect(groupsOf([nothing], 'eu-west-1')).toMatchObject([{ group: '/ecs/api' }]);
    expect(groupsOf([service('api', container('api', 'splunk'))], 'eu-west-1')).toEqual([]);
  });

  it('know the service, container and task of a stream, and leave out those of others', () => {
    const [shared] = groupsOf(
      [service('api', awslogs('api', '/shared')), service('web', awslogs('web', '/shared'))],
      'eu-west-1',
    );
    if (!shared) throw new Error('no group');
    const find = originFinder(shared);
    expect(find('web/web/abc123')).toMatchObject({ service: 'web', container: 'web', task: 'abc123' });
    expect(find('other/other/abc123')).toBeUndefined();
    expect(find('web/web/abc123')).toBe(find('web/web/abc123'));
    const narrow = originFinder(shared, { task: 'abc', container: 'api' });
    expect(narrow('api/api/abc1')).toBeDefined();
    expect(narrow('api/api/def1')).toBeUndefined();
    expect(narrow('web/web/abc1')).toBeUndefined();
  });

  it('show streams that no container explains, such as one-off tasks, in a group of the service itself', () => {
    const [own] = groupsOf([service('api', awslogs('api', '/ecs/api'))], 'eu-west-1');
    if (!own) throw new Error('no group');
    expect(originFinder(own)('migrate/migrate/xyz')).toMatchObject({
      service: 'api',
      container: 'migrate',
      task: 'xyz',
    });
  });
});

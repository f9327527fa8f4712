import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alarmLink,
  alarmsLink,
  clusterLink,
  deploymentPageOf,
  imageLink,
  isConsoleLink,
  logGroupLink,
  logStreamLink,
  parameterLink,
  repositoryLink,
  serviceLink,
  taskDefinitionLink,
  taskDefinitionPageOf,
  taskLink,
} from '../../../src/lib/aws/console-links.js';

const at = { region: 'eu-west-1', account: '123456789012' };
const host = 'https://eu-west-1.console.aws.amazon.com';

describe('console links', () => {
  it.each([
    [clusterLink(at, 'shop-staging'), `${host}/ecs/v2/clusters/shop-staging/services?region=eu-west-1`],
    [
      serviceLink(at, { cluster: 'shop-staging', serviceName: 'shop-staging-api' }),
      `${host}/ecs/v2/clusters/shop-staging/services/shop-staging-api/health?region=eu-west-1`,
    ],
    [
      serviceLink(at, { cluster: 'c', serviceName: 's', tab: 'deployments' }),
      `${host}/ecs/v2/clusters/c/services/s/deployments?region=eu-west-1`,
    ],
    [
      taskLink(at, { cluster: 'c', taskId: '0123abc' }),
      `${host}/ecs/v2/clusters/c/tasks/0123abc/configuration?region=eu-west-1`,
    ],
    [
      taskDefinitionLink(at, { family: 'shop-staging-api', revision: 16 }),
      `${host}/ecs/v2/task-definitions/shop-staging-api/16/containers?region=eu-west-1`,
    ],
    [
      logGroupLink(at, '/ecs/shop-staging-api'),
      `${host}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fecs$252Fshop-staging-api`,
    ],
    [
      logStreamLink(at, { group: '/ecs/api', stream: 'ecs/api/[$LATEST]1' }),
      `${host}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fecs$252Fapi/log-events/ecs$252Fapi$252F$255B$2524LATEST$255D1`,
    ],
    [alarmLink(at, 'api 5xx rate'), `${host}/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/api%205xx%20rate`],
    [alarmsLink(at), `${host}/cloudwatch/home?region=eu-west-1#alarmsV2:`],
    [repositoryLink(at, 'shop/api'), `${host}/ecr/repositories/private/123456789012/shop/api?region=eu-west-1`],
    [
      imageLink(at, { repository: 'shop/api', digest: 'sha256:ab12' }),
      `${host}/ecr/repositories/private/123456789012/shop/api/_/image/sha256%3Aab12/details?region=eu-west-1`,
    ],
    [
      parameterLink(at, '/shop/staging/DATABASE_URL'),
      `${host}/systems-manager/parameters/shop/staging/DATABASE_URL/description?region=eu-west-1`,
    ],
  ])('%s', (link, expected) => {
    expect(link).toBe(expected);
    expect(isConsoleLink(link)).toBe(true);
  });

  it.each([
    ['us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com/'],
    ['cn-north-1', 'https://cn-north-1.console.amazonaws.cn/'],
  ])('go to the console of the partition that %s is in', (region, start) => {
    const link = clusterLink({ ...at, region }, 'c');
    expect(link.startsWith(start)).toBe(true);
    expect(isConsoleLink(link)).toBe(true);
  });

  it('stay on the console whatever a name or a region holds', () => {
    const name = fc.string({ unit: 'binary', maxLength: 40 });
    const hostile = fc.oneof(
      name,
      fc.constantFrom(
        '..',
        '.',
        '../../evil',
        '@evil.example',
        '?x=1#y',
        'a b',
        "';--",
        '\u001b]8;;x\u0007',
        '%2e%2e',
        '',
        '\ud800',
      ),
    );
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const expected = `${clusterLink(at, 'x').split('/ecs/')[0]}/ecs/v2/clusters/`;
        for (const link of [
          clusterLink(at, one),
          serviceLink(at, { cluster: one, serviceName: other }),
          taskLink(at, { cluster: one, taskId: other }),
        ]) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be in a link.
          expect(link).not.toMatch(/[\s\u0000-\u001f\u007f-\uffff<>"'`\\]/);
          expect(isConsoleLink(link)).toBe(true);
          // What a browser makes of it is still below the same folder.
          expect(new URL(link).href.startsWith(expected)).toBe(true);
          expect(new URL(link).hash).toBe('');
        }
        const odd = clusterLink({ ...at, region: one }, 'c');
        expect(new URL(odd).hostname).toMatch(
          /^[a-z0-9-]+\.console\.(aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)$/,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('are found from the ARNs of deployments and task definitions, and from nothing else', () => {
    expect(
      deploymentPageOf('arn:aws-cn:ecs:cn-north-1:123456789012:service-deployment/shop-staging/shop-staging-api/Ab1'),
    ).toBe(
      'https://cn-north-1.console.amazonaws.cn/ecs/v2/clusters/shop-staging/services/shop-staging-api/deployments?region=cn-north-1',
    );
    expect(taskDefinitionPageOf('arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-staging-api:12')).toBe(
      `${host}/ecs/v2/task-definitions/shop-staging-api/12/containers?region=eu-west-1`,
    );
    for (const arn of [
      '',
      'none',
      'arn:aws:ecs:eu-west-1:123456789012:cluster/x',
      'arn:aws:ecs:evil.example/:1:task-definition/x:1',
    ]) {
      expect(deploymentPageOf(arn)).toBeUndefined();
      expect(taskDefinitionPageOf(arn)).toBeUndefined();
    }
  });

  it.each([
    'http://eu-west-1.console.aws.amazon.com/ecs',
    'https://console.aws.amazon.com.evil.example/',
    'https://evilconsole.aws.amazon.com/',
    'https://user@console.aws.amazon.com/',
    'https://console.aws.amazon.com:8443/',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'nothing',
  ])('%s is none', (text) => {
    expect(isConsoleLink(text)).toBe(false);
  });
});

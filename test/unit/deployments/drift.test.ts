import { describe, expect, it } from 'vitest';
import type { EcsService } from '../../../src/lib/aws/ecs-model.js';
import type { ResolvedEnvironment, ResolvedService } from '../../../src/lib/config/project.js';
import { type DriftFacts, driftOf } from '../../../src/lib/deployments/drift.js';
import type { RunView } from '../../../src/lib/engine/view.js';
import type { LiveService } from '../../../src/lib/services/observe-live.js';

const arn = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-staging-api:12';
const ours = {
  'platform:project': 'shop',
  'platform:environment': 'staging',
  'platform:service': 'api',
  'platform:run': '01run',
};
const service = {
  name: 'api',
  serviceName: 'shop-staging-api',
  family: 'shop-staging-api',
  container: 'api',
  config: { port: 3000 },
} as ResolvedService;

// Only what drift reads of a live service.
const live = (change: Partial<LiveService> = {}, seen: Partial<EcsService> = {}): LiveService =>
  ({
    service,
    cluster: 'shop-staging',
    live: {
      arn,
      family: 'shop-staging-api',
      revision: 12,
      status: 'ACTIVE',
      registeredAtMs: 0,
      tags: ours,
      definition: {},
    },
    seen: {
      desired: 2,
      strategy: 'ROLLING',
      loadBalancers: [{ targetGroup: 'arn:tg', container: 'api', port: 3000 }],
      network: { subnets: ['subnet-b', 'subnet-a'], securityGroups: ['sg-1'], assignPublicIp: false },
      ...seen,
    },
    ...change,
  }) as LiveService;

const environment = (network?: object): ResolvedEnvironment =>
  ({ name: 'staging', config: { ...(network && { network }) } }) as unknown as ResolvedEnvironment;

const drift = (change: Partial<DriftFacts> = {}) =>
  driftOf({
    live: live(),
    environment: environment(),
    target: { account: '123456789012', region: 'eu-west-1', project: 'shop', environment: 'staging' },
    ...change,
  }).map(({ kind, weight }) => [kind, weight]);

const withService = (config: object): LiveService =>
  live({ service: { ...service, config: { ...service.config, ...config } } as ResolvedService });

const tagged = (tags: Readonly<Record<string, string>>): LiveService => live({ live: { ...live().live, tags } });

const runThatRegistered = (definition: object): RunView =>
  ({
    runId: '01run',
    steps: new Map([
      [
        'register[api]',
        {
          step: { kind: 'action', with: { source: { kind: 'rendered', definition } } },
          outputs: { taskDefinition: arn, revision: 12 },
        },
      ],
    ]),
  }) as unknown as RunView;

describe('drift', () => {
  it('is nothing where the service is what platform.yaml says', () => {
    expect(drift()).toEqual([]);
    const same = { subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-1'], assignPublicIp: false };
    expect(drift({ environment: environment(same), bounds: { min: 2, max: 4 }, run: runThatRegistered({}) })).toEqual(
      [],
    );
  });

  it.each<[string, Partial<DriftFacts>, string]>([
    ['a newer revision of others', { live: live({ latest: { arn: `${arn}0`, by: 'others' } }) }, 'latest-not-live'],
    [
      'another family',
      { live: live({ live: { ...live().live, arn: arn.replace('shop-staging-api', 'terraform-api') } }) },
      'foreign-family',
    ],
    ['a release of another project', { live: tagged({ ...ours, 'platform:project': 'other' }) }, 'foreign-tags'],
    ['a deregistered revision', { live: live({ live: { ...live().live, status: 'INACTIVE' } }) }, 'inactive'],
    ['a revision that is not what its run registered', { run: runThatRegistered({ cpu: '1024' }) }, 'altered'],
    [
      'another strategy',
      { live: { ...withService({ strategy: { kind: 'rolling' } }), seen: live({}, { strategy: 'BLUE_GREEN' }).seen } },
      'strategy',
    ],
    ['another port', { live: withService({ port: 8080 }) }, 'load-balancer'],
    ['no target group', { live: live({}, { loadBalancers: [] }) }, 'load-balancer'],
    ['other subnets', { environment: environment({ subnets: ['subnet-a'] }) }, 'network'],
    ['other security groups', { environment: environment({ securityGroups: ['sg-2'] }) }, 'network'],
    ['public addresses', { environment: environment({ assignPublicIp: true }) }, 'network'],
    ['a count that autoscaling does not allow', { bounds: { min: 3, max: 6 } }, 'desired-count'],
  ])('is %s', (_what, change, kind) => {
    expect(drift(change)).toEqual([[kind, 'difference']]);
  });

  it('does not count what is only worth knowing', () => {
    expect(drift({ live: tagged({}) })).toEqual([['untagged', 'note']]);
    const inProgress = { arn: 'arn:d', status: 'IN_PROGRESS' } as LiveService['inProgress'] & object;
    expect(drift({ live: live({ inProgress }) })).toEqual([['in-progress', 'note']]);
  });

  it('says nothing of what platform.yaml does not say, or says by a name that others look up', () => {
    const { port: _, ...rest } = service.config;
    expect(
      drift({ live: live({ service: { ...service, config: rest } as ResolvedService }, { loadBalancers: [] }) }),
    ).toEqual([]);
    expect(drift({ environment: environment({ subnets: ['private-a', 'subnet-b'] }) })).toEqual([]);
    expect(drift({ live: live({ latest: { arn: `${arn}0`, by: 'us' } }) })).toEqual([]);
    expect(drift({ live: live({}, { strategy: 'CANARY' }) })).toEqual([]);
  });

  it('believes a journal only about the revision that its run made', () => {
    const other = live({ live: { ...live().live, arn: `${arn}3` } });
    expect(drift({ live: other, run: runThatRegistered({ cpu: '1024' }) })).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { EcsTask } from '../../../src/lib/aws/ecs-model.js';
import { countFailures, failureSignature } from '../../../src/lib/runtimes/ecs/failures.js';
import { referencesOf } from '../../../src/lib/runtimes/ecs/references.js';
import { registrable, withImage } from '../../../src/lib/runtimes/ecs/registrable.js';

const task = (overrides: Partial<EcsTask>): EcsTask => ({
  arn: 'arn:task/1',
  id: '1',
  taskDefinition: 'arn:td:2',
  status: 'STOPPED',
  desiredStatus: 'STOPPED',
  createdAtMs: 0,
  containers: [{ name: 'api' }],
  ...overrides,
});

describe('a stopped task', () => {
  it.each<[string, Partial<EcsTask>, string | undefined]>([
    [
      'that exited',
      { stopCode: 'EssentialContainerExited', containers: [{ name: 'api', exitCode: 1 }] },
      'container api exited with 1',
    ],
    [
      'out of memory',
      {
        stopCode: 'EssentialContainerExited',
        containers: [{ name: 'api', exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }],
      },
      'container api exited with 137, OutOfMemoryError',
    ],
    [
      'without its image',
      {
        stopCode: 'TaskFailedToStart',
        stoppedReason: 'CannotPullContainerError: pull image manifest has been retried 1 time(s): abc',
      },
      'did not start: CannotPullContainerError',
    ],
    [
      'that no capacity was found for',
      { stopCode: 'TaskFailedToStart', stoppedReason: 'Capacity is unavailable at this time.' },
      undefined,
    ],
    [
      'that failed health checks',
      { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Task failed ELB health checks in (target-group arn:1)' },
      'failed health checks',
    ],
    [
      'scaled in',
      { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/1)' },
      undefined,
    ],
    ['stopped by a person', { stopCode: 'UserInitiated' }, undefined],
    ['of a reclaimed spot instance', { stopCode: 'SpotInterruption' }, undefined],
  ])('%s', (_what, overrides, signature) => {
    expect(failureSignature(task(overrides))).toBe(signature);
  });

  it('fails equally to another one whose reason differs only in ids', () => {
    const reason = (id: string) => `ResourceInitializationError: unable to pull secrets: request id ${id}`;
    const tasks = ['0c9d-1', '77aa-2'].map((id) => task({ stopCode: 'TaskFailedToStart', stoppedReason: reason(id) }));
    expect(countFailures(tasks)).toEqual([{ signature: 'did not start: ResourceInitializationError', count: 2 }]);
  });
});

describe('what a task definition refers to', () => {
  it('is parameters, secrets without their json key, and awslogs groups that it does not create', () => {
    const logs = (group: string, more: object = {}) => ({
      logDriver: 'awslogs',
      options: { 'awslogs-group': group, 'awslogs-stream-prefix': 'x', ...more },
    });
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/token-AbCdEf';
    expect(
      referencesOf({
        containerDefinitions: [
          {
            name: 'api',
            secrets: [{ valueFrom: '/shop/url' }, { valueFrom: `${arn}:key::` }],
            logConfiguration: logs('/ecs/api'),
          },
          { name: 'side', logConfiguration: logs('/ecs/side', { 'awslogs-create-group': 'true' }) },
        ],
      }),
    ).toEqual({ parameters: ['/shop/url'], secrets: [arn], logGroups: ['/ecs/api'] });
  });
});

describe('a task definition that AWS answered', () => {
  it('can be registered again without the members that AWS added', () => {
    const answered = {
      family: 'api',
      revision: 3,
      status: 'ACTIVE',
      registeredAt: new Date(),
      containerDefinitions: [{ name: 'api', image: 'a' }],
    };
    expect(withImage(registrable(answered), { container: 'api', image: 'b' })).toEqual({
      family: 'api',
      containerDefinitions: [{ name: 'api', image: 'b' }],
    });
  });
});

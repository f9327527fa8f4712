import { describe, expect, it } from 'vitest';
import { lastThatWorked, type Release } from '../../../src/lib/releases/observe-releases.js';

const release = (number: number, change: Partial<Release> = {}): Release => ({
  service: 'api',
  release: number,
  taskDefinition: `arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-api:${number}`,
  image: 'shop/api:x',
  outcome: 'worked',
  isLive: false,
  registeredAt: '2026-11-23T12:00:00.000Z',
  ...change,
});

describe('where a rollback goes', () => {
  it('is the newest release before the live one that worked', () => {
    const releases = [release(4, { isLive: true }), release(3), release(2), release(1)];
    expect(lastThatWorked(releases)?.release).toBe(3);
  });

  it.each(['rolled-back', 'failed', 'unknown'] as const)('passes over releases that are %s', (outcome) => {
    const releases = [release(4, { isLive: true }), release(3, { outcome }), release(2), release(1)];
    expect(lastThatWorked(releases)?.release).toBe(2);
  });

  it('never goes forward to a release that is newer than the live one', () => {
    expect(lastThatWorked([release(5), release(4, { isLive: true }), release(3)])?.release).toBe(3);
    expect(lastThatWorked([release(5), release(4, { isLive: true })])).toBeUndefined();
  });

  it('is nowhere without a live release', () => {
    expect(lastThatWorked([release(2), release(1)])).toBeUndefined();
  });

  it('may be a release of the family that ran before another tool brought in its own', () => {
    const theirs = {
      taskDefinition: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/terraform-api:1',
      isLive: true,
    };
    expect(lastThatWorked([release(1, theirs), release(7), release(6)])?.release).toBe(7);
  });
});

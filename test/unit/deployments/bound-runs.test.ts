import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { wallClock } from '../../../src/lib/context/clocks.js';
import type { Ctx } from '../../../src/lib/context/context.js';
import { ulidGenerator } from '../../../src/lib/context/ulid.js';
import { deployKind } from '../../../src/lib/deployments/operation-kinds.js';
import { planServices, type ServicePlan } from '../../../src/lib/deployments/service-plan.js';

const target = { account: '123456789012', region: 'eu-west-1', project: 'shop', environment: 'production' };
const runId = ulidGenerator({ now: () => 0, random: (count) => new Uint8Array(count) })();

const dangerOf = (own: Pick<ServicePlan, 'danger' | 'isProtected'>) =>
  planServices({
    ...own,
    runId,
    nowMs: 0,
    operation: 'deploy@1',
    target,
    planned: [],
    steps: [],
    closing: [],
    locks: [],
  }).danger;

describe('a plan', () => {
  it('carries the protection of its environment, so that a resume and an undo ask for the name as well', () => {
    expect(dangerOf({ danger: 'none', isProtected: true })).toBe('type-name');
    expect(dangerOf({ danger: 'confirm', isProtected: true })).toBe('type-name');
  });

  it('asks for what it needs by itself elsewhere', () => {
    expect(dangerOf({ danger: 'none', isProtected: false })).toBe('none');
    expect(dangerOf({ danger: 'confirm', isProtected: false })).toBe('confirm');
  });
});

describe('a journaled run', () => {
  const withAccount = (account: string): Ctx => {
    const sts = { send: async () => ({ Account: account, Arn: `arn:aws:iam::${account}:user/somebody` }) };
    const ctx: Pick<Ctx, 'place' | 'paths' | 'env' | 'clocks'> & { aws: () => unknown } = {
      place: { kind: 'aws' },
      paths: { cwd: tmpdir(), state: tmpdir(), templates: tmpdir() },
      env: {},
      clocks: { wall: wallClock, service: { now: () => 0, rate: 1, sleep: async () => undefined } },
      aws: () => ({ read: async () => sts, write: async () => sts, region: target.region }),
    };
    return ctx as unknown as Ctx;
  };

  it('is refused with the credentials of another account, before anything is read or changed there', async () => {
    await expect(deployKind.bind(withAccount('210987654321'), target)).rejects.toMatchObject({
      exitCode: 9,
      details: { expected: '123456789012', actual: '210987654321' },
    });
  });

  it('is bound with those of its own', async () => {
    expect((await deployKind.bind(withAccount('123456789012'), target)).actions.size).toBeGreaterThan(0);
  });
});

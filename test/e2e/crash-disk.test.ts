/** A state folder that cannot be written: the disk is read-only, or full at one moment or another. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { diskTrouble, onDisk } from '../helpers/crash-disk.js';
import { settledProjection } from '../helpers/e2e-projection.js';
import { type Operator, type Shop, startShop } from '../helpers/e2e-shop.js';

const trouble = diskTrouble();

let shop: Shop;
let operator: Operator;

beforeAll(async () => {
  if (trouble !== undefined) return;
  shop = await startShop({ flags: ['--no-limits'] });
  await shop.snapshot('seeded');
});
afterAll(() => shop?.stop());

beforeEach(async () => {
  if (trouble !== undefined) return;
  await shop.restore('seeded');
  operator = shop.operator();
});
afterEach(() => operator?.remove());

const deploy = { name: 'deploy', argv: ['deploy', 'workers', '--tag', 'v1', '--json'] };
const list = { name: 'list', argv: ['runs', 'list', '--json'] };

const disk = (size: string) => ({ operator, project: shop.project, size });

describe.skipIf(trouble !== undefined)(`a state folder that cannot be written${trouble ? ` (${trouble})` : ''}`, () => {
  it('on a read-only disk is refused before anything is changed', async () => {
    const since = await shop.newest();
    const answers = onDisk(disk('1m'), [{ ...deploy, before: 'mount -o remount,ro "$STATE"' }, list]);
    const refused = JSON.parse(answers.get('deploy')?.stdout ?? '');
    expect(refused).toMatchObject({ exitCode: 9, error: { code: 'E_JOURNAL' } });
    expect(refused.error.message).toContain('read-only');
    expect(answers.get('deploy')?.stderr).not.toMatch(/\n\s+at /);
    expect(await shop.changes(since)).toEqual([]);
    expect(answers.get('list')?.exitCode).toBe(0);
  });

  // The plan is a few pages long; after it, an event is less than one. The sizes meet plan, lock and later events.
  it.each([
    '16k',
    '24k',
    '28k',
    '64k',
  ])('on a disk of %s ends with a clear error or well, and goes on once there is room', async (size) => {
    const since = await shop.newest();
    const room = 'mount -o remount,size=4m "$STATE"';
    const answers = onDisk(disk(size), [
      deploy,
      { ...list, before: room },
      // What was begun is gone on with; what never began is given again.
      { name: 'resume', argv: ['runs', 'resume', '--json'] },
      { name: 'again', argv: ['deploy', 'workers', '--tag', 'v1', '--json'] },
    ]);
    const first = JSON.parse(answers.get('deploy')?.stdout ?? '');
    process.stderr.write(`disk of ${size}: exit ${first.exitCode} ${first.error?.message ?? ''}\n`);
    if (first.exitCode !== 0) expect(first.error.message).toContain('the disk is full');
    expect([0, 9]).toContain(first.exitCode);
    expect(answers.get('deploy')?.stderr).not.toMatch(/\n\s+at /);
    const { runs } = JSON.parse(answers.get('list')?.stdout ?? '').result;
    expect(runs.map(({ state }: { state: string }) => state)).not.toContain('unreadable');
    expect(JSON.parse(answers.get('again')?.stdout ?? '')).toMatchObject({ exitCode: 0 });
    const updates = (await shop.changes(since)).filter(({ operation }) => operation === 'UpdateService');
    expect(updates).toHaveLength(1);
    expect((await settledProjection(shop.endpoint)).services['shop-staging-workers']?.tag).toBe('v1');
  });
});

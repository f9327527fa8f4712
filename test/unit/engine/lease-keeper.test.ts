import { describe, expect, it } from 'vitest';
import { keepLease } from '../../../src/lib/engine/lease-keeper.js';
import { PlatformError } from '../../../src/lib/errors/platform-error.js';
import { clocksOf, VirtualTime } from '../../helpers/engine-virtual-time.js';

const leaseMs = 60_000;

const bench = (renewing: () => Promise<void> = async () => undefined) => {
  const time = new VirtualTime(0);
  const seen = { renewals: 0, released: false, lost: undefined as unknown };
  let since = 0;
  const keeper = keepLease({
    leaseMs,
    wall: clocksOf(time).wall,
    onLost: (error) => {
      seen.lost = error;
    },
    lease: {
      holders: [],
      remainingMs: () => leaseMs - (time.now - since),
      renew: async () => {
        seen.renewals += 1;
        await renewing();
        since = time.now;
      },
      release: async () => {
        seen.released = true;
      },
    },
  });
  return { time, keeper, seen };
};

describe('the lease keeper', () => {
  it('renews every quarter of the lease until it is stopped', async () => {
    const { time, keeper, seen } = bench();
    await time.drive(time.sleep(61_000));
    expect(seen.renewals).toBe(4);
    keeper.stop();
    await time.drive(time.sleep(120_000));
    expect(seen.renewals).toBe(4);
    expect(seen.released).toBe(false);
  });

  it('renews before an effect when less than the margin is left, for example after a closed lid', async () => {
    const { time, keeper, seen } = bench();
    await time.drive(keeper.ensure());
    expect(seen.renewals).toBe(0);
    time.now += 50_000;
    expect(keeper.hasTime()).toBe(false);
    await time.drive(keeper.ensure());
    expect(seen.renewals).toBe(1);
  });

  it('gives up with exit 9 when the row belongs to somebody else', async () => {
    const taken = async () => {
      throw new PlatformError('E_LOCKED', 'taken');
    };
    const { time, keeper, seen } = bench(taken);
    time.now += 59_000;
    await expect(time.drive(keeper.ensure())).rejects.toMatchObject({ code: 'E_CONFLICT', exitCode: 9 });
    await time.drive(time.sleep(20_000));
    expect(seen.lost).toMatchObject({ code: 'E_CONFLICT' });
  });

  it('is patient with a store that does not answer, as long as there is lease left', async () => {
    let left = 5;
    const { time, keeper, seen } = bench(async () => {
      left -= 1;
      if (left >= 0) throw new Error('unreachable');
    });
    time.now += 46_000;
    await time.drive(keeper.ensure());
    expect(seen.renewals).toBe(6);
    expect(seen.lost).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { simulate } from '../helpers/engine-simulation.js';
import { newTally } from '../helpers/engine-simulation-net.js';
import { fencingDisabled } from '../helpers/engine-synthetic-matrix.js';
import { seedFor } from '../helpers/seeded.js';

/** `SEED=123 SEEDS=1` shows one seed again, with stacks. */
const seeds = Number(process.env['SEEDS'] ?? 10_000);

describe('operators who run, die, sleep, resume, undo and break locks on one environment', () => {
  it(`never break an invariant in ${seeds} seeds`, async () => {
    const first = seedFor('engine simulation');
    const tally = newTally();
    const begunAt = Date.now();
    for (let seed = first; seed < first + seeds; seed += 1) {
      const report = await simulate(seed, { tally, hasStacks: seeds === 1 });
      if (report.violation !== undefined) expect.fail(`SEED=${seed} SEEDS=1: ${report.violation}`);
      expect(report.operators).toBeGreaterThanOrEqual(2);
      expect(report.events).toBeGreaterThanOrEqual(20);
    }
    const { takeOvers, lostAnswers, probes, fences } = tally;
    const seconds = Math.round((Date.now() - begunAt) / 1000);
    process.stderr.write(
      `simulation: ${seeds} seeds in ${seconds} s, ${tally.runs} runs, ${tally.events} events, ${tally.kills} kills, ` +
        `${takeOvers} take-overs, ${lostAnswers} lost answers, ${probes} probes, ${fences} fences\n`,
    );
    if (seeds < 10_000) return;
    for (const count of [takeOvers, lostAnswers, probes, fences]) expect(count).toBeGreaterThanOrEqual(1_000);
  }, 600_000);

  it('repeats itself: one seed is one history', async () => {
    for (const seed of [11, 12, 13]) {
      const [once, again] = [newTally(), newTally()];
      await simulate(seed, { tally: once });
      await simulate(seed, { tally: again });
      expect(again).toEqual(once);
    }
  });

  it('finds a journal that does not fence', async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= 300; seed += 1) {
      const report = await simulate(seed, { bugs: fencingDisabled.journals ?? {} });
      if (report.violation !== undefined) found.push(report.violation);
    }
    expect(found.join('\n')).toMatch(/epoch \d+ after \d+/);
  });
});

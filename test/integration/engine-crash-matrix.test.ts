import { describe, expect, it } from 'vitest';
import { crashMatrix } from '../helpers/engine-crash-matrix.js';
import { fileJournals } from '../helpers/engine-file-journals.js';
import { broadPlan } from '../helpers/engine-synthetic.js';
import {
  effectBeforeIntent,
  noKey,
  noProbe,
  syntheticFixture,
  tornTailLeft,
} from '../helpers/engine-synthetic-matrix.js';

const plans = {
  'a plan that succeeds': () => broadPlan('run-good'),
  'a plan whose second branch fails and is undone': () => broadPlan('run-bad', { b: 'bad', onError: 'undo' }),
  'a plan that is undone as a whole': () => broadPlan('run-atomic', { b: 'bad', onError: 'undo', undoScope: 'run' }),
  'a plan that is aborted': () => broadPlan('run-abort', { b: 'bad', onError: 'abort' }),
};

describe('a process killed at any durable write or effect', () => {
  for (const [name, plan] of Object.entries(plans)) {
    it(`is resumed to the world of the uninterrupted run: ${name}`, async () => {
      const result = await crashMatrix(syntheticFixture(name, plan), { recovery: 'resume' });
      expect(result.failures).toEqual([]);
      expect(result.points).toBeGreaterThan(30);
      expect(result.cases).toBeGreaterThan(2 * result.points);
    });

    it(`is undone to the world before the run: ${name}`, async () => {
      const result = await crashMatrix(syntheticFixture(name, plan), { recovery: 'undo' });
      expect(result.failures).toEqual([]);
    });
  }

  it('survives being killed again while it recovers, at a sample of all pairs of points', async () => {
    for (const recovery of ['resume', 'undo'] as const) {
      const fixture = syntheticFixture('twice', plans['a plan that succeeds']);
      const result = await crashMatrix(fixture, { recovery, second: { every: 29 } });
      expect(result.failures).toEqual([]);
      expect(result.cases).toBeGreaterThan(300);
    }
  });

  it('is resumed from the product’s file journal, whichever write to the disk was the last, whole or torn', async () => {
    const fixture = { ...syntheticFixture('files', plans['a plan that succeeds']), journals: fileJournals };
    const result = await crashMatrix(fixture, { recovery: 'resume' });
    expect(result.failures).toEqual([]);
    expect(result.points).toBeGreaterThan(60);
  });

  it('may be interrupted by Ctrl-C anywhere, and resumed', async () => {
    const fixture = syntheticFixture('interrupt', plans['a plan that succeeds']);
    const result = await crashMatrix(fixture, { recovery: 'resume', modes: ['interrupt'] });
    expect(result.failures).toEqual([]);
  });
});

describe('the matrix finds a seeded bug by what it does to the world or the journal', () => {
  const bugs = [
    { mutant: effectBeforeIntent, seen: /happened before its intent was durable[\s\S]*changed the world twice/ },
    { mutant: noProbe, seen: /changed the world twice/ },
    { mutant: noKey, seen: /"messages":\["a2","a2"\]/ },
    { mutant: tornTailLeft, seen: /the journal cannot be read/ },
  ];
  for (const { mutant, seen } of bugs) {
    it(mutant.name, async () => {
      const fixture = syntheticFixture(mutant.name, plans['a plan that succeeds'], mutant);
      const { failures } = await crashMatrix(fixture, { recovery: 'resume' });
      expect(failures.map(({ why }) => why).join('\n')).toMatch(seen);
    });
  }
});

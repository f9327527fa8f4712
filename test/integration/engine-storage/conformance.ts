/**
 * What every backend of journal and lock must do. Call `storageConformance` with a backend; `damage` is for those that
 * can be broken from outside, as files can.
 */
import { afterEach, describe } from 'vitest';
import { damageConformance, journalConformance } from './journal-conformance.js';
import { lockConformance, takeOverConformance } from './lock-conformance.js';
import type { StorageBackend, StorageWorld } from './storage-world.js';

export const storageConformance = (backend: StorageBackend): void => {
  const worlds: StorageWorld[] = [];
  const open = async (): Promise<StorageWorld> => {
    const world = await backend.open();
    worlds.push(world);
    return world;
  };
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });
  describe(`${backend.name}: the journal`, () => journalConformance(open));
  describe(`${backend.name}: a damaged journal`, () => damageConformance(open));
  describe(`${backend.name}: the lock`, () => lockConformance(open));
  describe(`${backend.name}: a lock whose holder may be dead`, () => takeOverConformance(open));
};

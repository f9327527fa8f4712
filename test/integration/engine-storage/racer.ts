/**
 * One process of the race in processes.test.ts: takes journals over and appends, takes the lock and leaves it, as fast
 * as it can until it is killed. It writes down what it believes in a shared log, one line per belief.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileJournalStore } from '../../../src/lib/engine/journal/file-journal.js';
import { nodeDisk } from '../../../src/lib/engine/journal/node-disk.js';
import { fileLockStore } from '../../../src/lib/engine/lock/file-lock.js';
import { systemProbe } from '../../../src/lib/engine/lock/process-probe.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { randomFrom } from '../../helpers/seeded.js';
import { lockRequest, note, target } from '../../helpers/storage-fixtures.js';

const [root = '', log = '', name = '', seed = '0'] = process.argv.slice(2);
const random = randomFrom(Number(seed));
const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const probe = systemProbe();
const writer = { nonce: name, host: probe.host, pid: process.pid, user: 'ann', cli: '0.1.0' };
const journals = fileJournalStore({ disk: nodeDisk(), root, target, clock });
let count = 0;
const next = (): string => {
  count += 1;
  return `${name}-${count}`;
};
const locks = fileLockStore({ disk: nodeDisk(), root, target, clock, probe, nonce: next });
const say = (...words: readonly (string | number)[]): void => appendFileSync(log, `${words.join(' ')}\n`);

const race = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    const reason = isPlatformError(error) ? (error.details as { reason?: string } | undefined)?.reason : undefined;
    if (reason === 'fenced') say('fenced', name);
    else say('error', name, JSON.stringify(String(error)));
  }
};

const appendSome = async (): Promise<void> => {
  const runId = `run-${Math.floor(random() * 3)}`;
  const journal = await journals.takeOver(runId, writer);
  for (let left = 1 + Math.floor(random() * 12); left > 0; left -= 1) {
    const text = next();
    await journal.append(note(text));
    // The effect: from here on the world has changed.
    say('effect', runId, text);
  }
  await journal.close();
};

const holdLock = async (): Promise<void> => {
  const request = { ...lockRequest(name), writer };
  let answer = await locks.acquire(request);
  if (answer.kind === 'conflict') {
    const dead = answer.conflicts.filter(({ liveness }) => liveness === 'gone').map(({ holder }) => holder.runId);
    if (dead.length === 0) return;
    answer = await locks.acquire({ ...request, replacing: dead });
    if (answer.kind === 'conflict') return;
  }
  say('enter', name, answer.lease.holders[0]?.counter ?? 0);
  if (random() < 0.5) await sleep(random() * 30);
  await answer.lease.renew();
  say('exit', name);
  await answer.lease.release();
};

for (;;) await race(random() < 0.5 ? appendSome : holdLock);

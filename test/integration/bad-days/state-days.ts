/** Days on which the state folder, a journal or a lock is not as it should be, or a clock jumps. */
import { chownSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { awsClock } from '../../../src/lib/context/clocks.js';
import type { Ctx } from '../../../src/lib/context/context.js';
import type { EventBody, JournalEvent } from '../../../src/lib/engine/event.js';
import type { Disk, DiskFile } from '../../../src/lib/engine/journal/disk.js';
import { fileJournalStore } from '../../../src/lib/engine/journal/file-journal.js';
import { nodeDisk } from '../../../src/lib/engine/journal/node-disk.js';
import { fileLockStore } from '../../../src/lib/engine/lock/file-lock.js';
import { systemProbe } from '../../../src/lib/engine/lock/process-probe.js';
import { canonical, digestOf, type Json } from '../../../src/lib/plan/json.js';
import type { Plan } from '../../../src/lib/plan/plan.js';
import { sampleId, sampleTarget, sampleWriter, writeRun } from '../../helpers/sample-runs.js';
import type { CommandRow } from './command-rows.js';
import { asUsual, type Day, editConfig, needs, type Struck, when } from './day.js';
import { runNames, type Scene, type Stage } from './stage.js';

// ── the disk ───────────────────────────────────────────────────────────────────────────────────────────────────────

const systemError = (code: string): Error => Object.assign(new Error(`${code}: planted`), { code });

/** Fails every write from the n-th on; half of an append may have happened. */
const failingDisk = (code: string, from: number): Disk => {
  const inner = nodeDisk();
  let writes = 0;
  const spend = (): void => {
    writes += 1;
    if (writes >= from) throw systemError(code);
  };
  const failing = (file: DiskFile): DiskFile => ({
    sync: () => file.sync(),
    truncate: (size) => file.truncate(size),
    size: () => file.size(),
    close: () => file.close(),
    append: async (bytes) => {
      if (writes + 1 >= from && code === 'ENOSPC') await file.append(bytes.subarray(0, bytes.length >> 1));
      spend();
      await file.append(bytes);
    },
  });
  return {
    ...inner,
    makeFolder: async (path) => {
      // What is there already needs no room.
      if ((await inner.lstat(path)) === undefined) spend();
      return inner.makeFolder(path);
    },
    createExclusive: async (path) => {
      spend();
      const file = await inner.createExclusive(path);
      return file && failing(file);
    },
    link: async (source, to) => {
      spend();
      return inner.link(source, to);
    },
  };
};

const onDisk =
  (code: string, from: number): Day['arrange'] =>
  (stage) => ({
    ctx: (ctx): Ctx => {
      const disk = failingDisk(code, from);
      const { wall } = ctx.clocks;
      const root = ctx.paths.state;
      return {
        ...ctx,
        journals: (target) => stage.rig.tracked(fileJournalStore({ disk, root, target, clock: wall })),
        locks: (target) =>
          stage.rig.tracked(
            fileLockStore({ disk, root, target, clock: wall, nonce: ctx.ids.nonce, probe: systemProbe() }),
          ),
      };
    },
  });

/** Whoever begins or goes on with a run, and whoever breaks a lock: the journal of the run is told. */
const writesJournal = (row: CommandRow): boolean => needs(row, 'engine') || (needs(row, 'run') && needs(row, 'lock'));

const full = { exit: 9, code: 'E_JOURNAL', says: /the disk is full/, hint: /free some space/ } as const;

const diskDays: readonly Day[] = [
  ...[1, 4].map(
    (from): Day => ({
      name: `the disk is full at write ${from}`,
      strikes: when(writesJournal, full),
      arrange: onDisk('ENOSPC', from),
      only: true,
    }),
  ),
  ...[7, 12].map(
    (from): Day => ({
      name: `the disk is full at write ${from}`,
      // What needs fewer writes than that is done before.
      strikes: when(writesJournal, { exit: [0, 9] }),
      arrange: onDisk('ENOSPC', from),
      only: true,
    }),
  ),
];

const folderDays: readonly Day[] = [
  {
    name: 'the state folder is read-only',
    strikes: when(writesJournal, {
      exit: 9,
      code: 'E_JOURNAL',
      says: /read-only/,
      hint: /XDG_STATE_HOME/,
    }),
    arrange: onDisk('EROFS', 1),
    only: true,
  },
  {
    name: 'the state folder is a symbolic link',
    strikes: when((row) => needs(row, 'engine', 'run', 'runs', 'lock'), {
      exit: 3,
      code: 'E_POLICY',
      says: /is a symbolic link/,
      hint: /XDG_STATE_HOME/,
    }),
    arrange: (stage) => {
      const elsewhere = `${stage.state}-elsewhere`;
      rmSync(elsewhere, { recursive: true, force: true });
      renameSync(stage.state, elsewhere);
      symlinkSync(elsewhere, stage.state);
      return {};
    },
    breaksJournals: true,
    only: true,
  },
  ...(process.getuid?.() === 0
    ? [
        {
          name: 'the state folder belongs to somebody else',
          strikes: when((row) => needs(row, 'engine', 'run', 'runs', 'lock'), {
            exit: 3,
            code: 'E_POLICY',
            says: /belongs to user id 65534/,
            hint: /XDG_STATE_HOME/,
          }),
          arrange: (stage: Stage) => {
            chownSync(stage.state, 65534, 65534);
            return {};
          },
          breaksJournals: true,
          only: true,
        } as const satisfies Day,
      ]
    : []),
];

// ── journals ───────────────────────────────────────────────────────────────────────────────────────────────────────

const journalsIn = (stage: Stage): readonly string[] =>
  readdirSync(stage.state, { recursive: true, encoding: 'utf8' })
    .filter((name) => /journal\.\d+\.jsonl$/.test(name))
    .map((name) => join(stage.state, name));

/** One letter of one event, in the middle of every journal. */
const changeOneByte: Day['arrange'] = (stage) => {
  for (const path of journalsIn(stage)) {
    const bytes = readFileSync(path);
    const at = bytes.indexOf('"type":"', bytes.length >> 1) + 8;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  }
  return {};
};

interface Newer {
  readonly plan?: (plan: Plan) => Plan;
  readonly more?: readonly EventBody[];
  readonly version?: number;
}

/** Writes every run again as a later version of platform might have: its chain is whole, its content is not ours. */
const writtenByNewer =
  (newer: Newer): Day['arrange'] =>
  async (stage) => {
    const { ctx } = stage.rig;
    const store = ctx.journals(sampleTarget);
    for (const name of runNames) {
      const events = await store.read(stage.runs[name]);
      for (const path of journalsIn(stage)) {
        if (path.includes(stage.runs[name])) rmSync(dirname(path), { recursive: true, force: true });
      }
      const journal = await store.create(stage.runs[name], { ...sampleWriter, cli: '9.1.0' });
      for (const body of [...events.map(bodyOf), ...(newer.more ?? [])])
        await journal.append(body.type === 'run.planned' ? { ...body, plan: resealed(newer, body.plan) } : body);
    }
    return {};
  };

const bodyOf = (event: JournalEvent): EventBody => {
  const { v: _v, runId: _r, seq: _s, at: _a, epoch: _e, writer: _w, prev: _p, sum: _sum, ...body } = event;
  return body as EventBody;
};

const resealed = ({ plan: change }: Newer, plan: Plan): Plan => {
  const { digest: _, ...rest } = change?.(plan) ?? plan;
  return { ...rest, digest: digestOf(rest as unknown as Json) } as Plan;
};

const newerSays = { exit: 9, code: ['E_CONFLICT', 'E_JOURNAL'], says: /version[\s\S]*9\.1\.0/ } as const;

const versionDays: readonly Day[] = [
  {
    name: 'the run has an event that this version does not know',
    strikes: when((row) => needs(row, 'run'), newerSays),
    arrange: writtenByNewer({ more: [{ type: 'step.sparkled', step: 'update[api]' } as unknown as EventBody] }),
    breaksJournals: true,
    only: true,
  },
  {
    name: 'the run has a plan of a newer schema',
    strikes: when((row) => needs(row, 'run'), newerSays),
    arrange: writtenByNewer({
      plan: (plan) => ({ ...plan, schema: 'platform.plan/2', steps: { all: plan.steps } }) as unknown as Plan,
    }),
    breaksJournals: true,
    only: true,
  },
  {
    name: 'the run has a kind of step that this version does not know',
    strikes: when((row) => needs(row, 'run'), newerSays),
    arrange: writtenByNewer({
      plan: (plan) =>
        ({ ...plan, steps: plan.steps.map((step) => ({ ...step, kind: 'wait-for-moon' })) }) as unknown as Plan,
    }),
    breaksJournals: true,
    only: true,
  },
  {
    name: 'the run uses an action that this version does not know',
    // It can be read; it cannot be gone on with.
    strikes: ({ row }) =>
      needs(row, 'run') ? (needs(row, 'engine') ? { exit: [3, 9], says: /version/ } : asUsual(row)) : undefined,
    arrange: writtenByNewer({
      plan: (plan) =>
        ({ ...plan, steps: plan.steps.map((step) => ({ ...step, uses: 'ecs.update-service@2' })) }) as unknown as Plan,
    }),
    only: true,
  },
  {
    name: 'the run belongs to an operation that this version does not know',
    strikes: ({ row }) =>
      needs(row, 'run') ? (needs(row, 'engine') ? { exit: [3, 9], says: /version/ } : asUsual(row)) : undefined,
    arrange: writtenByNewer({ plan: (plan) => ({ ...plan, operation: 'deploy@2' }) }),
    only: true,
  },
];

/** A later format of the journal's lines: only its first member is known. */
const laterFormat: Day['arrange'] = (stage) => {
  for (const path of journalsIn(stage)) {
    const later = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => canonical({ ...(JSON.parse(line) as { writer: object }), v: 2, writer: { cli: '9.1.0' } }));
    writeFileSync(path, `${later.join('\n')}\n`);
  }
  return {};
};

const formatDay: Day = {
  name: 'the journals are of a later format',
  strikes: when((row) => needs(row, 'run'), newerSays),
  arrange: laterFormat,
  breaksJournals: true,
};

const alteredDay: Day = {
  name: 'one byte of every journal is changed',
  strikes: ({ id, row }) => {
    if (!needs(row, 'run')) return undefined;
    // Nobody knows any more whether its environment is protected, so it counts as protected.
    if (id === 'lock:break') return { exit: 2, code: 'E_CONSENT', hint: /^--confirm staging$/m };
    return { exit: 9, code: 'E_JOURNAL', says: /event \d+/, hint: /backup/ };
  },
  arrange: changeOneByte,
  breaksJournals: true,
};

// ── other operators ────────────────────────────────────────────────────────────────────────────────────────────────

const otherOperator: Day = {
  name: 'another operator is changing these services',
  strikes: ({ id, row }) => {
    if (!needs(row, 'engine')) return undefined;
    // A one-off task changes no service, so it waits for nobody.
    if (id === 'run') return asUsual(row);
    return { exit: 9, code: 'E_LOCKED', says: new RegExp(sampleId(20).slice(0, -2)) };
  },
  arrange: async (stage) => {
    await writeRun(stage.rig.ctx, { runId: sampleId(20), locks: 'api', lock: 'held' });
    await writeRun(stage.rig.ctx, { runId: sampleId(21), locks: 'workers', services: ['workers'], lock: 'held' });
    return {};
  },
};

const consentDays: readonly Day[] = [
  {
    name: 'nobody can be asked and consent is missing',
    strikes: ({ row }) =>
      row.argv.includes('--yes') && !needs(row, 'workspace')
        ? { exit: 2, code: 'E_CONSENT', hint: /^--yes$/m }
        : undefined,
    arrange: () => ({ argv: (argv) => argv.filter((word) => word !== '--yes') }),
    only: true,
  },
  {
    name: 'the environment is protected and nobody can be asked',
    strikes: when((row) => needs(row, 'engine') && needs(row, 'target'), {
      exit: 2,
      code: 'E_CONSENT',
      says: /protected/,
      hint: /^--confirm staging$/m,
    }),
    arrange: (stage) => {
      editConfig(stage, (yaml) => yaml.replace('  staging:\n', '  staging:\n    protected: true\n'));
      return {};
    },
    only: true,
  },
];

// ── clocks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const hourMs = 3_600_000;

/** This machine's clock jumps; AWS's does not. `at`: the call before which it does; 0 is before the command begins. */
const jumping =
  (byMs: number, at: (struck: Struck) => number): Day['arrange'] =>
  (_stage, struck): Scene => {
    let skew = at(struck) === 0 ? byMs : 0;
    return {
      beforeCall: ({ number }) => {
        if (number >= at(struck)) skew = byMs;
      },
      ctx: (ctx) => {
        const wall = { ...ctx.clocks.wall, now: () => ctx.clocks.wall.now() + skew };
        return { ...ctx, clocks: { wall, service: awsClock(wall, () => 0) } };
      },
    };
  };

const inTheMiddle = ({ usualCalls }: Struck): number => Math.max(1, Math.ceil(usualCalls / 2));

const clockDays: readonly Day[] = [
  ['back an hour in the middle', -hourMs, inTheMiddle],
  ['forward a day in the middle', 24 * hourMs, inTheMiddle],
  ['back an hour between runs', -hourMs, () => 0],
  ['forward three days between runs', 72 * hourMs, () => 0],
].map(
  ([what, byMs, at]): Day => ({
    name: `the clock jumps ${what as string}`,
    strikes: ({ row }) => {
      if (!needs(row, 'engine', 'run', 'runs', 'lock')) return undefined;
      // To this machine a change that still goes on after days is overdue: its deadline counts, or a person is asked.
      const isOverdue = byMs === 72 * hourMs && needs(row, 'run') && needs(row, 'engine');
      return isOverdue ? { exit: [0, 7, 10] } : asUsual(row);
    },
    arrange: jumping(byMs as number, at as (struck: Struck) => number),
    sameWorld: true,
    isLong: true,
    only: true,
  }),
);

export const stateDays: readonly Day[] = [
  ...diskDays,
  ...folderDays,
  alteredDay,
  ...versionDays,
  formatDay,
  otherOperator,
  ...consentDays,
  ...clockDays,
];

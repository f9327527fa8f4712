/** `runs` and `lock` over the real file stores in a temporary state folder; no AWS call is possible here. */
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { printerFor, printReport } from '../../src/lib/cli/print-report.js';
import type { Ctx } from '../../src/lib/context/context.js';
import { isPlatformError, type PlatformError } from '../../src/lib/errors/platform-error.js';
import { assertBreakable, breakLock } from '../../src/lib/locks/break-lock.js';
import { lockStatus } from '../../src/lib/locks/lock-status.js';
import type { Target } from '../../src/lib/plan/plan.js';
import { findRun, kindOf, locateRun, newestResumable } from '../../src/lib/runs/find-run.js';
import { listRuns } from '../../src/lib/runs/list-runs.js';
import { locateRuns } from '../../src/lib/runs/locate-runs.js';
import { runsListSchema } from '../../src/lib/runs/result-schemas.js';
import { verifyRun } from '../../src/lib/runs/verify-run.js';
import {
  endedWith,
  sampleId,
  sampleTarget,
  sampleWriter,
  started,
  succeeded,
  type WrittenRun,
  writeRun,
} from '../helpers/sample-runs.js';
import { recordedTerminal } from '../helpers/terminal.js';
import { type TestContext, testContext } from '../helpers/test-context.js';

let context: TestContext;
let ctx: Ctx;
beforeEach(() => {
  context = testContext();
  ctx = context.ctx;
});
afterEach(() => context.dispose());

const { sandbox: _, ...awsTarget } = sampleTarget;
const otherSandbox: Target = { ...sampleTarget, sandbox: 'other' };
const done = [started, succeeded, endedWith('succeeded')];

const write = (number: number, options: Omit<WrittenRun, 'runId'> = {}) =>
  writeRun(ctx, { runId: sampleId(number), ...options });

const refusal = async (work: Promise<unknown>): Promise<PlatformError> => {
  const error = await work.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  );
  if (isPlatformError(error)) return error;
  throw error;
};

const listed = async (options: { readonly limit?: number; readonly environment?: string } = {}) =>
  (await listRuns(ctx, { limit: 20, ...options })).result.runs;

const journalFile = (number: number, target: Target = sampleTarget): string => {
  const place = target.sandbox === undefined ? target.account : `sandbox-${target.sandbox}`;
  const { region, project, environment } = target;
  return join(context.state, place, region, project, environment, 'runs', sampleId(number), 'journal.1.jsonl');
};

/** Changes one word of one event, as a careless editor would. */
const alter = (number: number, seq: number): void => {
  const lines = readFileSync(journalFile(number), 'utf8').split('\n');
  lines[seq - 1] = (lines[seq - 1] ?? '').replace('"at":"2026', '"at":"2025');
  writeFileSync(journalFile(number), lines.join('\n'));
};

describe('runs list', () => {
  it('shows the runs of this place, newest first, in the shape of its schema', async () => {
    await write(1, { bodies: done });
    await write(2, { bodies: [started], target: { ...sampleTarget, environment: 'production' } });
    await write(3, { bodies: done, target: otherSandbox });
    await write(4, { bodies: done, target: awsTarget });
    const runs = await listed();
    expect(runs.map(({ id }) => id)).toEqual([sampleId(2), sampleId(1)]);
    expect(runsListSchema.safeParse({ runs }).success).toBe(true);
  });

  it('shows those of every account, and of no sandbox, when no sandbox was asked for', async () => {
    const aws: Ctx = { ...ctx, place: { kind: 'aws' } };
    await write(1, { bodies: done, target: awsTarget });
    await write(2, { bodies: done, target: { ...awsTarget, account: '999999999999' } });
    await write(3, { bodies: done });
    const { result } = await listRuns(aws, { limit: 20 });
    expect(result.runs.map(({ id }) => id)).toEqual([sampleId(2), sampleId(1)]);
  });

  it('filters by environment and keeps to the limit', async () => {
    for (const number of [1, 2, 3]) await write(number, { bodies: done });
    await write(4, { bodies: done, target: { ...sampleTarget, environment: 'production' } });
    expect((await listed({ environment: 'staging', limit: 2 })).map(({ id }) => id)).toEqual([
      sampleId(3),
      sampleId(2),
    ]);
    expect(await listed({ environment: 'nowhere' })).toEqual([]);
  });

  it('says so when there are none, also without a state folder', async () => {
    expect((await listRuns(ctx, { limit: 20 })).lines).toEqual(['No runs yet.']);
  });

  it('follows no link and takes no folder that is not of a run', async () => {
    await write(1, { bodies: done });
    const runs = join(journalFile(1), '..', '..');
    symlinkSync(join(runs, sampleId(1)), join(runs, sampleId(2)));
    writeFileSync(join(runs, sampleId(3)), 'a file');
    expect((await locateRuns(ctx)).map(({ runId }) => runId)).toEqual([sampleId(1)]);
  });

  it('leaves out a run whose process was killed before its plan was written', async () => {
    await ctx.journals(sampleTarget).create(sampleId(2), sampleWriter);
    await write(1, { bodies: done });
    expect((await listed({ limit: 1 })).map(({ id }) => id)).toEqual([sampleId(1)]);
    expect(await refusal(findRun(ctx, sampleId(2), {}))).toMatchObject({
      exitCode: 5,
      message: expect.stringContaining('killed before it began'),
    });
  });

  it('calls a run interrupted once its process is gone, and offers to resume it', async () => {
    await write(1, { bodies: [started], lock: 'dead' });
    const report = await listRuns(ctx, { limit: 20 });
    expect(report.result.runs).toMatchObject([{ state: 'interrupted' }]);
    expect(report.next?.[0]?.command).toMatch(/^platform runs resume 0{5}1$/);
  });

  it('calls it running while its process lives', async () => {
    await write(1, { bodies: [started], lock: 'held' });
    expect(await listed()).toMatchObject([{ state: 'running' }]);
  });

  it('shows an altered journal as one line, and the others all the same', async () => {
    await write(1, { bodies: done });
    await write(2, { bodies: done });
    alter(2, 3);
    const report = await listRuns(ctx, { limit: 20 });
    expect(report.result.runs).toMatchObject([
      { id: sampleId(2), environment: 'staging', state: 'unreadable', reason: expect.stringMatching(/\b3\b/) },
      { id: sampleId(1), state: 'succeeded' },
    ]);
    expect(runsListSchema.safeParse(report.result).success).toBe(true);
    const terminal = recordedTerminal();
    printReport(printerFor(terminal, { out: false, err: false }), report);
    expect(terminal.stdout().trimEnd().split('\n')).toHaveLength(2);
  });
});

describe('finding a run', () => {
  it('refuses one of another sandbox or of AWS, naming where it belongs', async () => {
    await write(1, { bodies: done, target: otherSandbox });
    await write(2, { bodies: done, target: awsTarget });
    expect(await refusal(findRun(ctx, sampleId(1), {}))).toMatchObject({
      exitCode: 9,
      message: expect.stringContaining('the sandbox other'),
    });
    expect(await refusal(findRun(ctx, sampleId(2), {}))).toMatchObject({
      exitCode: 9,
      message: expect.stringContaining('AWS account 123456789012'),
    });
  });

  it('prefers the run of this place when one of another place ends alike', async () => {
    await write(1, { bodies: done, target: otherSandbox });
    await writeRun(ctx, { runId: sampleId(1).replace('01k9', '01k8'), bodies: done });
    expect((await findRun(ctx, '000001', {})).runId).toBe(sampleId(1).replace('01k9', '01k8'));
  });

  it('names the broken event of an altered journal, for show, verify, resume and undo alike', async () => {
    await write(1, { bodies: done });
    alter(1, 3);
    expect(await refusal(findRun(ctx, sampleId(1), {}))).toMatchObject({
      code: 'E_JOURNAL',
      exitCode: 9,
      message: expect.stringMatching(/\b3\b/),
      details: { seq: 3 },
    });
  });

  it.each(['deploy', 'rollback', 'restart'])('knows how to go on with a %s', async (command) => {
    await write(1, { bodies: done });
    const run = await findRun(ctx, sampleId(1), {});
    const plan = { ...run.view.plan, operation: `${command}@1` as const };
    expect(await kindOf({ ...run, view: { ...run.view, plan } })).toMatchObject({ command });
  });

  it('does not guess at an operation of another version', async () => {
    await write(1, { bodies: done });
    const run = await findRun(ctx, sampleId(1), {});
    const plan = { ...run.view.plan, operation: 'deploy@99' as const };
    expect(await refusal(kindOf({ ...run, view: { ...run.view, plan } }))).toMatchObject({
      exitCode: 9,
      hints: [expect.stringContaining('0.1.0')],
    });
  });

  it('verifies a whole journal', async () => {
    await write(1, { bodies: done });
    expect(verifyRun(await findRun(ctx, '000001', {})).result).toMatchObject({ events: 4, epochs: 1 });
  });
});

describe('the run that `runs resume` picks', () => {
  it('is the newest that can go on', async () => {
    await write(1, { bodies: [started] });
    await write(2, { bodies: [started, { type: 'run.paused', reason: 'drift', exit: 9 }] });
    await write(3, { bodies: done });
    await write(4, { bodies: [started], target: otherSandbox });
    expect((await newestResumable(ctx, {})).runId).toBe(sampleId(2));
    expect((await newestResumable(ctx, { environment: 'staging' })).runId).toBe(sampleId(2));
  });

  it('is none when all have ended', async () => {
    await write(1, { bodies: done });
    expect(await refusal(newestResumable(ctx, {}))).toMatchObject({ exitCode: 5 });
  });

  it('is not guessed past a journal that cannot be read', async () => {
    await write(1, { bodies: [started] });
    await write(2, { bodies: done });
    alter(2, 2);
    expect(await refusal(newestResumable(ctx, {}))).toMatchObject({
      exitCode: 9,
      hints: [expect.stringContaining('name the run')],
    });
  });

  it('is never one whose lock was broken: that run acts no more', async () => {
    await write(1, { bodies: [started], lock: 'dead' });
    await breakLock(ctx, await locateRun(ctx, sampleId(1), {}));
    expect(await refusal(newestResumable(ctx, {}))).toMatchObject({ exitCode: 5 });
    expect(await listed()).toMatchObject([
      { state: 'abandoned', reason: expect.stringContaining('fenced by lock break by tester@test-host') },
    ]);
  });
});

describe('lock break', () => {
  const located = (number: number) => locateRun(ctx, sampleId(number), {});

  it('fences: the old writer’s next append is refused, and the row is free', async () => {
    const { journal } = await write(1, { bodies: [started], lock: 'dead' });
    const report = await breakLock(ctx, await located(1));
    expect(report.result).toEqual({ run: sampleId(1), scopes: ['service api'] });
    expect(await refusal(journal.append(succeeded))).toMatchObject({
      code: 'E_JOURNAL',
      details: { reason: 'fenced' },
    });
    expect((await lockStatus(ctx, sampleTarget)).result).toMatchObject({ holders: [] });
    const run = await findRun(ctx, sampleId(1), {});
    expect(run.events.at(-1)).toMatchObject({ type: 'run.fenced', by: 'lock break by tester@test-host' });
    expect(verifyRun(run).result).toMatchObject({ events: 3, epochs: 2 });
  });

  it('proposes only what works afterwards', async () => {
    await write(1, { bodies: [started], lock: 'dead' });
    const report = await breakLock(ctx, await located(1));
    expect(report.next?.map(({ command }) => command)).toEqual([
      `platform runs show ${sampleId(1)}`,
      'platform status -e staging',
    ]);
  });

  it('refuses a holder that lives here, with its pid, and changes nothing', async () => {
    const { journal } = await write(1, { bodies: [started], lock: 'held' });
    expect(await refusal(breakLock(ctx, await located(1)))).toMatchObject({
      code: 'E_LOCKED',
      exitCode: 9,
      message: expect.stringContaining(`pid ${process.pid}`),
      details: { pid: process.pid },
    });
    await expect(journal.append(succeeded)).resolves.toMatchObject({ seq: 3 });
    expect((await ctx.locks(sampleTarget).read()).holders).toHaveLength(1);
  });

  it('is exit 5 for a run that does not exist, and for one that holds no lock', async () => {
    await write(1, { bodies: done });
    expect((await refusal(located(9))).exitCode).toBe(5);
    expect(await refusal(located(1).then((run) => assertBreakable(ctx, run)))).toMatchObject({
      exitCode: 5,
      message: expect.stringContaining('holds no lock'),
    });
  });

  it('asks for the name where the plan says that the environment is protected', async () => {
    await write(1, { bodies: [started], lock: 'dead', danger: 'type-name' });
    expect(await assertBreakable(ctx, await located(1))).toEqual({ isProtected: true, journal: 'whole' });
  });

  it('frees an environment whose dead holder has an altered journal, and says that it could not record it', async () => {
    await write(1, { bodies: [started], lock: 'dead' });
    alter(1, 2);
    expect(await assertBreakable(ctx, await located(1))).toEqual({ isProtected: true, journal: 'altered' });
    const report = await breakLock(ctx, await located(1));
    expect(report.warnings).toMatchObject([{ code: 'W_JOURNAL_ALTERED' }]);
    expect((await ctx.locks(sampleTarget).read()).holders).toEqual([]);
    expect(readdirSync(join(journalFile(1), '..'))).toEqual(['journal.1.jsonl']);
  });

  it('refuses an altered journal whose process may be alive elsewhere: it could not be fenced', async () => {
    await write(1, { bodies: [started], lock: 'elsewhere' });
    alter(1, 2);
    expect(await refusal(breakLock(ctx, await located(1)))).toMatchObject({ code: 'E_JOURNAL', exitCode: 9 });
    expect((await ctx.locks(sampleTarget).read()).holders).toHaveLength(1);
  });

  it('leaves the holders of other runs alone', async () => {
    await write(1, { bodies: [started], lock: 'dead' });
    await write(2, { bodies: [started], lock: 'held', locks: 'web' });
    await breakLock(ctx, await located(1));
    expect((await ctx.locks(sampleTarget).read()).holders.map(({ runId }) => runId)).toEqual([sampleId(2)]);
  });
});

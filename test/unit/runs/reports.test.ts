import { describe, expect, it } from 'vitest';
import { printerFor, printReport } from '../../../src/lib/cli/print-report.js';
import type { Report } from '../../../src/lib/cli/report.js';
import type { EventBody } from '../../../src/lib/engine/event.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { runShowSchema, runsListSchema } from '../../../src/lib/runs/result-schemas.js';
import { isResumable, type ShownState, summaryOf } from '../../../src/lib/runs/run-record.js';
import { showRun } from '../../../src/lib/runs/show-run.js';
import { verifyRun } from '../../../src/lib/runs/verify-run.js';
import { endedWith, recordOf, sampleWriter, started, succeeded } from '../../helpers/sample-runs.js';
import { recordedTerminal } from '../../helpers/terminal.js';

const hostile = '\u001b]0;owned\u0007\u202egnp.exe\nError: fake';

const printed = (report: Report<unknown>, options: { readonly isGithub?: boolean } = {}): string => {
  const terminal = recordedTerminal(options);
  printReport(printerFor(terminal, { out: false, err: false }), report);
  return terminal.stdout() + terminal.stderr();
};

const paused: EventBody = { type: 'run.paused', reason: 'drift', exit: 9 };

describe('the summary of a run', () => {
  it('says what, where, how it went, how long and by whom', () => {
    const summary = summaryOf(recordOf([started, succeeded, endedWith('succeeded')], { services: ['api', 'web'] }));
    expect(summary).toMatchObject({
      command: 'deploy',
      environment: 'staging',
      services: ['api', 'web'],
      state: 'succeeded',
      outcome: 'succeeded',
      exit: 0,
      startedAt: '2026-11-23T12:00:00.000Z',
      endedAt: '2026-11-23T12:00:03.000Z',
      seconds: 3,
      by: 'anna',
    });
    expect(runsListSchema.safeParse({ runs: [summary] }).success).toBe(true);
  });

  it('names the CI job rather than the user that the job ran as', () => {
    const record = recordOf([], { writer: { ...sampleWriter, user: 'runner', ci: 'github shop/api #42 by octocat' } });
    expect(summaryOf(record).by).toBe('github shop/api #42 by octocat');
  });

  it('says why a run is paused, and by whom one was fenced', () => {
    expect(summaryOf(recordOf([started, paused])).reason).toBe('drift');
    expect(summaryOf(recordOf([started, { type: 'run.fenced', by: 'lock break by bob@ci' }])).reason).toBe(
      'fenced by lock break by bob@ci',
    );
  });

  it('keeps the end of a run that was fenced only afterwards', () => {
    const record = recordOf([started, succeeded, endedWith('succeeded'), { type: 'run.fenced', by: 'run x' }]);
    expect(summaryOf(record)).not.toHaveProperty('reason');
  });
});

describe('what can be resumed', () => {
  const states: readonly (readonly [ShownState, boolean])[] = [
    ['interrupted', true],
    ['paused', true],
    ['awaiting-approval', true],
    ['running', false],
    ['undoing', false],
    ['planned', false],
    ['succeeded', false],
    ['failed', false],
    ['undone', false],
    ['undo-failed', false],
    ['abandoned', false],
    ['unreadable', false],
  ];
  it.each(states)('%s: %s', (state, expected) => {
    expect(isResumable(state)).toBe(expected);
  });
});

describe('runs show', () => {
  it('lists steps, journal and plan digest in the shape of its schema', () => {
    const record = recordOf([started, succeeded, endedWith('succeeded')]);
    const { result, runId, next } = showRun(record);
    expect(runShowSchema.safeParse(result).success).toBe(true);
    expect(runId).toBe(record.runId);
    expect(result.steps.map(({ id, state }) => [id, state])).toEqual([
      ['update[api]', 'succeeded'],
      ['diagnose[api]', 'pending'],
    ]);
    expect(result.events.map(({ seq, type, step }) => [seq, type, step])).toEqual([
      [1, 'run.planned', undefined],
      [2, 'step.started', 'update[api]'],
      [3, 'step.succeeded', 'update[api]'],
      [4, 'run.ended', undefined],
    ]);
    expect(result.planDigest).toBe(record.view.plan.digest);
    expect(next).toEqual([]);
  });

  it('shows the failure card that was saved, and the error of the step', () => {
    const evidence = {
      service: 'api',
      stoppedTasks: [
        { taskId: 't1', stopCode: 'EssentialContainerExited', containers: [{ name: 'api', exitCode: 1 }] },
      ],
      logs: [
        { group: 'g', stream: 's', container: 'api', lines: [{ at: '', text: 'Error: DATABASE_URL is not set' }] },
      ],
    };
    const record = recordOf([
      started,
      { type: 'step.observed', step: 'update[api]', evidence },
      {
        type: 'step.failed',
        step: 'update[api]',
        error: { class: 'assert', code: 'breaker', message: 'the breaker was triggered', details: { secret: 'x' } },
        outcome: 'rolled-back',
      },
      endedWith('rolled-back'),
    ]);
    const report = showRun(record);
    expect(report.result.cards).toMatchObject([{ service: 'api', cause: 'exit-code' }]);
    expect(printed(report)).toContain('DATABASE_URL is not set');
    expect(report.result.steps[0]?.error).toEqual({
      class: 'assert',
      code: 'breaker',
      message: 'the breaker was triggered',
    });
    expect(printed(report)).toMatch(/deploy api on staging: failed, rolled-back\n/);
    expect(printed(report)).toMatch(/^x roll api out {2}failed {2}the breaker was triggered$/m);
  });

  it('offers resume and undo for a run that can go on, and neither for one that was fenced', () => {
    const commands = (state: ShownState) => showRun(recordOf([started], { state })).next?.map(({ command }) => command);
    const { runId } = recordOf([]);
    expect(commands('interrupted')).toEqual([`platform runs resume ${runId}`, `platform runs undo ${runId}`]);
    expect(commands('abandoned')).toEqual([]);
  });

  it('shows text that others wrote without obeying it', () => {
    const writer = { ...sampleWriter, user: hostile, host: hostile };
    const report = showRun(recordOf([started], { title: hostile, services: [hostile], writer }));
    const text = printed(report);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not reach a terminal.
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(text).toContain('^[]0;owned^G<U+202E>gnp.exe^JError: fake');
    expect(text).not.toMatch(/^Error: fake/m);
  });

  it('never lets a title become a command of GitHub', () => {
    const report = showRun(recordOf([started], { title: 'x\n::error::owned', services: ['::add-mask::x'] }));
    expect(printed(report, { isGithub: true })).not.toMatch(/^\s*::/m);
  });
});

describe('runs verify', () => {
  const refusalOf = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return isPlatformError(error) ? { code: error.code, exit: error.exitCode, message: error.message } : error;
    }
  };

  it('counts events and writers, and gives the head of the chain', () => {
    const record = recordOf([started, succeeded, endedWith('succeeded')]);
    expect(verifyRun(record).result).toEqual({
      id: record.runId,
      events: 4,
      epochs: 1,
      writers: ['anna@laptop pid 4711'],
      head: record.events.at(-1)?.sum,
    });
  });

  it('refuses a plan that does not match its digest', () => {
    const record = recordOf([]);
    const plan = { ...record.view.plan, danger: 'confirm' as const };
    expect(refusalOf(() => verifyRun({ ...record, view: { ...record.view, plan } }))).toMatchObject({
      code: 'E_JOURNAL',
      exit: 9,
      message: expect.stringContaining('does not match its digest'),
    });
  });

  it('refuses an end that contradicts itself', () => {
    const end: EventBody = { type: 'run.ended', state: 'succeeded', outcome: 'succeeded', exit: 7, chains: {} };
    expect(refusalOf(() => verifyRun(recordOf([started, succeeded, end])))).toMatchObject({
      exit: 9,
      message: expect.stringContaining('contradicts itself'),
    });
  });
});

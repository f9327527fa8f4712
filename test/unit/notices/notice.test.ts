import { describe, expect, it } from 'vitest';
import type { RunView } from '../../../src/lib/engine/view.js';
import { type EndedRun, eventOf, noticeOf, wants } from '../../../src/lib/notices/notice.js';
import { mailText, slackMessage, slackText, subjectOf } from '../../../src/lib/notices/wording.js';

const view = (change: Partial<Record<'state' | 'outcome' | 'pause' | 'steps', unknown>>): RunView =>
  ({
    runId: '01kb0000000000000000abc123',
    plan: { target: { project: 'shop', environment: 'staging', account: '1', region: 'eu-west-1' } },
    state: 'failed',
    steps: new Map(),
    chains: {},
    ...change,
  }) as unknown as RunView;

describe('what is worth a notice', () => {
  it.each([
    [{ state: 'failed', outcome: 'failed' }, 'failed'],
    [{ state: 'failed', outcome: 'stopped' }, 'failed'],
    [{ state: 'failed', outcome: 'rolled-back' }, 'rolled-back'],
    [{ state: 'failed', outcome: 'rollback-failed' }, 'rollback-failed'],
    [{ state: 'failed', outcome: 'timed-out' }, 'timed-out'],
    [{ state: 'failed', outcome: 'superseded' }, 'superseded'],
    [{ state: 'succeeded', outcome: 'succeeded' }, 'succeeded'],
    [{ state: 'succeeded', outcome: 'unchanged' }, undefined],
    [{ state: 'succeeded', outcome: 'skipped' }, undefined],
    [{ state: 'undone', outcome: 'rolled-back' }, 'undone'],
    [{ state: 'undo-failed', outcome: 'rollback-failed' }, 'rollback-failed'],
    [{ state: 'paused', pause: { reason: 'gate', exit: 12 } }, 'paused'],
    [{ state: 'paused', pause: { reason: 'credentials', exit: 4 } }, 'paused'],
    [{ state: 'paused', pause: { reason: 'timed-out', exit: 10 } }, 'timed-out'],
    [{ state: 'paused', pause: { reason: 'detached', exit: 130 } }, undefined],
  ])('%j is %s', (change, event) => {
    expect(eventOf(view(change))).toBe(event);
  });

  it('is by default what went wrong or waits, and otherwise what the rule names', () => {
    const slack = { url: 'ssm:/x' };
    const byDefault = ['failed', 'rolled-back', 'rollback-failed', 'timed-out', 'superseded', 'paused'] as const;
    for (const event of byDefault) expect(wants({ slack }, event)).toBe(true);
    for (const event of ['succeeded', 'undone'] as const) expect(wants({ slack }, event)).toBe(false);
    expect(wants({ slack, on: ['succeeded'] }, 'succeeded')).toBe(true);
    expect(wants({ slack, on: ['succeeded'] }, 'failed')).toBe(false);
  });
});

const ended = (change: Partial<EndedRun> = {}): EndedRun => ({
  view: view({ outcome: 'rolled-back' }),
  command: 'deploy',
  by: 'ana',
  result: {
    services: [
      {
        service: 'api',
        outcome: 'rolled-back',
        card: { cause: 'exit-code', summary: 'container api exited with code 1' },
      },
      { service: 'web', outcome: 'skipped' },
    ],
  },
  ...change,
});

describe('a notice', () => {
  it('says where, what, which services and why, who, and what to type', () => {
    const { text } = slackMessage(noticeOf(ended(), 'rolled-back'));
    expect(text.split('\n')).toEqual([
      '*shop/staging: deploy failed and was rolled back*',
      'api: rolled-back (container api exited with code 1)',
      'web: skipped',
      'by ana · run 01kb0000000000000000abc123 · `platform runs show 01kb0000000000000000abc123`',
    ]);
  });

  it('is the same in plain text, under a subject that SNS takes', () => {
    const notice = noticeOf(ended(), 'rolled-back');
    expect(mailText(notice)).toContain('api: rolled-back (container api exited with code 1)\nweb: skipped\n');
    expect(subjectOf({ ...notice, title: `Grüße\u0007${'x'.repeat(200)}` })).toMatch(/^Gr\?\?e\?x{90,94}$/);
  });

  it('gives the step that failed, or the reason of a pause, where no service says why', () => {
    const steps = new Map([['a', { state: 'failed', error: { message: 'no such subnet\nat line 2' } }]]);
    const failed = noticeOf(ended({ view: view({ outcome: 'failed', steps }), result: null }), 'failed');
    expect(mailText(failed)).toContain('\nno such subnet\n');
    const paused = noticeOf(
      ended({ view: view({ state: 'paused', pause: { reason: 'drift', exit: 9 } }), result: {} }),
      'paused',
    );
    expect(mailText(paused)).toContain('\npaused: drift\n');
  });

  it.each([
    ['<!channel> <https://evil.example|click>', '&lt;!channel&gt; &lt;https://evil.example|click&gt;'],
    ['@channel @here ana@example.com', '@\u2060channel @\u2060here ana@\u2060example.com'],
    ['a & b `code`', "a &amp; b 'code'"],
    ['&lt;!here&gt;', '&amp;lt;!here&amp;gt;'],
  ])('shows %s as text', (text, expected) => {
    expect(slackText(text)).toBe(expected);
  });

  it('takes only one harmless line of what others wrote, without what looks like a secret', () => {
    const summary = 'exit \u001b[31m1: password=hunter2hunter2\n<!channel> second line';
    const result = { services: [{ service: '<!here>', outcome: 'failed', card: { summary } }] };
    const { text } = slackMessage(noticeOf(ended({ result, by: 'eve\n*bold*' }), 'failed'));
    expect(text).toContain('&lt;!here&gt;: failed (exit ^[[31m1: password=');
    for (const hidden of ['hunter2', 'second line', 'bold', '<!', '\u001b']) expect(text).not.toContain(hidden);
    expect(text.split('\n')).toHaveLength(3);
  });

  it('understands any result, and stays short', () => {
    for (const result of [null, undefined, 1, 'x', [], { services: 1 }, { services: [null, 1, {}] }].slice(0, 6))
      expect(() => noticeOf(ended({ result }), 'failed')).not.toThrow();
    const many = {
      services: Array.from({ length: 500 }, (_, index) => ({ service: `s${index}`, outcome: 'x'.repeat(900) })),
    };
    expect(slackMessage(noticeOf(ended({ result: many }), 'failed')).text.length).toBeLessThan(20 * 700);
  });
});

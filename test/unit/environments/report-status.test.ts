import { describe, expect, it } from 'vitest';
import { painter } from '../../../src/lib/cli/color.js';
import { reportStatus, type StatusView } from '../../../src/lib/environments/report-status.js';
import { statusSchema } from '../../../src/lib/environments/result-schemas.js';
import {
  countsOf,
  inOrder,
  type LockStatus,
  type ServiceStatus,
  type StatusResult,
} from '../../../src/lib/environments/status-types.js';
import { commands } from '../../helpers/manifest.js';

const nowMs = Date.UTC(2026, 10, 23, 12, 10);

const entry = (service: string, change: Partial<ServiceStatus> = {}): ServiceStatus => ({
  service,
  serviceName: `shop-staging-${service}`,
  state: 'healthy',
  release: 12,
  taskDefinition: `arn:td/${service}:12`,
  image: `${service}:v1`,
  desired: 2,
  running: 2,
  pending: 0,
  strategy: 'rolling',
  targets: { healthy: 2, total: 2 },
  deployment: {
    status: 'COMPLETED',
    since: '2026-11-23T12:00:00.000Z',
    outcome: 'succeeded',
    endedAt: '2026-11-23T12:06:00.000Z',
  },
  alarms: [],
  problems: [],
  ...change,
});

const { targets: _targets, deployment: _deployment, ...bare } = entry('gone');
const missing: ServiceStatus = {
  ...bare,
  state: 'missing',
  release: 0,
  image: '',
  problems: ['shop-staging-gone does not exist in the cluster'],
};

const held: LockStatus = {
  run: '01run',
  scope: 'api',
  operation: 'deploy@1',
  by: 'anna@laptop',
  since: '2026-11-23T12:00:00.000Z',
  liveness: 'live',
};

const result = (services: readonly ServiceStatus[], lock: readonly LockStatus[] = []): StatusResult => ({
  counts: countsOf(services),
  services: inOrder(services),
  lock,
});

const view = (change: Partial<StatusView> = {}): StatusView => ({
  columns: 120,
  nowMs,
  wallMs: nowMs,
  listed: 'short',
  states: [],
  suffix: '',
  ...change,
});

const report = (status: StatusResult, change: Partial<StatusView> = {}) =>
  reportStatus({ result: status, warnings: [] }, view(change));

const linesOf = (status: StatusResult, change: Partial<StatusView> = {}): readonly string[] =>
  report(status, change).lines.map(painter('plain'));

const all = [
  entry('web'),
  entry('cron', { state: 'asleep', desired: 0, running: 0 }),
  entry('api'),
  entry('pay', { state: 'degraded', running: 1, problems: ['1 of 2 tasks run'] }),
  entry('mail', { state: 'deploying', pending: 1 }),
  entry('batch', { state: 'deploying', problems: ['2 tasks have failed in this deployment'] }),
  missing,
];

describe('the report of an environment', () => {
  it('counts first, then puts problems first, in JSON as on the screen', () => {
    expect(statusSchema.safeParse(report(result(all)).result).success).toBe(true);
    const order = ['gone', 'pay', 'batch', 'mail', 'api', 'web', 'cron'];
    expect(report(result(all)).result.services.map(({ service }) => service)).toEqual(order);
    const lines = linesOf(result(all));
    expect(lines[0]).toBe('2 healthy, 2 deploying, 1 degraded, 1 missing, 1 asleep');
    expect(
      lines
        .slice(2)
        .filter((line) => !line.startsWith(' '))
        .map((line) => line.split(' ')[0]),
    ).toEqual(order);
    expect(lines[3]).toBe('  shop-staging-gone does not exist in the cluster');
  });

  it('looks like this on 120 columns', () => {
    expect(linesOf(result(all))).toEqual([
      '2 healthy, 2 deploying, 1 degraded, 1 missing, 1 asleep',
      'service  state      release  image     tasks   targets  last deployment   strategy',
      'gone     missing',
      '  shop-staging-gone does not exist in the cluster',
      'pay      degraded   12       pay:v1    1/2     2/2      succeeded 4m ago  rolling',
      '  1 of 2 tasks run',
      'batch    deploying  12       batch:v1  2/2     2/2      succeeded 4m ago  rolling',
      '  2 tasks have failed in this deployment',
      'mail     deploying  12       mail:v1   2/2 +1  2/2      succeeded 4m ago  rolling',
      'api      healthy    12       api:v1    2/2     2/2      succeeded 4m ago  rolling',
      'web      healthy    12       web:v1    2/2     2/2      succeeded 4m ago  rolling',
      'cron     asleep     12       cron:v1   0/0              succeeded 4m ago  rolling',
    ]);
  });

  it.each([60, 80, 100, 120, 200])('never goes beyond %i columns, and keeps name, state and tasks', (columns) => {
    const long = entry('a-service-with-quite-a-long-name-indeed', {
      image: 'a-service-with-quite-a-long-name-indeed@sha256:aabbccddeeff',
      state: 'degraded',
      problems: [
        'alarm shop-staging-api-5xx: Threshold Crossed: 1 datapoint [12.0 (23/11/26 11:59:00)] was greater than the threshold (5.0).',
      ],
      alarms: [{ name: 'x', state: 'ALARM' }],
      scaling: { min: 2, max: 10, isSuspended: false },
    });
    const lock = [{ ...held, run: '01m8893w8hbbe6ps7cqz02swq4', by: 'somebody-with-a-long-name@a-host-of-a-company' }];
    const lines = linesOf(result([...all, long], lock), { columns });
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns);
    expect(lines.find((line) => line.startsWith('service '))).toMatch(/^service +state +(release +)?(image +)?tasks/);
    expect(lines.find((line) => line.startsWith('pay '))).toMatch(/degraded.* 1\/2/);
  });

  it('leaves out columns in an order that makes sense: the name of the strategy long before the targets', () => {
    const head = (columns: number): string => linesOf(result(all), { columns })[1] ?? '';
    expect(head(60)).toMatch(/^service +state +release +(image +)?tasks +targets/);
    expect(head(60)).not.toContain('strategy');
    expect(head(84)).toContain('strategy');
  });

  it('folds what is calm in a large environment, and nothing that is not', () => {
    const calm = Array.from({ length: 487 }, (_, index) => entry(`calm-${index}`));
    const back = entry('back', { deployment: { status: 'COMPLETED', since: held.since, outcome: 'rolled-back' } });
    const many = result([...calm, ...all, back]);
    const lines = linesOf(many);
    expect(lines[0]).toBe('490 healthy, 2 deploying, 1 degraded, 1 missing, 1 asleep');
    expect(lines.at(-1)).toBe('489 healthy and 1 asleep not listed: --all lists them');
    expect(lines.filter((line) => line.startsWith('calm-'))).toEqual([]);
    expect(lines.some((line) => line.startsWith('back '))).toBe(true);
    expect(lines).toHaveLength(1 + 1 + 4 + 3 + 1 + 1);
    expect(report(many).result.services).toHaveLength(495);
    expect(linesOf(many, { listed: 'all' }).filter((line) => line.startsWith('calm-'))).toHaveLength(487);
    expect(linesOf(many, { states: ['healthy'] }).filter((line) => line.startsWith('calm-'))).toHaveLength(487);
  });

  it('shows only the states that were asked for; the counts stay those of the whole', () => {
    const { result: shown } = report(result(all), { states: ['degraded', 'missing'] });
    expect(shown.services.map(({ service }) => service)).toEqual(['gone', 'pay']);
    expect(shown.counts.healthy).toBe(2);
  });

  it('names who holds the lock, in one line a run, and the command that shows what they do', () => {
    const locks = ['api', 'web', 'a', 'b', 'c', 'd', 'e'].map((scope) => ({ ...held, scope }));
    expect(linesOf(result([entry('api')], locks))).toContain(
      'locked: api, web, a, b, c and 2 more by run 01run (deploy, anna@laptop, 10m ago)',
    );
    const steps = report(result([entry('api')], locks)).next;
    expect(steps).toEqual([{ command: 'platform runs show 01run', why: expect.any(String) }]);
  });

  it('says that the holder of the lock is dead, and how to go on', () => {
    const status = result([entry('api')], [{ ...held, liveness: 'gone' }]);
    expect(linesOf(status)[1]).toContain('which is no longer running');
    expect(report(status).next?.[0]?.command).toBe('platform runs resume 01run');
  });

  it.each([
    ['lost tasks', entry('pay', { state: 'degraded', problems: ['x'] }), 'platform logs tail pay -e production'],
    ['is missing', missing, 'platform config show -e production'],
    [
      'went back',
      entry('api', { deployment: { status: 'COMPLETED', since: held.since, outcome: 'rolled-back' } }),
      'platform releases api -e production',
    ],
  ])('names the command that explains a service that %s', (_what, service, command) => {
    const steps = report(result([service]), { suffix: ' -e production' }).next ?? [];
    expect(steps.map((step) => step.command)).toEqual([command]);
    const words = command.split(' ').slice(1);
    const ids = commands().map(({ id }) => id);
    expect(ids.some((id) => words.slice(0, id.split(':').length).join(':') === id)).toBe(true);
  });

  it('names each command once, and no more than three', () => {
    const commandsOf = (services: readonly ServiceStatus[]): readonly string[] =>
      (report(result(services)).next ?? []).map(({ command }) => command);
    expect(commandsOf([missing, { ...missing, service: 'gone-too' }])).toEqual(['platform config show']);
    const ill = ['a', 'b', 'c', 'd'].map((name) => entry(name, { state: 'degraded', problems: ['x'] }));
    expect(commandsOf(ill)).toEqual(['platform logs tail a', 'platform logs tail b', 'platform logs tail c']);
  });

  it('says nothing about an environment without services', () => {
    expect(report(result([]))).toMatchObject({ lines: [], next: [] });
  });

  it('shows reasons and names of others without obeying them', () => {
    const evil = '\u001b[31mred\u200f\r\nError: x';
    const status = result(
      [entry('api', { state: 'degraded', problems: [evil], image: evil })],
      [{ ...held, by: evil, scope: evil }],
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not reach a terminal.
    for (const line of linesOf(status)) expect(line).not.toMatch(/[\u0000-\u001f\u200f]/);
  });
});

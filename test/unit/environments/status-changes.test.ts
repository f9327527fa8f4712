import { describe, expect, it } from 'vitest';
import { statusEvents } from '../../../src/lib/environments/status-changes.js';
import { countsOf, type ServiceStatus, type StatusResult } from '../../../src/lib/environments/status-types.js';

const atMs = Date.UTC(2026, 10, 23, 12, 0, 5);

const entry = (service: string, change: Partial<ServiceStatus> = {}): ServiceStatus => ({
  service,
  serviceName: service,
  state: 'healthy',
  release: 1,
  taskDefinition: 'arn:td:1',
  image: 'api:v1',
  desired: 2,
  running: 2,
  pending: 0,
  strategy: 'rolling',
  alarms: [],
  problems: [],
  ...change,
});

const result = (services: readonly ServiceStatus[], lock: StatusResult['lock'] = []): StatusResult => ({
  counts: countsOf(services),
  services,
  lock,
});

const [calm, busy] = [
  result([entry('api'), entry('web')]),
  result([entry('api', { state: 'deploying', release: 2, running: 1 }), entry('web')]),
];
const namesOf = (events: ReturnType<typeof statusEvents>): readonly unknown[] =>
  events.map(({ event }) => (event as { readonly event: string }).event);

describe('what changed between two looks', () => {
  it('is everything at the first', () => {
    expect(namesOf(statusEvents(undefined, calm, atMs))).toEqual(['service', 'service', 'counts']);
  });

  it('is nothing when nothing changed', () => {
    expect(statusEvents(calm, structuredClone(calm), atMs)).toEqual([]);
  });

  it('is the service that moved, the counts, and from what', () => {
    const events = statusEvents(calm, busy, atMs);
    expect(events.map(({ text }) => text)).toEqual([
      '12:00:05  api: healthy → deploying, release 2, 1/2 tasks',
      '12:00:05  1 healthy, 1 deploying',
    ]);
    expect(events[0]?.event).toMatchObject({ event: 'service', from: 'healthy', status: { service: 'api' } });
  });

  it('is who took the lock, and that it was given back', () => {
    const lock = [
      { run: '01run', scope: 'api', operation: 'deploy@1', by: 'anna@laptop', since: 'x', liveness: 'live' as const },
    ];
    const locked = { ...calm, lock };
    expect(statusEvents(calm, locked, atMs).map(({ text }) => text)).toEqual([
      '12:00:05  locked: api by run 01run (anna@laptop)',
    ]);
    expect(statusEvents(locked, calm, atMs).map(({ text }) => text)).toEqual(['12:00:05  not locked any more']);
  });

  it('tells what is wrong in the line of the service', () => {
    const ill = result([entry('api', { state: 'degraded', problems: ['1 of 2 tasks run', 'alarm x'] }), entry('web')]);
    expect(statusEvents(calm, ill, atMs)[0]?.text).toContain(
      'healthy → degraded, release 1, 2/2 tasks; 1 of 2 tasks run; alarm x',
    );
  });
});

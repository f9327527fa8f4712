import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/lib/sandbox/clock.js';
import { createControl } from '../../../src/lib/sandbox/control.js';
import type { Control } from '../../../src/lib/sandbox/control-routes.js';
import { createModules } from '../../../src/lib/sandbox/modules.js';
import { AwsError } from '../../../src/lib/sandbox/service.js';
import { bytesToText, textToBytes } from '../../../src/lib/sandbox/wire/message.js';
import { type Answer, callIn, worldOf } from '../../helpers/service-world.js';

const token = 'secret-token';

const start = (extra: Partial<Control> = {}) => {
  const world = worldOf(...createModules());
  const slots = new Map<string, string>();
  const seen: string[] = [];
  const control: Control = {
    token,
    world,
    clock: manualClock(world),
    endpoint: () => 'http://127.0.0.1:1',
    settings: { exec: false, trafficRps: 5, limits: 'enforced', region: 'eu-west-1' },
    seed: async (document) => ({ added: [document.project] }),
    reset: async () => ({ id: 'sbx-new' }),
    snapshot: (slot) => void slots.set(slot, world.snapshot()),
    restore: (slot) => {
      const state = slots.get(slot);
      if (state !== undefined) world.restore(state);
      return state !== undefined;
    },
    snapshots: () => [...slots.keys()],
    listeners: () => [],
    stop: () => void seen.push('stop'),
    ...extra,
  };
  const handle = createControl(control);
  const ended = new AbortController();
  const ask = async (
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const [route = '', query = ''] = path.split('?');
    const response = await handle({
      method,
      path: `/_sandbox/${route}`,
      query: new URLSearchParams(query),
      headers: {
        authorization: `Bearer ${token}`,
        ...(method !== 'GET' && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      body: options.body === undefined ? new Uint8Array() : textToBytes(JSON.stringify(options.body)),
      signal: ended.signal,
    });
    const body: Answer =
      response.body instanceof Uint8Array
        ? JSON.parse(bytesToText(response.body))
        : response.body[Symbol.asyncIterator]();
    return { status: response.status, body };
  };
  return { world, ask, seen, ended };
};

describe('the control API', () => {
  it.each(['', 'Bearer wrong', `bearer ${token}`, token])('refuses the authorization %j', async (authorization) => {
    const { ask } = start();
    expect((await ask('GET', 'status', { headers: { authorization } })).status).toBe(401);
  });

  it('takes JSON only: a form post, which any web page can send, changes nothing', async () => {
    const { ask, seen } = start();
    const answer = await ask('POST', 'stop', { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect([answer.status, seen]).toEqual([415, []]);
  });

  it('changes nothing by GET', async () => {
    const { ask, seen } = start();
    for (const path of ['stop', 'reset', 'seed', 'restore', 'advance', 'images/move-tag'])
      expect((await ask('GET', path)).status).toBe(405);
    expect(seen).toEqual([]);
  });

  it('says what is running, and hands over its clock', async () => {
    const { ask, world } = start();
    expect((await ask('GET', 'status')).body).toMatchObject({
      id: 'test',
      exec: false,
      endpoint: 'http://127.0.0.1:1',
    });
    expect((await ask('GET', 'clock')).body).toEqual({ now: world.now, rate: 0, held: false });
  });

  it('has no route that could switch --exec on, and ignores it in what it is sent', async () => {
    const { ask } = start();
    await ask('POST', 'seed', {
      body: {
        project: 'p',
        environment: 'e',
        region: 'eu-west-1',
        clusters: [],
        services: [],
        logGroups: [],
        parameters: [],
        secrets: [],
        roles: [],
        repositories: [],
        exec: true,
      },
    });
    expect((await ask('POST', 'exec', { body: { exec: true } })).status).toBe(404);
    expect((await ask('GET', 'status')).body.exec).toBe(false);
  });

  it('adds, lists and clears faults', async () => {
    const { ask } = start();
    const added = await ask('POST', 'faults', { body: { kind: 'throttle', operation: 'ecs:*', percent: 20 } });
    expect(added.body.fault).toMatchObject({ id: 'f1', kind: 'throttle', percent: 20, hits: 0 });
    expect((await ask('GET', 'faults')).body.faults).toHaveLength(1);
    expect((await ask('DELETE', 'faults/f9')).status).toBe(404);
    expect((await ask('DELETE', 'faults/f1')).body).toEqual({ cleared: 1 });
  });

  it.each([
    { kind: 'nope' },
    { kind: 'throttle', percent: 0 },
    { kind: 'throttle', operation: 'rm -rf' },
    { kind: 'delay', delayMs: -1 },
    {},
  ])('refuses the fault %j', async (body) => {
    expect((await start().ask('POST', 'faults', { body })).status).toBe(400);
  });

  it('breaks the estate in the region of the sandbox, and says when the thing is not there', async () => {
    const { ask, world } = start();
    await callIn(world, 'logs')('CreateLogGroup', { logGroupName: '/ecs/shop' });
    const body = { kind: 'delete-log-group', target: '/ecs/shop' };
    expect((await ask('POST', 'faults', { body })).body.done).toBe('log group /ecs/shop deleted');
    expect((await ask('POST', 'faults', { body })).status).toBe(404);
  });

  it('takes snapshots into named slots and restores them', async () => {
    const { ask, world } = start();
    await ask('POST', 'snapshots', { body: { name: 'before' } });
    await callIn(world, 'logs')('CreateLogGroup', { logGroupName: '/x' });
    expect((await ask('POST', 'restore', { body: { name: 'nope' } })).status).toBe(404);
    await ask('POST', 'restore', { body: { name: 'before' } });
    expect((await callIn(world, 'logs')('DescribeLogGroups')).logGroups).toEqual([]);
    expect((await ask('GET', 'snapshots')).body.snapshots).toEqual(['before']);
  });

  it('shows what was published, by topic and region', async () => {
    const { ask, world } = start();
    const sns = callIn(world, 'sns');
    for (const Name of ['alerts', 'deploys']) {
      const { TopicArn } = await sns('CreateTopic', { Name });
      await sns('Publish', { TopicArn, Subject: `about ${Name}`, Message: 'the body' });
    }
    const subjects = async (query: string): Promise<string[]> =>
      (await ask('GET', `messages?${query}`)).body.messages.map((message: Answer) => message.subject);
    expect(await subjects('')).toEqual(['about alerts', 'about deploys']);
    expect(await subjects('topic=deploys')).toEqual(['about deploys']);
    expect(await subjects(`topic=${encodeURIComponent('arn:aws:sns:eu-west-1:123456789012:alerts')}`)).toEqual([
      'about alerts',
    ]);
    expect(await subjects('region=us-east-1')).toEqual([]);
    expect((await ask('GET', 'messages')).body.messages[0].message).toBe('the body');
  });

  it('moves a manual clock', async () => {
    const { ask, world } = start();
    const before = world.now;
    expect((await ask('POST', 'advance', { body: { ms: 1_500 } })).body.now).toBe(before + 1_500);
    expect((await ask('POST', 'advance', { body: { ms: 'soon' } })).status).toBe(400);
  });

  it('reads the timeline in order, filtered, and from a sequence number on', async () => {
    const { ask, world } = start();
    const call = (operation: string, mutating: boolean) =>
      world.record({ kind: 'call', service: 'ecs', operation, mutating, caller: 'me', status: 200 });
    call('ListClusters', false);
    call('CreateCluster', true);
    world.record({ kind: 'event', subject: 'x', message: 'y' });
    const operations = async (query: string) =>
      (await ask('GET', `timeline?${query}`)).body.entries.map((entry: Answer) => entry.operation ?? entry.message);
    expect(await operations('')).toEqual(['ListClusters', 'CreateCluster', 'y']);
    expect(await operations('mutating=1')).toEqual(['CreateCluster']);
    expect(await operations('since=2')).toEqual(['y']);
    expect(await operations('limit=1')).toEqual(['y']);
  });

  it('follows the timeline as lines of JSON until the reader goes away', async () => {
    const { ask, world, ended } = start();
    const { body: lines } = await ask('GET', 'timeline?follow=1');
    const next = lines.next();
    world.record({ kind: 'event', subject: 'a', message: 'first' });
    expect(JSON.parse(bytesToText((await next).value))).toMatchObject({ message: 'first' });
    const last = lines.next();
    ended.abort();
    expect((await last).done).toBe(true);
  });

  it('moves a tag to a new image', async () => {
    const { ask, world } = start();
    await callIn(world, 'ecr')('CreateRepository', { repositoryName: 'shop-api' });
    const move = { repository: 'shop-api', tag: 'v1' };
    const first = (await ask('POST', 'images/move-tag', { body: move })).body.done;
    expect(first).toMatch(/^shop-api:v1 names sha256:/);
    expect((await ask('POST', 'images/move-tag', { body: move })).body.done).not.toBe(first);
  });

  it('stops when asked to', async () => {
    const { ask, seen } = start();
    expect((await ask('POST', 'stop')).body).toEqual({ stopping: true });
    expect(seen).toEqual(['stop']);
  });
});

describe('a seed that AWS would refuse', () => {
  it('is answered with the refusal, and does not cut the connection', async () => {
    const refuse = async () => {
      throw new AwsError('ClientException', 'No Fargate configuration exists for given values.');
    };
    const lists = Object.fromEntries(
      ['clusters', 'services', 'logGroups', 'parameters', 'secrets', 'roles', 'repositories'].map((name) => [name, []]),
    );
    const body = { project: 'shop', environment: 'staging', region: 'eu-west-1', ...lists };
    const answer = await start({ seed: refuse }).ask('POST', 'seed', { body });
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({
      code: 'ClientException',
      message: 'ClientException: No Fargate configuration exists for given values.',
    });
  });
});

import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createListenerPorts } from '../../../src/lib/sandbox/listener-ports.js';
import { targetGroupMetrics, useTraffic } from '../../../src/lib/sandbox/traffic.js';
import { region, Scenario } from './ecs-scenario.js';

const loaded = (rate: number): Scenario => {
  const scenario = new Scenario();
  useTraffic(scenario.world, rate);
  return scenario.prepare().running();
};

const accessLines = (scenario: Scenario): { status: number; time: string; path: string }[] => {
  const { events } = scenario.call('FilterLogEvents', { logGroupName: '/shop/api', filterPattern: 'GET' }, 'logs');
  return events.map((event: { message: string }) => JSON.parse(event.message));
};

describe('the load of the balancer', () => {
  it('makes its requests when somebody looks, and no timer for them', () => {
    const scenario = loaded(5);
    scenario.seconds(600);
    expect(scenario.world.state.timers.filter((timer) => timer.at < scenario.world.now + 3_000_000)).toEqual([]);
    accessLines(scenario);
    scenario.seconds(120);
    const before = accessLines(scenario).length;
    scenario.seconds(60);
    const lines = accessLines(scenario);
    expect(lines.length - before).toBeGreaterThanOrEqual(295);
    expect(lines.length - before).toBeLessThanOrEqual(305);
    expect(new Set(lines.map((line) => line.status))).toEqual(new Set([200]));
    const times = lines.map((line) => line.time);
    expect([...times].sort()).toEqual(times);
  });

  it('is spread over the healthy targets', () => {
    const scenario = loaded(10);
    scenario.seconds(100);
    accessLines(scenario);
    scenario.seconds(100);
    accessLines(scenario);
    const { logStreams } = scenario.call('DescribeLogStreams', { logGroupName: '/shop/api' }, 'logs');
    const counts = logStreams.map(
      (stream: { logStreamName: string }) =>
        scenario.call('GetLogEvents', { logGroupName: '/shop/api', logStreamName: stream.logStreamName }, 'logs').events
          .length,
    );
    expect(counts).toHaveLength(2);
    for (const count of counts) expect(count).toBeGreaterThan(300);
  });

  it('sees errors of the tag errors, by weight, minute by minute', () => {
    const scenario = loaded(5);
    scenario.update({ taskDefinition: scenario.register('v2-errors') });
    scenario.settle();
    expect(scenario.deployment().status).toBe('SUCCESSFUL');
    scenario.seconds(180);
    const minutes = targetGroupMetrics(scenario.world, region, scenario.targetGroup());
    const last = minutes.at(-2);
    expect(last?.requests).toBe(300);
    expect(last?.targetErrors).toBe(300);
    expect(minutes[0]?.targetErrors).toBe(0);
    expect(last?.averageLatencyMs).toBeGreaterThan(3);
  });

  it('follows the weights of a forward action', () => {
    const scenario = loaded(20);
    const [group] = scenario.elb('CreateTargetGroup', { Name: 'api-green', Port: 8080, TargetType: 'ip' }).TargetGroups;
    const green = group.TargetGroupArn;
    const [balancer] = scenario.elb('DescribeLoadBalancers').LoadBalancers;
    const [listener] = scenario.elb('DescribeListeners', { LoadBalancerArn: balancer.LoadBalancerArn }).Listeners;
    const ip = scenario
      .tasks()[0]
      ?.attachments?.[0]?.details?.find((each) => each.name === 'privateIPv4Address')?.value;
    const weigh = (blue: number, other: number): void => {
      scenario.elb('ModifyListener', {
        ListenerArn: listener.ListenerArn,
        DefaultActions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: scenario.targetGroup(), Weight: blue },
                { TargetGroupArn: green, Weight: other },
              ],
            },
          },
        ],
      });
    };
    weigh(90, 10);
    scenario.elb('RegisterTargets', { TargetGroupArn: green, Targets: [{ Id: ip, Port: 8080 }] });
    scenario.seconds(300);
    const sum = (arn: string): number =>
      targetGroupMetrics(scenario.world, region, arn).reduce((total, minute) => total + minute.requests, 0);
    const before = { blue: sum(scenario.targetGroup()), green: sum(green) };
    scenario.seconds(600);
    const share = (sum(green) - before.green) / (sum(green) + sum(scenario.targetGroup()) - before.green - before.blue);
    expect(share).toBeGreaterThan(0.08);
    expect(share).toBeLessThan(0.12);
  });

  it('changes nothing of what happens by looking', () => {
    const watched = loaded(5);
    const alone = loaded(5);
    for (const scenario of [watched, alone]) scenario.update({ taskDefinition: scenario.register('v2-bad') });
    for (let second = 0; second < 300; second += 1) {
      watched.seconds(1);
      alone.seconds(1);
      if (second % 10 === 0) accessLines(watched);
    }
    const plain = (scenario: Scenario): unknown =>
      scenario.world.state.timeline.filter((entry) => !('subject' in entry) || !entry.subject.startsWith('log-stream'));
    expect(plain(watched)).toEqual(plain(alone));
  });
});

const get = (port: number, path: string): Promise<{ readonly status: number | undefined; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, body }));
    });
    sent.once('error', reject);
    sent.end();
  });

describe("a listener's loopback port", () => {
  it('answers for the built-in containers behind it, and closes with its listener', async () => {
    const scenario = new Scenario().prepare().running();
    const ports = createListenerPorts({ world: scenario.world, clock: scenario.clock });
    try {
      await ports.refresh();
      const [open] = ports.open();
      expect(open).toMatchObject({ region, loadBalancer: 'shop', port: 80 });
      const port = open?.localPort ?? 0;
      const answer = await get(port, '/orders');
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ service: 'api', version: 'v1', status: 'ok' });
      scenario.update({ taskDefinition: scenario.register('v2-errors') });
      scenario.settle();
      expect((await get(port, '/orders')).status).toBe(500);
      expect((await get(port, '/health')).status).toBe(200);
      expect(scenario.logs().some((line) => line.includes('GET /orders 500'))).toBe(true);
      scenario.update({ desiredCount: 0 });
      scenario.seconds(120);
      expect((await get(port, '/orders')).status).toBe(503);
      const state = scenario.elb('DescribeLoadBalancers').LoadBalancers[0];
      scenario.elb('DeleteLoadBalancer', { LoadBalancerArn: state.LoadBalancerArn });
      await ports.refresh();
      expect(ports.open()).toEqual([]);
      await expect(get(port, '/orders')).rejects.toThrow(/ECONNREFUSED/);
    } finally {
      await ports.stop();
    }
  });
});

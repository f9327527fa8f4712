import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../src/lib/sandbox/service.js';
import { Scenario } from './ecs-scenario.js';

const refusalOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof AwsError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
};

const health = (scenario: Scenario): string[] =>
  scenario
    .elb('DescribeTargetHealth', { TargetGroupArn: scenario.targetGroup() })
    .TargetHealthDescriptions.map(
      (each: { TargetHealth: { State: string; Reason?: string } }) =>
        `${each.TargetHealth.State}${each.TargetHealth.Reason ? ` ${each.TargetHealth.Reason}` : ''}`,
    );

/** The different answers over time, one look per second. */
const history = (scenario: Scenario, seconds: number): string[] => {
  const seen: string[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const now = health(scenario).join(', ');
    if (seen.at(-1) !== now) seen.push(now);
    scenario.seconds(1);
  }
  return seen;
};

describe('the health of a target', () => {
  it('goes from initial to healthy after the healthy threshold, and drains before it is gone', () => {
    const scenario = new Scenario().prepare();
    scenario.create('v1', { desiredCount: 1 });
    expect(history(scenario, 120)).toEqual(['', 'initial Elb.RegistrationInProgress', 'healthy']);
    scenario.update({ desiredCount: 0 });
    expect(history(scenario, 60)).toEqual(['healthy', 'draining Target.DeregistrationInProgress', '']);
  });

  it('is unhealthy with the reason of AWS when the check gets another code', () => {
    const scenario = new Scenario().prepare();
    scenario.create('v1-unhealthy', { desiredCount: 1, service: { healthCheckGracePeriodSeconds: 300 } });
    scenario.seconds(90);
    const [target] = scenario.elb('DescribeTargetHealth', {
      TargetGroupArn: scenario.targetGroup(),
    }).TargetHealthDescriptions;
    expect(target.TargetHealth).toEqual({
      State: 'unhealthy',
      Reason: 'Target.ResponseCodeMismatch',
      Description: 'Health checks failed with these codes: [503]',
    });
    expect(target.HealthCheckPort).toBe('8080');
    expect(scenario.tasks()).toHaveLength(1);
    scenario.seconds(300);
    expect(scenario.events().join('\n')).toMatch(/is unhealthy in \(target-group/);
  });

  it('times out while a slow container boots, and becomes healthy afterwards', () => {
    const scenario = new Scenario().prepare();
    scenario.create('v1-slow', { desiredCount: 1, service: { healthCheckGracePeriodSeconds: 900 } });
    expect(history(scenario, 400)).toEqual([
      '',
      'initial Elb.RegistrationInProgress',
      'unhealthy Target.Timeout',
      'healthy',
    ]);
  });

  it('accepts the codes of the matcher', () => {
    const scenario = new Scenario().prepare();
    scenario.elb('ModifyTargetGroup', { TargetGroupArn: scenario.targetGroup(), Matcher: { HttpCode: '204,500-599' } });
    scenario.create('v1-unhealthy', { desiredCount: 1 });
    scenario.seconds(90);
    expect(health(scenario)).toEqual(['healthy']);
  });

  it('is unused in a group without a listener, and for targets that are not registered', () => {
    const scenario = new Scenario().prepare();
    const [group] = scenario.elb('CreateTargetGroup', { Name: 'spare', Port: 80, TargetType: 'ip' }).TargetGroups;
    const TargetGroupArn = group.TargetGroupArn;
    scenario.elb('RegisterTargets', { TargetGroupArn, Targets: [{ Id: '10.9.9.9' }] });
    const states = (input: object): string[] =>
      scenario
        .elb('DescribeTargetHealth', { TargetGroupArn, ...input })
        .TargetHealthDescriptions.map((each: { TargetHealth: { Reason: string } }) => each.TargetHealth.Reason);
    expect(states({})).toEqual(['Target.NotInUse']);
    expect(states({ Targets: [{ Id: '10.1.1.1', Port: 80 }] })).toEqual(['Target.NotRegistered']);
  });
});

describe('listeners and rules', () => {
  const parts = (scenario: Scenario): { balancer: string; listener: string; group: string } => {
    const balancer = scenario.elb('DescribeLoadBalancers', { Names: ['shop'] }).LoadBalancers[0].LoadBalancerArn;
    const listener = scenario.elb('DescribeListeners', { LoadBalancerArn: balancer }).Listeners[0].ListenerArn;
    return { balancer, listener, group: scenario.targetGroup() };
  };

  it('keep the weights of a forward action and answer them in both forms', () => {
    const scenario = new Scenario().prepare();
    const { listener, group } = parts(scenario);
    const [other] = scenario.elb('CreateTargetGroup', { Name: 'api-green', Port: 8080, TargetType: 'ip' }).TargetGroups;
    const weighted = (blue: number, green: number): object => ({
      Type: 'forward',
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: group, Weight: blue },
          { TargetGroupArn: other.TargetGroupArn, Weight: green },
        ],
      },
    });
    const [rule] = scenario.elb('CreateRule', {
      ListenerArn: listener,
      Priority: 10,
      Conditions: [{ Field: 'path-pattern', Values: ['/api/*'] }],
      Actions: [weighted(100, 0)],
    }).Rules;
    expect(rule).toMatchObject({ Priority: '10', IsDefault: false });
    expect(rule.Conditions[0].PathPatternConfig).toEqual({ Values: ['/api/*'] });
    scenario.elb('ModifyRule', { RuleArn: rule.RuleArn, Actions: [weighted(90, 10)] });
    const { Rules } = scenario.elb('DescribeRules', { ListenerArn: listener });
    expect(Rules.map((each: { Priority: string }) => each.Priority)).toEqual(['10', 'default']);
    expect(Rules[0].Actions[0].ForwardConfig.TargetGroups.map((each: { Weight: number }) => each.Weight)).toEqual([
      90, 10,
    ]);
    expect(Rules[1].Actions[0]).toMatchObject({
      Type: 'forward',
      TargetGroupArn: group,
      ForwardConfig: { TargetGroups: [{ TargetGroupArn: group, Weight: 1 }] },
    });
    expect(scenario.elb('DescribeRules', { RuleArns: [Rules[1].RuleArn] }).Rules[0].IsDefault).toBe(true);
  });

  it('refuse what AWS refuses', () => {
    const scenario = new Scenario().prepare();
    const { balancer, listener, group } = parts(scenario);
    const action = [{ Type: 'forward', TargetGroupArn: group }];
    const rule = {
      ListenerArn: listener,
      Priority: 5,
      Conditions: [{ Field: 'path-pattern', Values: ['/'] }],
      Actions: action,
    };
    scenario.elb('CreateRule', rule);
    expect(refusalOf(() => scenario.elb('CreateRule', rule))).toBe(
      "PriorityInUseException: Priority '5' is currently in use",
    );
    expect(refusalOf(() => scenario.elb('DeleteTargetGroup', { TargetGroupArn: group }))).toMatch(/^ResourceInUse/);
    expect(
      refusalOf(() => scenario.elb('CreateListener', { LoadBalancerArn: balancer, Port: 80, DefaultActions: action })),
    ).toMatch(/^DuplicateListenerException/);
    expect(refusalOf(() => scenario.elb('DescribeTargetGroups', { Names: ['gone'] }))).toMatch(
      /^TargetGroupNotFoundException/,
    );
    expect(refusalOf(() => scenario.elb('DescribeLoadBalancers', { Names: ['gone'] }))).toMatch(
      /^LoadBalancerNotFoundException/,
    );
    expect(
      refusalOf(() =>
        scenario.elb('CreateTargetGroup', { Name: 'x', HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 5 }),
      ),
    ).toMatch(/^ValidationError/);
  });

  it('are paged with markers', () => {
    const scenario = new Scenario().prepare();
    for (const Name of ['a', 'b', 'c']) scenario.elb('CreateTargetGroup', { Name, Port: 80, TargetType: 'ip' });
    const first = scenario.elb('DescribeTargetGroups', { PageSize: 3 });
    expect(first.TargetGroups).toHaveLength(3);
    const second = scenario.elb('DescribeTargetGroups', { PageSize: 3, Marker: first.NextMarker });
    expect(second.TargetGroups).toHaveLength(1);
    expect(second.NextMarker).toBeUndefined();
  });

  it('belong to a load balancer that becomes active after a while', () => {
    const scenario = new Scenario().prepare();
    const state = (): string => scenario.elb('DescribeLoadBalancers', { Names: ['shop'] }).LoadBalancers[0].State.Code;
    expect(state()).toBe('provisioning');
    scenario.seconds(120);
    expect(state()).toBe('active');
  });

  it('wait the documented delay before a target is gone, unless the group says otherwise', () => {
    const scenario = new Scenario().prepare();
    const [group] = scenario.elb('CreateTargetGroup', { Name: 'plain', Port: 80, TargetType: 'ip' }).TargetGroups;
    const { Attributes } = scenario.elb('DescribeTargetGroupAttributes', { TargetGroupArn: group.TargetGroupArn });
    expect(Attributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '300' });
  });
});

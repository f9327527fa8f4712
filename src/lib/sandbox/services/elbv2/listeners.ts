/** Listeners and their rules in the API. A listener's default actions are its rule with priority `default`. */
import type {
  Action,
  CreateListenerInput,
  CreateRuleInput,
  DeleteListenerInput,
  DeleteRuleInput,
  DescribeListenersInput,
  DescribeRulesInput,
  Listener,
  ModifyListenerInput,
  ModifyRuleInput,
  Rule,
  RuleCondition,
  SetRulePrioritiesInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, type Call } from '../../service.js';
import { settleTraffic } from '../../traffic.js';
import { addTags, arnId, markerPage, required, select, stateOf, validation } from './lookup.js';
import { type Elbv2State, forwardWeights, type ListenerState, type RuleState } from './state.js';

const maximumWeight = 999;

/** AWS answers both the short and the long form of a forward action. */
const normalizeAction = (state: Elbv2State, action: Action, order: number): Action => {
  if (action.Type !== 'forward') return { ...action, Order: action.Order ?? order };
  const groups = forwardWeights([action]);
  if (groups.length === 0) throw validation('A target group ARN must be specified');
  for (const { arn, weight } of groups) {
    required(state.targetGroups, { arn, code: 'TargetGroupNotFoundException' });
    if (weight < 0 || weight > maximumWeight)
      throw validation(`Weight '${weight}' must be between 0 and ${maximumWeight}`);
  }
  const [only] = groups;
  return {
    Type: 'forward',
    Order: action.Order ?? order,
    ...(groups.length === 1 && only ? { TargetGroupArn: only.arn } : {}),
    ForwardConfig: {
      TargetGroups: groups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })),
      TargetGroupStickinessConfig: action.ForwardConfig?.TargetGroupStickinessConfig ?? { Enabled: false },
    },
  };
};

const normalizeActions = (state: Elbv2State, actions: readonly Action[] | undefined): Action[] => {
  if (!actions?.length) throw validation('At least one action must be specified');
  return actions.map((action, index) => normalizeAction(state, action, index + 1));
};

const listenerView = (listener: ListenerState): Listener => ({
  ListenerArn: listener.arn,
  LoadBalancerArn: listener.loadBalancerArn,
  Port: listener.port,
  Protocol: listener.protocol as Listener['Protocol'],
  Certificates: listener.certificates.map((CertificateArn) => ({ CertificateArn })),
  ...(listener.sslPolicy === undefined ? {} : { SslPolicy: listener.sslPolicy }),
  DefaultActions: listener.defaultActions,
});

export const createListener = (input: CreateListenerInput, call: Call): object => {
  const state = stateOf(call);
  const balancer = required(state.loadBalancers, { arn: input.LoadBalancerArn, code: 'LoadBalancerNotFoundException' });
  const taken = Object.values(state.listeners).some(
    (listener) => listener.loadBalancerArn === balancer.arn && listener.port === input.Port,
  );
  if (taken)
    throw new AwsError('DuplicateListenerException', 'A listener already exists on this port for this load balancer');
  const protocol = input.Protocol ?? 'HTTP';
  const certificates = (input.Certificates ?? []).flatMap((each) => (each.CertificateArn ? [each.CertificateArn] : []));
  if (protocol === 'HTTPS' && certificates.length === 0)
    throw validation('A certificate must be specified for HTTPS listeners');
  const listener: ListenerState = {
    arn: `${balancer.arn.replace(':loadbalancer/', ':listener/')}/${arnId(call)}`,
    loadBalancerArn: balancer.arn,
    port: input.Port ?? 80,
    protocol,
    certificates,
    ...(input.SslPolicy === undefined ? {} : { sslPolicy: input.SslPolicy }),
    defaultActions: normalizeActions(state, input.DefaultActions),
  };
  state.listeners[listener.arn] = listener;
  addTags(state, { arn: listener.arn, tags: input.Tags });
  return { Listeners: [listenerView(listener)] };
};

export const describeListeners = (input: DescribeListenersInput, call: Call): object => {
  const state = stateOf(call);
  if (!input.LoadBalancerArn && !input.ListenerArns?.length)
    throw validation('You must specify either listener ARNs or a load balancer ARN');
  if (input.LoadBalancerArn)
    required(state.loadBalancers, { arn: input.LoadBalancerArn, code: 'LoadBalancerNotFoundException' });
  const found = select(state.listeners, { arns: input.ListenerArns, code: 'ListenerNotFoundException' }).filter(
    (listener) => !input.LoadBalancerArn || listener.loadBalancerArn === input.LoadBalancerArn,
  );
  const page = markerPage(found, input);
  return { Listeners: page.items.map(listenerView), NextMarker: page.NextMarker };
};

export const modifyListener = (input: ModifyListenerInput, call: Call): object => {
  const state = stateOf(call);
  const listener = required(state.listeners, { arn: input.ListenerArn, code: 'ListenerNotFoundException' });
  const actions = input.DefaultActions ? normalizeActions(state, input.DefaultActions) : undefined;
  if (actions) {
    settleTraffic(call.world, call.region, { route: listener.arn });
    recordWeights(call, { subject: listener.arn, actions });
    listener.defaultActions = actions;
  }
  if (input.Port !== undefined) listener.port = input.Port;
  if (input.Protocol !== undefined) listener.protocol = input.Protocol;
  return { Listeners: [listenerView(listener)] };
};

export const deleteListener = (input: DeleteListenerInput, call: Call): object => {
  const state = stateOf(call);
  const listener = required(state.listeners, { arn: input.ListenerArn, code: 'ListenerNotFoundException' });
  for (const rule of Object.values(state.rules)) if (rule.listenerArn === listener.arn) delete state.rules[rule.arn];
  delete state.listeners[listener.arn];
  return {};
};

const ruleView = (rule: RuleState): Rule => ({
  RuleArn: rule.arn,
  Priority: String(rule.priority),
  Conditions: rule.conditions.map(conditionView),
  Actions: rule.actions,
  IsDefault: false,
});

/** AWS answers path and host conditions with `Values` and with their own config. */
const conditionView = (condition: RuleCondition): RuleCondition => {
  const values =
    condition.Values ?? condition.PathPatternConfig?.Values ?? condition.HostHeaderConfig?.Values ?? undefined;
  if (values === undefined) return condition;
  if (condition.Field === 'path-pattern')
    return { ...condition, Values: values, PathPatternConfig: { Values: values } };
  if (condition.Field === 'host-header') return { ...condition, Values: values, HostHeaderConfig: { Values: values } };
  return condition;
};

const defaultRule = (listener: ListenerState): Rule => ({
  RuleArn: `${listener.arn.replace(':listener/', ':listener-rule/')}/${listener.arn.slice(-16)}`,
  Priority: 'default',
  Conditions: [],
  Actions: listener.defaultActions,
  IsDefault: true,
});

const recordWeights = (call: Call, change: { readonly subject: string; readonly actions: readonly Action[] }): void => {
  const weights = forwardWeights(change.actions).map(({ arn, weight }) => `${arn.split('/').at(-2)}=${weight}`);
  call.world.record({
    kind: 'state',
    region: call.region,
    subject: `weights ${change.subject.split('/').slice(-4).join('/')}`,
    to: weights.join(' ') || 'none',
  });
};

const checkPriority = (state: Elbv2State, ask: { readonly listenerArn: string; readonly priority: number }): void => {
  if (!Number.isInteger(ask.priority) || ask.priority < 1 || ask.priority > 50_000)
    throw validation('Priority must be between 1 and 50000');
  const taken = Object.values(state.rules).some(
    (rule) => rule.listenerArn === ask.listenerArn && rule.priority === ask.priority,
  );
  if (taken) throw new AwsError('PriorityInUseException', `Priority '${ask.priority}' is currently in use`);
};

export const createRule = (input: CreateRuleInput, call: Call): object => {
  const state = stateOf(call);
  const listener = required(state.listeners, { arn: input.ListenerArn, code: 'ListenerNotFoundException' });
  const priority = Number(input.Priority);
  checkPriority(state, { listenerArn: listener.arn, priority });
  if (!input.Conditions?.length) throw validation('At least one condition must be specified');
  const rule: RuleState = {
    arn: `${listener.arn.replace(':listener/', ':listener-rule/')}/${arnId(call)}`,
    listenerArn: listener.arn,
    priority,
    conditions: input.Conditions,
    actions: normalizeActions(state, input.Actions),
  };
  state.rules[rule.arn] = rule;
  addTags(state, { arn: rule.arn, tags: input.Tags });
  return { Rules: [ruleView(rule)] };
};

const rulesOf = (state: Elbv2State, listenerArn: string): readonly RuleState[] =>
  Object.values(state.rules)
    .filter((rule) => rule.listenerArn === listenerArn)
    .sort((a, b) => a.priority - b.priority);

const listenerOfDefault = (state: Elbv2State, ruleArn: string): ListenerState | undefined =>
  Object.values(state.listeners).find((listener) => defaultRule(listener).RuleArn === ruleArn);

export const describeRules = (input: DescribeRulesInput, call: Call): object => {
  const state = stateOf(call);
  if (input.RuleArns?.length)
    return {
      Rules: input.RuleArns.map((arn) => {
        const listener = listenerOfDefault(state, arn);
        return listener
          ? defaultRule(listener)
          : ruleView(required(state.rules, { arn, code: 'RuleNotFoundException' }));
      }),
    };
  if (!input.ListenerArn) throw validation('You must specify either listener rule ARNs or a listener ARN');
  const listener = required(state.listeners, { arn: input.ListenerArn, code: 'ListenerNotFoundException' });
  const page = markerPage(rulesOf(state, listener.arn), input);
  return {
    // The default rule closes the last page.
    Rules: [...page.items.map(ruleView), ...(page.NextMarker === undefined ? [defaultRule(listener)] : [])],
    NextMarker: page.NextMarker,
  };
};

export const modifyRule = (input: ModifyRuleInput, call: Call): object => {
  const state = stateOf(call);
  const arn = input.RuleArn ?? '';
  const listener = listenerOfDefault(state, arn);
  const actions = input.Actions ? normalizeActions(state, input.Actions) : undefined;
  if (listener) {
    if (actions) {
      settleTraffic(call.world, call.region, { route: listener.arn });
      listener.defaultActions = actions;
    }
    return { Rules: [defaultRule(listener)] };
  }
  const rule = required(state.rules, { arn, code: 'RuleNotFoundException' });
  if (actions) {
    settleTraffic(call.world, call.region, { route: rule.arn });
    recordWeights(call, { subject: rule.arn, actions });
    rule.actions = actions;
  }
  if (input.Conditions?.length) rule.conditions = input.Conditions;
  return { Rules: [ruleView(rule)] };
};

export const deleteRule = (input: DeleteRuleInput, call: Call): object => {
  const state = stateOf(call);
  if (listenerOfDefault(state, input.RuleArn ?? ''))
    throw new AwsError('OperationNotPermittedException', `Default rule '${input.RuleArn}' cannot be deleted`);
  const rule = required(state.rules, { arn: input.RuleArn, code: 'RuleNotFoundException' });
  delete state.rules[rule.arn];
  return {};
};

export const setRulePriorities = (input: SetRulePrioritiesInput, call: Call): object => {
  const state = stateOf(call);
  const wanted = (input.RulePriorities ?? []).map((each) => ({
    rule: required(state.rules, { arn: each.RuleArn, code: 'RuleNotFoundException' }),
    priority: each.Priority ?? 0,
  }));
  const moved = new Set(wanted.map(({ rule }) => rule.arn));
  for (const { rule, priority } of wanted) {
    const isTaken =
      rulesOf(state, rule.listenerArn).some((other) => other.priority === priority && !moved.has(other.arn)) ||
      wanted.some(
        (other) => other.rule !== rule && other.rule.listenerArn === rule.listenerArn && other.priority === priority,
      );
    if (isTaken) throw new AwsError('PriorityInUseException', `Priority '${priority}' is currently in use`);
  }
  for (const { rule, priority } of wanted) rule.priority = priority;
  return { Rules: wanted.map(({ rule }) => ruleView(rule)) };
};

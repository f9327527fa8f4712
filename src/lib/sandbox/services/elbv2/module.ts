/** Elastic Load Balancing v2, simulated: state.ts the data, targets.ts the health of targets, ../../traffic.ts requests. */
import type { Handler } from '../../service.js';
import type { NeighbourlyModule } from '../neighbours.js';
import {
  createListener,
  createRule,
  deleteListener,
  deleteRule,
  describeListeners,
  describeRules,
  modifyListener,
  modifyRule,
  setRulePriorities,
} from './listeners.js';
import {
  activateLoadBalancer,
  balancerTimer,
  createLoadBalancer,
  deleteLoadBalancer,
  describeLoadBalancerAttributes,
  describeLoadBalancers,
  modifyLoadBalancerAttributes,
} from './load-balancers.js';
import { addTagsCall, describeTags, removeTags } from './lookup.js';
import { elbMetrics } from './metrics.js';
import { initialElbv2 } from './state.js';
import {
  createTargetGroup,
  deleteTargetGroup,
  deregisterTargets,
  describeTargetGroupAttributes,
  describeTargetGroups,
  describeTargetHealth,
  modifyTargetGroup,
  modifyTargetGroupAttributes,
  registerTargets,
} from './target-groups.js';
import { checkTarget, drained } from './targets.js';

const operations: Readonly<Record<string, Handler>> = {
  CreateLoadBalancer: createLoadBalancer,
  DescribeLoadBalancers: describeLoadBalancers,
  DeleteLoadBalancer: deleteLoadBalancer,
  DescribeLoadBalancerAttributes: describeLoadBalancerAttributes,
  ModifyLoadBalancerAttributes: modifyLoadBalancerAttributes,
  CreateListener: createListener,
  DescribeListeners: describeListeners,
  ModifyListener: modifyListener,
  DeleteListener: deleteListener,
  CreateRule: createRule,
  DescribeRules: describeRules,
  ModifyRule: modifyRule,
  DeleteRule: deleteRule,
  SetRulePriorities: setRulePriorities,
  CreateTargetGroup: createTargetGroup,
  DescribeTargetGroups: describeTargetGroups,
  ModifyTargetGroup: modifyTargetGroup,
  DeleteTargetGroup: deleteTargetGroup,
  DescribeTargetGroupAttributes: describeTargetGroupAttributes,
  ModifyTargetGroupAttributes: modifyTargetGroupAttributes,
  RegisterTargets: registerTargets,
  DeregisterTargets: deregisterTargets,
  DescribeTargetHealth: describeTargetHealth,
  AddTags: addTagsCall,
  RemoveTags: removeTags,
  DescribeTags: describeTags,
};

export const elbv2Module: NeighbourlyModule = {
  id: 'elbv2',
  signingName: 'elasticloadbalancing',
  loadSchema: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  initial: initialElbv2,
  operations,
  timers: { 'elbv2.check': checkTarget, 'elbv2.drained': drained, [balancerTimer]: activateLoadBalancer },
  neighbour: { metrics: elbMetrics },
};

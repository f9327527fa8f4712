/** Application Auto Scaling, simulated for ECS services: start at state.ts for the data, scale.ts for the behaviour. */
import type { Handler, RateLimit } from '../../service.js';
import type { NeighbourlyModule } from '../neighbours.js';
import { deleteScalingPolicy, describeScalingPolicies, putScalingPolicy } from './policies.js';
import { adjust, adjustTimer, describeScalingActivities, follow, followTimer } from './scale.js';
import {
  deleteScheduledAction,
  describeScheduledActions,
  putScheduledAction,
  runScheduledAction,
  scheduledTimer,
} from './scheduled-actions.js';
import { initialAutoScaling } from './state.js';
import {
  deregisterScalableTarget,
  describeScalableTargets,
  listTagsForResource,
  registerScalableTarget,
  tagResource,
  untagResource,
} from './targets.js';
import { alarmed } from './track.js';

const operations: Readonly<Record<string, Handler>> = {
  RegisterScalableTarget: registerScalableTarget,
  DescribeScalableTargets: describeScalableTargets,
  DeregisterScalableTarget: deregisterScalableTarget,
  PutScalingPolicy: putScalingPolicy,
  DescribeScalingPolicies: describeScalingPolicies,
  DeleteScalingPolicy: deleteScalingPolicy,
  PutScheduledAction: putScheduledAction,
  DescribeScheduledActions: describeScheduledActions,
  DeleteScheduledAction: deleteScheduledAction,
  DescribeScalingActivities: describeScalingActivities,
  TagResource: tagResource,
  UntagResource: untagResource,
  ListTagsForResource: listTagsForResource,
};

/** AWS publishes no rates for these calls; low ones are typical of the service (docs/sandbox-timings.md). */
const limits: readonly RateLimit[] = [
  {
    operations: Object.keys(operations).filter((name) => /^(Describe|List)/.test(name)),
    perSecond: 10,
    burst: 20,
    code: 'ThrottlingException',
  },
  {
    operations: Object.keys(operations).filter((name) => !/^(Describe|List)/.test(name)),
    perSecond: 5,
    burst: 10,
    code: 'ThrottlingException',
  },
];

export const autoScalingModule = (): NeighbourlyModule => ({
  id: 'autoscaling',
  signingName: 'application-autoscaling',
  target: 'AnyScaleFrontendService',
  loadSchema: () => import('@aws-sdk/client-application-auto-scaling'),
  initial: initialAutoScaling,
  operations,
  timers: {
    [adjustTimer]: (world, region, target) => adjust({ world, region }, target),
    [scheduledTimer]: (world, region, target) => runScheduledAction({ world, region }, target),
    [followTimer]: (world, region, target) => follow({ world, region }, target),
  },
  limits,
  neighbour: { alarmed },
});

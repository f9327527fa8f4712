/**
 * What others changed: where the live service is not what platform.yaml says and what our runs left, and no deploy would
 * mend it or even show it. platform.yaml speaks only for what it says: an absent member is nobody's wish. Pure.
 */
import { familyOf, revisionOf, type TaskDefinitionRecord } from '../aws/ecs-model.js';
import { sameTaskDefinition } from '../config/normalise-task-definition.js';
import type { ResolvedEnvironment } from '../config/project.js';
import type { RunView } from '../engine/view.js';
import type { Target } from '../plan/plan.js';
import type { LiveService } from '../services/observe-live.js';

export interface Drift {
  readonly kind:
    | 'missing'
    | 'latest-not-live'
    | 'foreign-family'
    | 'foreign-tags'
    | 'untagged'
    | 'inactive'
    | 'altered'
    | 'strategy'
    | 'load-balancer'
    | 'network'
    | 'desired-count'
    | 'in-progress';
  readonly message: string;
  /** note: worth knowing, but no difference that `--exit-code` counts. */
  readonly weight: 'difference' | 'note';
}

export interface DriftFacts {
  readonly live: LiveService;
  readonly environment: ResolvedEnvironment;
  readonly target: Target;
  readonly bounds?: { readonly min: number; readonly max: number } | undefined;
  /** The run that registered the live release, when its journal is here. */
  readonly run?: RunView | undefined;
}

export const driftOf = (facts: DriftFacts): readonly Drift[] => [
  ...familyDrift(facts),
  ...tagDrift(facts),
  ...definitionDrift(facts),
  ...strategyDrift(facts),
  ...loadBalancerDrift(facts),
  ...networkDrift(facts),
  ...countDrift(facts),
  ...progressNote(facts),
];

const difference = (kind: Drift['kind'], message: string): readonly Drift[] => [
  { kind, message, weight: 'difference' },
];
const note = (kind: Drift['kind'], message: string): readonly Drift[] => [{ kind, message, weight: 'note' }];

const familyDrift = ({ live }: DriftFacts): readonly Drift[] => {
  const { service, live: record, latest } = live;
  const family = familyOf(record.arn);
  return [
    ...(family === service.family
      ? []
      : difference('foreign-family', `live is ${family}:${record.revision}, a family that is not ${service.family}`)),
    // A newer one of ours is a release that failed or is under way: no news.
    ...(latest?.by === 'others'
      ? difference(
          'latest-not-live',
          `the newest revision of ${service.family} is ${revisionOf(latest.arn)}, live is ${record.revision}; it was registered elsewhere (Terraform?)`,
        )
      : []),
  ];
};

const tagDrift = ({ live, target }: DriftFacts): readonly Drift[] => {
  const { tags } = live.live;
  const wanted = {
    'platform:project': target.project,
    'platform:environment': target.environment,
    'platform:service': live.service.name,
  };
  const others = Object.entries(wanted).filter(([key, value]) => tags[key] !== undefined && tags[key] !== value);
  if (others.length > 0) {
    const says = others.map(([key, value]) => `${key} is ${tags[key]}, not ${value}`).join(', ');
    return difference('foreign-tags', `the live release belongs to another service: ${says}`);
  }
  return tags['platform:run'] === undefined
    ? note('untagged', 'the live release was not registered by a deploy of this tool')
    : [];
};

const definitionDrift = ({ live, run }: DriftFacts): readonly Drift[] => {
  const { live: record, service } = live;
  const registered = registeredBy(run, service.name, record);
  return [
    ...(record.status === 'ACTIVE'
      ? []
      : difference(
          'inactive',
          `the live task definition is ${record.status.toLowerCase()}: no deploy can go back to it`,
        )),
    ...(registered === undefined || sameTaskDefinition(registered, record.definition)
      ? []
      : difference('altered', `the live task definition is not what run ${run?.runId ?? ''} registered`)),
  ];
};

/** What that run's plan had rendered, if it made this very revision. */
const registeredBy = (
  run: RunView | undefined,
  service: string,
  record: TaskDefinitionRecord,
): Readonly<Record<string, unknown>> | undefined => {
  const step = run?.steps.get(`register[${service}]`);
  const made = step?.outputs as { readonly taskDefinition?: string } | undefined;
  if (step?.step.kind !== 'action' || made?.taskDefinition !== record.arn) return undefined;
  const { source } = step.step.with as { readonly source?: { readonly definition?: unknown } };
  return source?.definition as Readonly<Record<string, unknown>> | undefined;
};

const strategyDrift = ({ live }: DriftFacts): readonly Drift[] => {
  const wanted = live.service.config.strategy?.kind;
  const actual = live.seen.strategy.toLowerCase().replaceAll('_', '-');
  return wanted === undefined || wanted === actual
    ? []
    : difference('strategy', `the service deploys ${actual}, platform.yaml says ${wanted}`);
};

const loadBalancerDrift = ({ live }: DriftFacts): readonly Drift[] => {
  const { port } = live.service.config;
  const balancers = live.seen.loadBalancers ?? [];
  if (port === undefined) return [];
  if (balancers.length === 0)
    return difference('load-balancer', `platform.yaml says port ${port}, but no target group is behind the service`);
  const { container } = live.service;
  if (balancers.some((each) => each.port === port && (each.container ?? container) === container)) return [];
  const actual = balancers.map((each) => `${each.container ?? '?'}:${each.port ?? '?'}`).join(', ');
  return difference('load-balancer', `the load balancer sends to ${actual}, platform.yaml says ${container}:${port}`);
};

/** Names are looked up by others; only ids can be compared as they stand. */
const idsOf = (values: readonly string[] | undefined, prefix: string): readonly string[] | undefined =>
  values?.every((value) => value.startsWith(prefix)) ? [...values].sort() : undefined;

const networkDrift = ({ live, environment }: DriftFacts): readonly Drift[] => {
  const wanted = environment.config.network;
  const actual = live.seen.network;
  if (!wanted || !actual) return [];
  const lists = [
    ['subnets', idsOf(wanted.subnets, 'subnet-'), [...actual.subnets].sort()],
    ['security groups', idsOf(wanted.securityGroups, 'sg-'), [...actual.securityGroups].sort()],
  ] as const;
  return [
    ...lists.flatMap(([what, should, is]) =>
      should === undefined || should.join() === is.join()
        ? []
        : difference(
            'network',
            `${what}: the service has ${is.join(', ') || 'none'}, platform.yaml says ${should.join(', ')}`,
          ),
    ),
    ...(wanted.assignPublicIp === undefined || wanted.assignPublicIp === actual.assignPublicIp
      ? []
      : difference(
          'network',
          `public addresses: the service has them ${onOff(actual.assignPublicIp)}, platform.yaml says ${onOff(wanted.assignPublicIp)}`,
        )),
  ];
};

const onOff = (value: boolean): string => (value ? 'on' : 'off');

/** The count is not platform.yaml's business, but one that autoscaling will move is nobody's. */
const countDrift = ({ live, bounds }: DriftFacts): readonly Drift[] => {
  const { desired } = live.seen;
  if (!bounds || (desired >= bounds.min && desired <= bounds.max)) return [];
  return difference(
    'desired-count',
    `desired count ${desired} is outside of autoscaling's ${bounds.min} to ${bounds.max}`,
  );
};

const progressNote = ({ live }: DriftFacts): readonly Drift[] =>
  live.inProgress === undefined
    ? []
    : note('in-progress', `a deployment is under way (${live.inProgress.status}); what is live is about to change`);

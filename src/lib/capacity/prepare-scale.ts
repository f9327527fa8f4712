/** `platform scale`: reads what runs, what scales it and what new tasks would need; refuses what cannot go well; plans. */
import { createAutoscalingGateway } from '../aws/autoscaling.js';
import { createEcrGateway } from '../aws/ecr.js';
import { createEcsGateway } from '../aws/ecs.js';
import { createLogsGateway } from '../aws/logs.js';
import { createSecretsGateway } from '../aws/secrets-manager.js';
import { createSsmGateway } from '../aws/ssm.js';
import type { Operation } from '../cli/operation.js';
import type { Line, Warning } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { assertNobodyElse } from '../deployments/preflight.js';
import { refuseOwnRun } from '../deployments/refuse-own-run.js';
import { PlatformError } from '../errors/platform-error.js';
import { chooseServices } from '../services/choose-services.js';
import { type LiveService, observeLive } from '../services/observe-live.js';
import { type Missing, observeNeeds } from './observe-missing.js';
import { type ObservedScaling, observeScaling } from './observe-scaling.js';
import { parseCounts } from './parse-counts.js';
import { type CountChange, planScale, rangeFor } from './plan-scale.js';
import { scaleKind } from './scale-kind.js';
import { plannedResult } from './scale-report.js';
import type { ScaleRequest, ScaleResult, ScalingFacts } from './scale-types.js';

export const prepareScale = async (
  ctx: Ctx,
  at: ResolvedTarget,
  request: ScaleRequest,
): Promise<Operation<ScaleResult>> => {
  const asked = parseCounts(request.counts);
  const names = asked.map(({ service }) => service);
  const services = chooseServices(at.environment.services, names);
  const { cluster, name: environment, isProtected } = at.environment;
  const live = await observeLive({ ecs: createEcsGateway(at.aws), cluster, services });
  const counts = new Map(asked.map(({ service, count }) => [service, count]));
  const pairs = live.map((service) => ({ live: service, asked: counts.get(service.service.name) ?? 0 }));
  const moving = pairs.filter((pair) => pair.asked !== pair.live.seen.desired).map((pair) => pair.live);
  await refuseOwnRun(ctx, at.target, moving);
  assertNobodyElse(moving, environment);
  const scaling = await observeScaling(createAutoscalingGateway(at.aws), moving);
  const changes = pairs.map((pair) => changeOf(pair, { request, scaling, at }));
  const needs = await needsOf(at, pairs);
  assertStartable(needs.missing, request, environment);
  const runId = ctx.ids.runId();
  const plan = planScale({
    runId,
    nowMs: ctx.clocks.wall.now(),
    target: at.target,
    isProtected,
    changes,
    onTimeout: request.onTimeout,
  });
  const results = changes.map(plannedResult);
  const warnings = [
    ...scaling.warnings,
    ...changes.flatMap((change) => scalingWarnings(change, scaling)),
    ...needs.warnings,
  ];
  return {
    kind: scaleKind,
    plan,
    intro: changes.map(introLine),
    warnings,
    isProtected,
    dryRunResult: { services: results },
    ...(moving.length === 0
      ? { nothingToDo: { result: { services: results }, lines: changes.map(introLine), exitCode: 0 as const } }
      : {}),
  };
};

interface Pair {
  readonly live: LiveService;
  readonly asked: number;
}

const changeOf = (
  { live, asked }: Pair,
  around: { readonly request: ScaleRequest; readonly scaling: ObservedScaling; readonly at: ResolvedTarget },
): CountChange => {
  const { request, scaling, at } = around;
  const { service, seen, picture, cluster } = live;
  const isChange = asked !== seen.desired;
  const facts = scaling.facts.get(service.name);
  const movedTo = isChange && facts ? rangeFor(facts, asked) : undefined;
  if (facts && movedTo && request.bounds === 'refuse') {
    throw outsideRange({ service: service.name, asked, facts, environment: at.environment.name });
  }
  return {
    kind: isChange ? 'change' : 'unchanged',
    service: service.name,
    serviceName: service.serviceName,
    cluster,
    before: seen.desired,
    asked,
    range: facts ? { min: facts.min, max: facts.max } : null,
    movedTo: movedTo ?? null,
    picture,
    deadlineMs: request.deadlineMs ?? service.deadlineMs,
  };
};

const outsideRange = (refused: {
  readonly service: string;
  readonly asked: number;
  readonly facts: ScalingFacts;
  readonly environment: string;
}): PlatformError => {
  const { service, asked, facts, environment } = refused;
  const bound = asked < facts.min ? `its minimum is ${facts.min}` : `its maximum is ${facts.max}`;
  return new PlatformError(
    'E_POLICY',
    `autoscaling would take ${service}=${asked} back: ${bound}; nothing was changed`,
    {
      hints: [`platform scale ${service}=${asked} -e ${environment} --move-bounds`],
      details: { service, asked, min: facts.min, max: facts.max },
    },
  );
};

const scalingWarnings = (change: CountChange, { facts: all }: ObservedScaling): readonly Warning[] => {
  const facts = all.get(change.service);
  if (change.kind === 'unchanged' || !facts) return [];
  const { service } = change;
  if (facts.suspended.length > 0) {
    const message = `${service}: autoscaling is suspended (${facts.suspended.join(', ')}); it will not bring this count back`;
    return [{ code: 'autoscaling-suspended', message }];
  }
  if (facts.policies.length === 0) return [];
  const range = change.movedTo ?? facts;
  const message = `${service}: autoscaling (${facts.policies.join(', ')}) may change this count again, between ${range.min} and ${range.max}`;
  return [{ code: 'autoscaling-active', message }];
};

interface NeedsOf {
  readonly missing: readonly (Missing & { readonly service: string })[];
  readonly warnings: readonly Warning[];
}

/** Only where more tasks are to start: those that run have what they need. */
const needsOf = async (at: ResolvedTarget, pairs: readonly Pair[]): Promise<NeedsOf> => {
  const ecr = createEcrGateway(at.aws);
  const ports = {
    ssm: createSsmGateway(at.aws),
    secrets: createSecretsGateway(at.aws),
    logs: createLogsGateway(at.aws),
  };
  const growing = pairs.filter(({ live, asked }) => asked > live.seen.desired);
  const found = await Promise.all(
    growing.map(async ({ live }) => {
      const service = live.service.name;
      const needs = await observeNeeds({ service, definition: live.live.definition, target: at.target, ecr, ports });
      return { warnings: needs.warnings, missing: needs.missing.map((missing) => ({ ...missing, service })) };
    }),
  );
  return { missing: found.flatMap(({ missing }) => missing), warnings: found.flatMap(({ warnings }) => warnings) };
};

const assertStartable = (missing: NeedsOf['missing'], request: ScaleRequest, environment: string): void => {
  const refused = missing.filter(({ name }) => !request.force.includes(name));
  const [first] = refused;
  if (!first) return;
  const names = refused
    .map(({ service, kind, name }) => `${service} needs the ${kind.replace('-', ' ')} ${name}`)
    .join(', ');
  const forced = refused.map(({ name }) => `--force ${name}`).join(' ');
  throw new PlatformError(
    'E_NOT_FOUND',
    `new tasks could not start: ${names}, which does not exist; nothing was changed`,
    {
      hints: [
        first.kind === 'image' ? `platform deploy ${first.service} -e ${environment}` : `create ${first.name}`,
        `platform scale ${request.counts.join(' ')} -e ${environment} ${forced}`,
      ],
      details: { missing: refused },
    },
  );
};

const introLine = (change: CountChange): Line => {
  if (change.kind === 'unchanged') return `${change.service}  unchanged: ${change.asked} tasks are asked for already`;
  const bounds = change.movedTo ? `, autoscaling ${change.movedTo.min} to ${change.movedTo.max}` : '';
  return `${change.service}  ${change.before} → ${change.asked} tasks${bounds}`;
};

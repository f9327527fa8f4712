/** Words for deployment scenarios: deploy this tag, somebody does that meanwhile, what is live, how it ended. */
import type { Report } from '../../src/lib/cli/report.js';
import type { DeployRequest, DeployResult, ServiceResult } from '../../src/lib/deployments/deploy-types.js';
import { deployKind } from '../../src/lib/deployments/operation-kinds.js';
import { prepareDeploy } from '../../src/lib/deployments/prepare-deploy.js';
import { prepareRollback, type RollbackRequest } from '../../src/lib/deployments/prepare-rollback.js';
import type { EngineEvent } from '../../src/lib/engine/api.js';
import { isPlatformError, type PlatformError } from '../../src/lib/errors/platform-error.js';
import { type RunSettings, runOperation, throughEngine } from './run-operation.js';
import type { Rig } from './sandbox-rig.js';

export const request = (overrides: Partial<DeployRequest> = {}): DeployRequest => ({
  services: [],
  images: [],
  image: 'choose',
  taskDefinition: 'file',
  onTimeout: 'rollback',
  undoScope: 'chain',
  meeting: 'refuse',
  ...overrides,
});

export const deploy = (
  rig: Rig,
  tag: string,
  overrides: Partial<DeployRequest> = {},
  settings: RunSettings = {},
): Promise<Report<DeployResult>> =>
  runOperation(rig, (ctx, at) => prepareDeploy(ctx, at, request({ tag, ...overrides })), settings);

export const rollback = (rig: Rig, overrides: Partial<RollbackRequest> = {}): Promise<Report<DeployResult>> =>
  runOperation(rig, (ctx, at) => prepareRollback(ctx, at, { services: [], ...overrides }));

export const resume = async (rig: Rig, runId: string): Promise<Report<DeployResult>> => {
  const at = await rig.drive(rig.target());
  return throughEngine(rig, at, { kind: deployKind, act: (engine, options) => engine.resume(runId, options) });
};

export const undo = async (rig: Rig, runId: string): Promise<Report<DeployResult>> => {
  const at = await rig.drive(rig.target());
  return throughEngine(rig, at, {
    kind: deployKind,
    act: (engine, options) => engine.undo(runId, { ...options, by: 'tester' }),
  });
};

export const refusal = async (work: Promise<unknown>): Promise<PlatformError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (isPlatformError(error)) return error;
  throw error instanceof Error ? error : new Error('it was not refused');
};

/** Once, at the first look at the running deployment. */
export const meanwhile = (act: () => Promise<unknown>): RunSettings => {
  let begun = false;
  return {
    onEvent: (event: EngineEvent) => {
      if (event.kind !== 'progress' || begun) return;
      begun = true;
      void act();
    },
  };
};

export const only = (report: Report<DeployResult>): ServiceResult => {
  const [service] = report.result.services;
  if (!service) throw new Error('the report has no service');
  return service;
};

export const serviceRef = (name: string) => ({ cluster: 'shop-staging', service: `shop-staging-${name}` });

export interface LiveState {
  readonly release: number;
  readonly desired: number;
  readonly running: number;
  readonly deployments: number;
}

export const liveState = async (rig: Rig, name = 'api'): Promise<LiveState> => {
  const service = await rig.drive(rig.ports().ecs.service(serviceRef(name)));
  if (!service) throw new Error(`no service ${name}`);
  return {
    release: Number(service.taskDefinition.split(':').at(-1)),
    desired: service.desired,
    running: service.running,
    deployments: service.deployments.length,
  };
};

export const newestDeployment = async (rig: Rig, name = 'api'): Promise<string> => {
  const [arn] = await rig.ports().ecs.listServiceDeployments(serviceRef(name), { limit: 1 });
  return arn ?? '';
};

/** As Terraform or a person would change a service behind our back. */
export const configure = async (rig: Rig, configuration: object, name = 'api'): Promise<void> => {
  const { UpdateServiceCommand } = await import('@aws-sdk/client-ecs');
  const client = await rig.clients.write('ecs');
  await rig.drive(
    client.send(new UpdateServiceCommand({ ...serviceRef(name), deploymentConfiguration: configuration })),
  );
};

/** Lets AWS time pass without anybody calling. */
export const wait = (rig: Rig, ms: number): void => rig.world.advance(ms);

/**
 * What ECS actions may touch: gateways, the service clock and a smoke runner. One object is made per process and run
 * (bind-ports.ts); `memory` only saves calls within that process, every fact in it can be looked up again.
 * Start reading at actions/update-service.ts, then follow.ts.
 */
import type { AutoscalingGateway } from '../../aws/autoscaling.js';
import type { EcsGateway } from '../../aws/ecs.js';
import type { TaskDefinitionRecord } from '../../aws/ecs-model.js';
import type { ElbGateway } from '../../aws/elbv2.js';
import type { LogsGateway } from '../../aws/logs.js';
import type { SecretsGateway } from '../../aws/secrets-manager.js';
import type { SsmGateway } from '../../aws/ssm.js';
import type { ServiceClock } from '../../engine/clock.js';
import type { Look } from './look.js';
import type { TaskLog } from './task-log.js';

export interface SmokeResult {
  readonly passed: boolean;
  /** For people: `HTTP 200`, `exit 1: connection refused`. Redacted by the runner. */
  readonly result: string;
}

export interface SmokeRunner {
  /** One request. A path is asked of the environment's load balancer. */
  http(request: {
    readonly url: string;
    readonly loadBalancer?: { readonly name: string; readonly port: number } | undefined;
    readonly expectStatus: number;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  }): Promise<SmokeResult>;
  /** One run of a command on this machine. */
  command(request: {
    readonly argv: readonly string[];
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  }): Promise<SmokeResult>;
}

export interface EcsPorts {
  readonly ecs: EcsGateway;
  readonly elb: ElbGateway;
  readonly autoscaling: AutoscalingGateway;
  readonly logs: LogsGateway;
  readonly ssm: SsmGateway;
  readonly secrets: SecretsGateway;
  readonly clock: ServiceClock;
  readonly smoke: SmokeRunner;
  readonly memory: Memory;
  /** The engine calls it once when credentials have expired, before it pauses the run. */
  readonly reloadCredentials?: () => Promise<void>;
}

export interface Memory {
  /** Step id → its last full look at a deployment under way. */
  readonly looks: Map<string, Look>;
  /** Our ECS deployment id → ARN of its service deployment. */
  readonly serviceDeployments: Map<string, string>;
  /** Service revision ARN → task definition ARN; both are immutable. */
  readonly revisions: Map<string, string>;
  /** Step id → when its first stopped task was seen and saved (AWS time), and whether its log was read again. */
  readonly evidence: Map<string, { readonly firstAtMs: number; readonly readAgain: 'no' | 'yes' }>;
  /** Key of a step's attempt → since when every look at its count was as asked for (AWS time). */
  readonly readySince: Map<string, number>;
  /** Task ARN → how far its log was read, and what was read last. */
  readonly taskLogs: Map<string, TaskLog>;
  /** Task ARN → when it was first seen stopped (AWS time). */
  readonly stoppedSeen: Map<string, number>;
  /** Immutable once registered. */
  readonly definitions: Map<string, TaskDefinitionRecord>;
}

export const createMemory = (): Memory => ({
  looks: new Map(),
  serviceDeployments: new Map(),
  revisions: new Map(),
  evidence: new Map(),
  readySince: new Map(),
  taskLogs: new Map(),
  stoppedSeen: new Map(),
  definitions: new Map(),
});

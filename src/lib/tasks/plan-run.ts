/** One task as a plan of one step. Pure. */
import type { Placement } from '../aws/ecs-model.js';
import { digestOf } from '../plan/json.js';
import { type ActionStep, type Plan, sealPlan, type Target } from '../plan/plan.js';
import { shellText } from './command-words.js';
import type { PlannedTask } from './run-types.js';

const hourMs = 3_600_000;

export interface RunPlan {
  readonly runId: string;
  /** Wall time, ms. */
  readonly nowMs: number;
  readonly target: Target;
  readonly isProtected: boolean;
  readonly task: PlannedTask;
  readonly placement: Placement;
  readonly environment: Readonly<Record<string, string>>;
  readonly cpu?: number | undefined;
  readonly memory?: number | undefined;
  readonly deadlineMs: number;
}

/** ListTasks finds the task by it: 35 characters, of the 36 that every part of ECS accepts. */
export const startedByOf = (runId: string): string => `platform/${runId}`;

export const stepIdOf = (service: string): string => `run[${service}]`;

export const planRun = (plan: RunPlan): Plan => {
  const { task } = plan;
  return sealPlan({
    runId: plan.runId,
    operation: 'run@1',
    createdAt: new Date(plan.nowMs).toISOString(),
    target: plan.target,
    // It changes nothing of the service: a deploy need not wait for an hour's command, nor one command for another.
    locks: [{ kind: 'run', run: plan.runId }],
    danger: plan.isProtected ? 'type-name' : 'none',
    inputs: { services: { [task.service]: { ...task } } },
    steps: [runStep(plan)],
    finally: [],
    limits: {
      maxParallel: 1,
      maxDurationMs: Math.max(24 * hourMs, 2 * plan.deadlineMs),
      expiresAt: new Date(plan.nowMs + hourMs).toISOString(),
    },
  });
};

const runStep = (plan: RunPlan): ActionStep => {
  const { task, environment } = plan;
  const id = stepIdOf(task.service);
  const startedBy = startedByOf(plan.runId);
  return {
    kind: 'action',
    id,
    title: `run a task of ${task.service}`,
    chain: task.service,
    key: `${plan.runId}/${id}`,
    needs: [],
    uses: 'ecs.run-task@1',
    with: {
      cluster: task.cluster,
      taskDefinition: task.taskDefinition,
      placement: plan.placement,
      container: task.container,
      command: task.command,
      environment,
      cpu: plan.cpu ?? null,
      memory: plan.memory ?? null,
      startedBy,
    },
    effect: 'probed',
    undo: {
      uses: 'ecs.stop-task@1',
      with: { cluster: task.cluster, task: { $ref: `steps.${id}.handle.task` }, startedBy },
    },
    retry: { attempts: 6, backoffMs: 2_000, factor: 2, maxMs: 30_000, on: ['throttle', 'network'] },
    timeoutMs: plan.deadlineMs,
    // What a command has done cannot be taken back: a failure stops nothing and undoes nothing.
    onError: 'abort',
    undoScope: 'chain',
    preview: {
      verb: 'run',
      target: `one task of ${task.taskDefinition.slice(task.taskDefinition.lastIndexOf('/') + 1)}`,
      changes: [
        { field: `command of ${task.container}`, after: shellText(task.command) },
        ...Object.entries(environment).map(([name, value]) => ({
          field: `environment ${name}`,
          after: `value with hash ${digestOf(value).slice(0, 8)}`,
        })),
        ...(plan.cpu === undefined ? [] : [{ field: 'cpu', after: String(plan.cpu) }]),
        ...(plan.memory === undefined ? [] : [{ field: 'memory', after: `${plan.memory} MiB` }]),
      ],
      note: 'what the command does is not taken back by an undo',
    },
  };
};

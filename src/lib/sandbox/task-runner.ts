/**
 * How containers run. The built-in way is virtual: ECS computes what a container does from its image tag. With `--exec`,
 * exec.ts runs the container's command as a child process and implements this interface. ECS asks `taskRunner(world)`.
 * Processes are not data: they are not in a snapshot, and a task whose process is gone after a restore has exited (137).
 */
import type { World } from './world.js';

/** Timer kinds that a runner schedules (delay 0) and that the ECS module handles. */
export const containerExitTimer = 'ecs.container-exit';

/** Target of `containerExitTimer`. */
export interface ContainerExit {
  readonly taskArn: string;
  readonly container: string;
  readonly exitCode: number;
  readonly reason: string | null;
}

export interface ContainerSpec {
  readonly region: string;
  readonly taskArn: string;
  readonly container: string;
  /** As in the task definition: `repository:tag`, `…dkr.ecr…/repository@sha256:…`. */
  readonly image: string;
  readonly entryPoint: readonly string[];
  /** The container definition's command, or the override's; the runner takes only containers that have one. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Resolved values by environment name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** First container port; the process gets a free loopback port as PORT instead. */
  readonly containerPort?: number;
  readonly log?: { readonly group: string; readonly stream: string };
}

/** Where another program of a running container would run, for sessions (`ECS Exec`). */
export interface ContainerHome {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Process groups that must not outlive the sandbox. */
  readonly guard: { readonly add: (group: number) => void; readonly drop: (group: number) => void };
}

export interface TaskRunner {
  readonly kind: 'virtual' | 'exec';
  /** True when this container is a real process: it has a command and its image repository has a folder. */
  handles(world: World, spec: ContainerSpec): boolean;
  /** Starts the process and returns at once; time is held until it listens (containers with a port), or has begun. */
  start(world: World, spec: ContainerSpec): void;
  /** SIGTERM, then SIGKILL after `stopTimeoutMs` of AWS time (at least a short real grace). The exit arrives as a timer. */
  stop(
    world: World,
    options: { readonly taskArn: string; readonly container: string; readonly stopTimeoutMs: number },
  ): void;
  /** The loopback port of a running container's process. */
  portOf(taskArn: string, container: string): number | undefined;
  /**
   * The latest answer of a real HTTP health check; each call also starts the next one, during which time stands still.
   * `unknown` for containers that this runner does not run.
   */
  checkHealth(taskArn: string, container: string, path: string): 'healthy' | 'unhealthy' | 'unknown';
  /** True while the process of this container lives. */
  isRunning(taskArn: string, container: string): boolean;
  /** Undefined for containers that this runner does not run. */
  homeOf(taskArn: string, container: string): ContainerHome | undefined;
}

const virtual: TaskRunner = {
  kind: 'virtual',
  handles: () => false,
  start: () => undefined,
  stop: () => undefined,
  portOf: () => undefined,
  checkHealth: () => 'unknown',
  isRunning: () => false,
  homeOf: () => undefined,
};

// Which runner a world has is a property of the running server, never of the state: no snapshot can switch --exec on.
const runners = new WeakMap<World, TaskRunner>();

export const taskRunner = (world: World): TaskRunner => runners.get(world) ?? virtual;

export const useTaskRunner = (world: World, runner: TaskRunner): void => {
  runners.set(world, runner);
};

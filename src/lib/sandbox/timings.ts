/**
 * How long things take in the sandbox, in AWS time, each with where the number comes from. docs/sandbox-timings.md shows
 * this table (a test compares them). AWS publishes few of these; no verdict of the CLI may depend on one.
 */
export type TimingSource = 'documented' | 'fixtures' | 'assumed';

export interface Timing {
  readonly ms: number;
  readonly source: TimingSource;
  readonly note: string;
}

const seconds = (value: number): number => value * 1_000;
const minutes = (value: number): number => value * 60_000;

export const timings = {
  serviceReaction: { ms: seconds(1), source: 'assumed', note: 'the service scheduler notices a change' },
  deploymentPending: { ms: seconds(2), source: 'assumed', note: 'a service deployment stays PENDING' },
  deploymentShortest: { ms: seconds(15), source: 'assumed', note: 'a deployment or rollback that waits for no task' },
  taskProvisioning: { ms: seconds(10), source: 'assumed', note: 'PROVISIONING: the network interface is attached' },
  imagePull: { ms: seconds(15), source: 'assumed', note: 'PENDING: an image of about 200 MB is pulled' },
  imagePullRefused: { ms: seconds(10), source: 'assumed', note: 'PENDING: a pull fails after its one retry' },
  initializationRefused: { ms: seconds(8), source: 'assumed', note: 'PENDING: a secret or the log driver fails' },
  taskActivating: { ms: seconds(5), source: 'assumed', note: 'ACTIVATING: targets are registered' },
  taskDeactivating: { ms: seconds(5), source: 'assumed', note: 'DEACTIVATING without draining' },
  containerStop: { ms: seconds(2), source: 'assumed', note: 'STOPPING: a built-in container ends after SIGTERM' },
  stopTimeout: { ms: seconds(30), source: 'documented', note: 'SIGKILL after stopTimeout, when none is given' },
  taskDeprovisioning: { ms: seconds(10), source: 'assumed', note: 'DEPROVISIONING: the interface is deleted' },
  stoppedTaskKept: { ms: minutes(60), source: 'documented', note: 'a stopped task can be described' },
  steadyAfterRunning: {
    ms: seconds(10),
    source: 'assumed',
    note: 'a task without any health check counts as healthy after RUNNING',
  },
  crashAfterStart: { ms: seconds(3), source: 'assumed', note: 'tag bad: the container exits 1' },
  oomAfterStart: { ms: seconds(6), source: 'assumed', note: 'tag oom: the container is killed' },
  slowBoot: { ms: minutes(5), source: 'assumed', note: 'tag slow: the container answers nothing' },
  runToCompletion: { ms: seconds(20), source: 'assumed', note: 'a RunTask command without --exec ends' },
  execAgentStart: { ms: seconds(5), source: 'assumed', note: 'the agent of ECS Exec runs after its container' },
  launchBackoffFirst: { ms: seconds(10), source: 'assumed', note: 'pause after tasks that never started' },
  launchBackoffLongest: { ms: minutes(15), source: 'documented', note: 'the longest pause between attempts' },
  runTaskTokenKept: { ms: minutes(24 * 60), source: 'documented', note: 'a RunTask clientToken is remembered' },
  loadBalancerProvisioning: { ms: seconds(120), source: 'assumed', note: 'a load balancer becomes active' },
  deregistrationDelay: { ms: seconds(300), source: 'documented', note: 'draining, unless the group says otherwise' },
  metricDelay: { ms: seconds(60), source: 'assumed', note: "a service's metric can be read after its minute" },
  alarmEvaluation: { ms: seconds(60), source: 'documented', note: 'alarms are evaluated every minute' },
  scalingCooldown: { ms: seconds(300), source: 'documented', note: 'pause of a target tracking policy on a service' },
  scalingReaction: { ms: seconds(3), source: 'assumed', note: 'a changed range moves a desired count outside of it' },
  scalingFulfilment: { ms: minutes(10), source: 'assumed', note: 'a scaling activity waits for the tasks' },
  scalingActivityKept: { ms: minutes(42 * 24 * 60), source: 'documented', note: 'a scaling activity is listed' },
} as const satisfies Record<string, Timing>;

export type TimingName = keyof typeof timings;

export const timing = (name: TimingName): number => timings[name].ms;

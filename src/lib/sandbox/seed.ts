/**
 * The seed document: what must exist before the first command. lib/rehearsal makes one from a platform.yaml and sends it
 * to the control API; applying it is idempotent and only adds. Types here, the work in apply-seed.ts.
 */
export interface SeedService {
  readonly name: string;
  readonly serviceName: string;
  readonly family: string;
  readonly cluster: string;
  readonly container: string;
  readonly desiredCount: number;
  /** `repository:tag` of the image that runs at first; the tag is `seed`. */
  readonly image: string;
  readonly port?: number;
  readonly healthPath?: string;
  readonly pathPattern?: string;
  readonly logGroup: string;
  /** The rendered task definition (RegisterTaskDefinition's input in AWS's JSON shape) for the seed release. */
  readonly taskDefinition: Readonly<Record<string, unknown>>;
  /** Folder on this machine in which `--exec` runs the container's command. */
  readonly execFolder?: string;
}

/** An ECS service's range, and at will a policy that holds its CPU at a target. */
export interface SeedScalableTarget {
  readonly cluster: string;
  readonly service: string;
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly cpuTargetPercent?: number;
}

export interface SeedAlarm {
  /** PutMetricAlarm's input in AWS's JSON shape; AlarmName is required. */
  readonly input: { readonly AlarmName: string } & Readonly<Record<string, unknown>>;
  /** ECS service of this document whose dimensions the alarm's metric gets: nobody knows a balancer's id beforehand. */
  readonly service?: string;
  /** Names of topics that are told of ALARM and of OK. */
  readonly topics?: readonly string[];
}

export interface SeedDocument {
  readonly project: string;
  readonly environment: string;
  readonly region: string;
  readonly clusters: readonly string[];
  readonly services: readonly SeedService[];
  readonly loadBalancer?: { readonly name: string; readonly listenerPort: number; readonly testListenerPort: number };
  /** Names or ids that the project uses and the region may lack; the default VPC when absent. */
  readonly network?: {
    readonly vpc?: string;
    readonly subnets?: readonly string[];
    readonly securityGroups?: readonly string[];
    readonly assignPublicIp?: boolean;
  };
  readonly logGroups: readonly string[];
  /** SSM SecureString parameters with a made-up value each. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly secrets: readonly { readonly name: string; readonly value: string }[];
  readonly roles: readonly string[];
  /** Names of data stores that stand for this machine: a tunnel to one of them ends at the loopback address. */
  readonly loopbackHosts?: readonly string[];
  readonly repositories: readonly { readonly name: string; readonly execFolder?: string }[];
  /** Names of SNS topics. */
  readonly topics?: readonly string[];
  readonly alarms?: readonly SeedAlarm[];
  readonly scalableTargets?: readonly SeedScalableTarget[];
}

/**
 * Adoption's own words. Facts are what AWS said; a Sourced value is what platform.yaml will say and why; a question is
 * what only a person can answer. Types only; start reading at adopt.ts.
 */
import type { ScalableTarget } from '../aws/autoscaling.js';
import type { ServiceSettings } from '../aws/ecs-inventory.js';
import type { TaskDefinitionRecord } from '../aws/ecs-model.js';
import type { Balancer, Rule, TargetGroup } from '../aws/elbv2-routing.js';

export interface ServiceFacts {
  readonly settings: ServiceSettings;
  readonly record?: TaskDefinitionRecord | undefined;
  readonly scaling?: Pick<ScalableTarget, 'min' | 'max'> | undefined;
}

export interface Routing {
  readonly groups: ReadonlyMap<string, TargetGroup>;
  readonly balancers: ReadonlyMap<string, Balancer>;
  readonly rules: readonly Rule[];
}

/** Something that could not be asked: never a failure, always a question. */
export interface Gap {
  readonly what: 'load-balancers' | 'autoscaling' | 'registry';
  readonly why: string;
}

export interface ClusterFacts {
  readonly account: string;
  readonly region: string;
  readonly profile?: string | undefined;
  readonly cluster: string;
  readonly services: readonly ServiceFacts[];
  readonly routing: Routing;
  /** Repositories of the account's own registry; absent when it could not be asked. */
  readonly repositories?: ReadonlySet<string> | undefined;
  readonly gaps: readonly Gap[];
}

/** A value of platform.yaml and where it comes from, for the comment behind it. */
export interface Sourced<T> {
  readonly value: T;
  readonly origin: string;
}

export interface Question {
  readonly code: string;
  /** Name in platform.yaml; absent when it is about the whole environment. */
  readonly service?: string | undefined;
  readonly question: string;
  readonly fix: string;
}

export type AskAbout = Omit<Question, 'service'>;

export interface Names {
  readonly project: Sourced<string>;
  readonly environment: Sourced<string>;
  readonly isProtected: Sourced<boolean>;
  /** ECS name → name in platform.yaml, for the services that are adopted. */
  readonly services: ReadonlyMap<string, string>;
  /** ECS name → why it is left out. */
  readonly leftOut: ReadonlyMap<string, string>;
  readonly questions: readonly Question[];
}

/** Where an environment's traffic comes in. */
export interface Entrance {
  readonly balancer: Balancer;
  readonly listenerPort: number;
}

export interface AdoptedService {
  readonly name: string;
  readonly serviceName: string;
  readonly container: Sourced<string>;
  readonly family: Sourced<string>;
  readonly repository: Sourced<string>;
  /** The image that runs, for comparing what would be registered with what is live. */
  readonly image: string;
  readonly logGroup?: Sourced<string> | undefined;
  readonly logging?: Sourced<'none'> | undefined;
  readonly port?: Sourced<number> | undefined;
  readonly healthPath?: Sourced<string> | undefined;
  readonly path?: Sourced<string> | undefined;
  readonly secrets: ReadonlyMap<string, Sourced<string>>;
  readonly desiredCount: Sourced<number>;
  /** In AWS's JSON shape, with `${{ image }}` in the chosen container; live text is escaped already. */
  readonly template: Readonly<Record<string, unknown>>;
  readonly questions: readonly Question[];
  /** What a newcomer should know and nobody needs to answer. */
  readonly notes: readonly string[];
}

export interface LeftOut {
  readonly serviceName: string;
  readonly why: string;
}

/** How traffic reaches a service → port, health path and path; and the one balancer that an environment has. Pure. */
import type { ServiceBalancer, ServiceSettings } from '../aws/ecs-inventory.js';
import type { Balancer, Rule, TargetGroup } from '../aws/elbv2-routing.js';
import type { AdoptedService, AskAbout, Entrance, Routing } from './model.js';

const groupsOf = (balancer: ServiceBalancer): readonly string[] =>
  [balancer.targetGroup, balancer.alternate].filter((arn): arn is string => arn !== undefined);

const rulesTo = (routing: Routing, balancer: ServiceBalancer): readonly Rule[] =>
  routing.rules.filter(({ targetGroups }) => groupsOf(balancer).some((arn) => targetGroups.includes(arn)));

const balancersOf = (routing: Routing, settings: ServiceSettings): ReadonlySet<string> =>
  new Set(settings.balancers.flatMap(groupsOf).flatMap((arn) => routing.groups.get(arn)?.balancers ?? []));

const most = <T>(values: readonly T[], before: (a: T, b: T) => number): T | undefined => {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || before(a, b))[0]?.[0];
};

/** What platform.yaml can name. */
const isNameable = (balancer: Balancer | undefined): boolean =>
  balancer?.type === 'application' && balancer.name !== '' && balancer.name.length <= 32;

const isPort = (port: number | undefined): port is number =>
  port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65_535;

/** The application load balancer that most services are behind, and the listener that sends them most rules. */
export const chooseEntrance = (routing: Routing, services: readonly ServiceSettings[]): Entrance | undefined => {
  const candidates = services
    .flatMap((settings) => [...balancersOf(routing, settings)])
    .filter((arn) => isNameable(routing.balancers.get(arn)));
  const nameOf = (arn: string): string => routing.balancers.get(arn)?.name ?? '';
  const arn = most(candidates, (a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const balancer = arn === undefined ? undefined : routing.balancers.get(arn);
  if (balancer === undefined) return undefined;
  const ports = services
    .flatMap((settings) => settings.balancers.flatMap((each) => rulesTo(routing, each)))
    .filter(({ listener }) => listener.balancer === balancer.arn)
    .map(({ listener }) => listener.port)
    .filter(isPort);
  return { balancer, listenerPort: most(ports, (a, b) => a - b) ?? 80 };
};

export type MappedRouting = Pick<AdoptedService, 'port' | 'healthPath' | 'path'> & {
  readonly questions: readonly AskAbout[];
};

interface Request {
  readonly settings: ServiceSettings;
  readonly container: string;
  readonly routing: Routing;
  readonly entrance: Entrance | undefined;
}

const unrouted = (question: string, fix: string): MappedRouting => ({
  questions: [{ code: 'routing', question, fix }],
});

const noPort = 'nothing to do for deploys; port and path are left out, which a rehearsal in the sandbox would need';

export const mapRouting = ({ settings, container, routing, entrance }: Request): MappedRouting => {
  if (settings.balancers.length === 0) return { questions: [] };
  const at = Math.max(
    0,
    settings.balancers.findIndex((each) => each.container === container),
  );
  const balancer = settings.balancers[at];
  const group = groupsOf(balancer ?? {})
    .map((arn) => routing.groups.get(arn))
    .find((each) => each !== undefined);
  if (balancer?.classic !== undefined)
    return unrouted(`it is behind the classic load balancer ${balancer.classic}`, noPort);
  if (balancer === undefined || group === undefined) return unrouted('its target group could not be read', noPort);
  const behind = group.balancers.flatMap((arn) => routing.balancers.get(arn) ?? []);
  const network = behind.find(({ type }) => type !== 'application');
  if (network !== undefined)
    return unrouted(`it is behind the ${network.type} load balancer ${network.name}, which knows no paths`, noPort);
  if (entrance === undefined || !behind.some(({ arn }) => arn === entrance.balancer.arn))
    return unrouted(otherEntrance(behind, entrance), noPort);
  const others = settings.balancers.length - 1;
  const paths = pathOf(rulesTo(routing, balancer), { entrance, group });
  return {
    ...(!isPort(balancer.port)
      ? {}
      : {
          port: { value: balancer.port, origin: `from service ${settings.name}: loadBalancers[${at}].containerPort` },
        }),
    ...(group.healthPath?.startsWith('/')
      ? { healthPath: { value: group.healthPath, origin: `from target group ${group.name}: HealthCheckPath` } }
      : {}),
    ...(paths.path === undefined ? {} : { path: paths.path }),
    questions: [
      ...paths.questions,
      ...(others === 0
        ? []
        : [
            {
              code: 'routing',
              question: `it is behind ${settings.balancers.length} target groups, and platform.yaml names one (${group.name})`,
              fix: 'nothing to do for deploys: AWS keeps all of them',
            },
          ]),
    ],
  };
};

const otherEntrance = (behind: readonly Balancer[], entrance: Entrance | undefined): string => {
  const [first] = behind;
  if (first === undefined) return 'its target group is behind no load balancer';
  return `it is behind ${first.name}, and the environment’s load balancer is ${entrance?.balancer.name ?? 'unknown'}`;
};

const pathOf = (
  rules: readonly Rule[],
  { entrance, group }: { readonly entrance: Entrance; readonly group: TargetGroup },
): Pick<MappedRouting, 'path' | 'questions'> => {
  const own = rules.filter(({ listener }) => listener.balancer === entrance.balancer.arn);
  const patterns = [...new Set(own.flatMap(({ paths }) => paths))];
  const conditions = [...new Set(own.flatMap((rule) => rule.conditions))];
  const questions: AskAbout[] = [];
  if (conditions.length > 0)
    questions.push({
      code: 'routing',
      question: `its rule asks for more than a path (${conditions.slice(0, 3).join('; ')}), which platform.yaml cannot say`,
      fix: 'nothing to do for deploys: AWS keeps the rule',
    });
  if (own.length === 0)
    questions.push({
      code: 'routing',
      question: `no rule sends anything to its target group ${group.name}`,
      fix: 'check the rules of the load balancer',
    });
  const [rule] = own;
  if (rule === undefined) return { questions };
  const prefixes = patterns
    .filter((pattern) => /^\/[^*?]*\*$/.test(pattern))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const [prefix] = prefixes;
  if (patterns.length > 1 || (patterns.length === 1 && prefix === undefined))
    questions.push({
      code: 'routing',
      question: `its rules have the path patterns ${patterns.slice(0, 5).join(' ')}, and platform.yaml says one that ends in *`,
      fix: 'nothing to do for deploys: AWS keeps the rules',
    });
  const from = `from listener :${rule.listener.port} of ${entrance.balancer.name}`;
  if (prefix !== undefined)
    return { path: { value: prefix.slice(0, -1), origin: `${from}: path pattern ${prefix}` }, questions };
  return patterns.length > 0
    ? { questions }
    : { path: { value: '/', origin: `${from}: rule ${rule.priority} without a path` }, questions };
};

/**
 * One form for task definitions that mean the same: what AWS adds when it answers (empty lists, defaults, read-only
 * members) is taken out, tags are ignored, and lists whose order means nothing are sorted. Two task definitions are
 * identical when `sameTaskDefinition` says so; then a deploy registers nothing. Pure.
 */
import { canonical, sameJson } from '../plan/json.js';

type Members = Readonly<Record<string, unknown>>;

/** Members that AWS adds when it answers and refuses to take back. */
export const answeredMembers: ReadonlySet<string> = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'deleteRequestedAt',
  'tags',
]);

const isMembers = (value: unknown): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isNothing = (value: unknown): boolean => {
  if (value === undefined || value === null || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMembers(value) && Object.keys(value).length === 0;
};

/** Without members that say nothing: absent, null, false, empty list or map. Text stays, the empty one too. */
const pruned = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(pruned);
  if (!isMembers(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, pruned(member)] as const);
  return Object.fromEntries(entries.filter(([, member]) => !isNothing(member)));
};

const without = (members: Members, defaults: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([key, value]) => !(key in defaults) || defaults[key] !== value));

const sorted = (value: unknown): unknown =>
  Array.isArray(value) ? [...value].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1)) : value;

const mapMember = (members: Members, name: string, change: (value: unknown) => unknown): Members =>
  name in members ? { ...members, [name]: change(members[name]) } : members;

const each =
  (change: (members: Members) => Members) =>
  (value: unknown): unknown =>
    Array.isArray(value) ? value.map((item) => (isMembers(item) ? change(item) : item)) : value;

const unordered = [
  'environment',
  'environmentFiles',
  'secrets',
  'portMappings',
  'mountPoints',
  'volumesFrom',
  'ulimits',
  'dependsOn',
  'systemControls',
  'resourceRequirements',
  'extraHosts',
] as const;

/** On awsvpc and host networks the host port equals the container's; 0 asks for any. */
const normalisePort = (port: Members): Members => {
  const own = without(port, { protocol: 'tcp', hostPort: 0 });
  return own['hostPort'] === own['containerPort'] ? without(own, { hostPort: own['containerPort'] }) : own;
};

const healthDefaults = { interval: 30, timeout: 5, retries: 3, startPeriod: 0 };

const normaliseContainer = (container: Members): Members => {
  // `essential` is the one boolean whose default is true, so its absence and `true` are taken out, `false` is kept.
  const isOptional = container['essential'] === false;
  let result = without(pruned(container) as Members, { cpu: 0, essential: true, versionConsistency: 'enabled' });
  result = mapMember(result, 'portMappings', each(normalisePort));
  result = mapMember(result, 'healthCheck', (check) => (isMembers(check) ? without(check, healthDefaults) : check));
  result = mapMember(result, 'logConfiguration', (logs) =>
    isMembers(logs) ? mapMember(logs, 'secretOptions', sorted) : logs,
  );
  for (const name of unordered) result = mapMember(result, name, sorted);
  return isOptional ? { ...result, essential: false } : result;
};

const unitsIn = (text: string, unit: RegExp): string => {
  const match = unit.exec(text.trim());
  return match === null ? text.trim() : String(Math.round(Number(match[1]) * 1024));
};

const normaliseVolume = (volume: Members): Members =>
  mapMember(volume, 'efsVolumeConfiguration', (efs) =>
    isMembers(efs) ? without(efs, { rootDirectory: '/', transitEncryption: 'DISABLED' }) : efs,
  );

/** AWS's answer and our input, made comparable. Accepts both `Date`s and text where AWS has read-only members. */
export const normaliseTaskDefinition = (definition: Members): Members => {
  const own = Object.fromEntries(Object.entries(definition).filter(([key]) => !answeredMembers.has(key)));
  const containers = Array.isArray(own['containerDefinitions']) ? own['containerDefinitions'] : [];
  const normal = containers
    .map((container) => (isMembers(container) ? normaliseContainer(container) : container))
    .sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
  let result = pruned({ ...own, containerDefinitions: undefined }) as Members;
  result = mapMember(result, 'cpu', (cpu) => unitsIn(String(cpu), /^(\d+(?:\.\d+)?)\s*vcpu$/i));
  result = mapMember(result, 'memory', (memory) => unitsIn(String(memory), /^(\d+(?:\.\d+)?)\s*gb$/i));
  result = mapMember(result, 'requiresCompatibilities', sorted);
  result = mapMember(result, 'placementConstraints', sorted);
  result = mapMember(result, 'volumes', (volumes) => sorted(each(normaliseVolume)(volumes)));
  result = mapMember(result, 'runtimePlatform', (platform) =>
    isMembers(platform) ? without(platform, { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' }) : platform,
  );
  const withoutEmpty = Object.fromEntries(Object.entries(result).filter(([, value]) => !isNothing(value)));
  return { ...withoutEmpty, containerDefinitions: normal };
};

export const sameTaskDefinition = (a: Members, b: Members): boolean =>
  sameJson(normaliseTaskDefinition(a), normaliseTaskDefinition(b));

/** What Fargate refuses in a task definition, with AWS's texts. */
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { clientError } from './errors.js';

interface MemoryRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** CPU units → MiB of memory that go with them. */
const memoryOf: Readonly<Record<string, readonly number[] | MemoryRange>> = {
  '256': [512, 1024, 2048],
  '512': { from: 1024, to: 4096, step: 1024 },
  '1024': { from: 2048, to: 8192, step: 1024 },
  '2048': { from: 4096, to: 16384, step: 1024 },
  '4096': { from: 8192, to: 30720, step: 1024 },
  '8192': { from: 16384, to: 61440, step: 4096 },
  '16384': { from: 32768, to: 122880, step: 8192 },
};

const unit = (text: string, units: { readonly pattern: RegExp; readonly factor: number }): string => {
  const found = units.pattern.exec(text);
  return found ? String(Math.round(Number(found[1]) * units.factor)) : text;
};

/** `.25 vCPU` → `256` */
export const cpuUnits = (cpu: string): string => unit(cpu.trim(), { pattern: /^(\d*\.?\d+)\s*vcpu$/i, factor: 1024 });

/** `1 GB` → `1024` */
export const memoryMib = (memory: string): string =>
  unit(memory.trim(), { pattern: /^(\d*\.?\d+)\s*gb$/i, factor: 1024 });

const isCombination = (cpu: string, memory: string): boolean => {
  const allowed = Object.hasOwn(memoryOf, cpu) ? memoryOf[cpu] : undefined;
  const mib = Number(memory);
  if (allowed === undefined || !Number.isInteger(mib)) return false;
  if ('from' in allowed) return mib >= allowed.from && mib <= allowed.to && (mib - allowed.from) % allowed.step === 0;
  return allowed.includes(mib);
};

const isEcrImage = (image: string): boolean => /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\//.test(image);

const needsExecutionRole = (containers: readonly ContainerDefinition[]): string | undefined => {
  if (containers.some((container) => container.logConfiguration?.logDriver === 'awslogs'))
    return 'support log driver awslogs';
  if (containers.some((container) => container.secrets?.length || container.logConfiguration?.secretOptions?.length))
    return 'support secrets';
  if (containers.some((container) => isEcrImage(container.image ?? ''))) return 'support ECR images';
  return undefined;
};

export const checkFargate = (input: RegisterTaskDefinitionRequest): void => {
  if (input.networkMode !== 'awsvpc') throw clientError('Fargate only supports network mode ‘awsvpc’.');
  if (!input.cpu) throw clientError("Fargate requires that 'cpu' be defined at the task level.");
  if (!input.memory) throw clientError("Fargate requires that 'memory' be defined at the task level.");
  if (!isCombination(cpuUnits(input.cpu), memoryMib(input.memory)))
    throw clientError('No Fargate configuration exists for given values.');
  const containers = input.containerDefinitions ?? [];
  for (const container of containers) {
    if (container.privileged) throw clientError("Fargate doesn't support privileged containers.");
    if (container.links?.length) throw clientError('Links are not supported when networkMode=awsvpc.');
    for (const port of container.portMappings ?? [])
      if (port.hostPort !== undefined && port.hostPort !== 0 && port.hostPort !== port.containerPort)
        throw clientError('When networkMode=awsvpc, the host ports and container ports in port mappings must match.');
  }
  const reason = needsExecutionRole(containers);
  if (reason && !input.executionRoleArn)
    throw clientError(`Fargate requires task definition to have execution role ARN to ${reason}.`);
};

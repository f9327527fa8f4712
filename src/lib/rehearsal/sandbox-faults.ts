/** `platform sandbox fault …`: break things on purpose, see what is broken, mend it. */
import type { Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import { PlatformError } from '../errors/platform-error.js';
import { estateFaults, faultKinds } from '../sandbox/fault-kinds.js';
import { chosenControl } from './choose-sandbox.js';
import type { FaultRequest, ListedFault } from './control-client.js';

type Needs = Pick<Ctx, 'env' | 'paths'>;

export interface FaultAddResult {
  readonly fault?: ListedFault;
  /** What was broken at once: a fault of the estate. */
  readonly done?: string;
}

export interface FaultListResult {
  readonly faults: readonly ListedFault[];
  readonly kinds: readonly { readonly kind: string; readonly meaning: string }[];
}

export interface FaultClearResult {
  readonly cleared: number;
}

export interface FaultAddOptions {
  readonly kind: string;
  /** An operation, or what the estate loses. */
  readonly subject?: string;
  readonly percent?: number;
  readonly count?: number;
  readonly delayMs?: number;
  readonly region?: string;
}

const requestOf = (options: FaultAddOptions): FaultRequest => {
  const { kind, subject, percent, count, delayMs, region } = options;
  const isEstate = Object.hasOwn(estateFaults, kind);
  if (!isEstate && !Object.hasOwn(faultKinds, kind))
    throw new PlatformError('E_USAGE', `there is no fault ${kind}`, { hints: ['platform sandbox fault list'] });
  if (isEstate && subject === undefined)
    throw new PlatformError('E_USAGE', `${kind} wants to know which one`, {
      hints: [`platform sandbox fault add ${kind} NAME`],
    });
  return {
    kind,
    ...(subject !== undefined && (isEstate ? { target: subject } : { operation: subject })),
    ...(percent !== undefined && { percent }),
    ...(count !== undefined && { count }),
    ...(delayMs !== undefined && { delayMs }),
    ...(region !== undefined && { region }),
  };
};

export const addFault = async (ctx: Needs, options: FaultAddOptions): Promise<Report<FaultAddResult>> => {
  const request = requestOf(options);
  const result = await chosenControl(ctx).addFault(request);
  return {
    result,
    lines: result.fault ? [`${result.fault.id}: ${describe(result.fault)}`] : [result.done ?? ''],
    ...(result.fault && {
      next: [{ command: `platform sandbox fault clear ${result.fault.id}`, why: 'when it is enough' }],
    }),
  };
};

export const listFaults = async (ctx: Needs): Promise<Report<FaultListResult>> => {
  const faults = await chosenControl(ctx).listFaults();
  const kinds = Object.entries({ ...faultKinds, ...estateFaults }).map(([kind, meaning]) => ({ kind, meaning }));
  return {
    result: { faults, kinds },
    lines: [
      ...(faults.length === 0 ? ['No fault is active.'] : faults.map((fault) => `${fault.id}: ${describe(fault)}`)),
      '',
      [{ text: 'Faults that there are:', tone: 'strong' }],
      ...kinds.map(({ kind, meaning }) => `  ${kind.padEnd(18)} ${meaning}`),
    ],
  };
};

export const clearFaults = async (ctx: Needs, id: string | undefined): Promise<Report<FaultClearResult>> => {
  const cleared = await chosenControl(ctx).clearFaults(id);
  return {
    result: { cleared },
    lines: [cleared === 0 ? 'No fault was active.' : `Cleared ${cleared} fault${cleared === 1 ? '' : 's'}.`],
  };
};

const describe = (fault: ListedFault): string =>
  [
    `${fault.kind} on ${fault.operation}`,
    ...(fault.percent < 100 ? [`${fault.percent} % of the calls`] : []),
    ...(fault.delayMs === undefined ? [] : [`${fault.delayMs} ms`]),
    ...(fault.remaining === undefined ? [] : [`${fault.remaining} more`]),
    `hit ${fault.hits}`,
  ].join(', ');

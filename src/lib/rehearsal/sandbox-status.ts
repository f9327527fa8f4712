/** `platform sandbox status`: every running sandbox, as its own control API describes it. */
import type { Line, Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import { isPlatformError } from '../errors/platform-error.js';
import { ownEntries } from '../sandbox/spawn-daemon.js';
import { controlClient, type SandboxStatus } from './control-client.js';

export interface SandboxStatusResult {
  readonly sandboxes: readonly SandboxSummary[];
}

export interface SandboxSummary {
  readonly id: string;
  readonly endpoint: string;
  readonly pid: number;
  readonly account: string;
  readonly region: string;
  readonly speed: number;
  readonly exec: boolean;
  readonly answering: boolean;
  /** AWS time, ISO 8601. */
  readonly awsTime?: string;
  readonly faults?: number;
  readonly trafficRps?: number;
  readonly stateFolder?: string;
  readonly listeners: SandboxStatus['listeners'];
}

export const sandboxStatus = async (ctx: Pick<Ctx, 'paths'>): Promise<Report<SandboxStatusResult>> => {
  const sandboxes = await Promise.all(ownEntries(ctx.paths.state).map(summarize));
  return {
    result: { sandboxes },
    lines: sandboxes.length === 0 ? ['No sandbox is running.'] : sandboxes.flatMap(describe),
    ...(sandboxes.length === 0 && { next: [{ command: 'platform sandbox start', why: 'start one' }] }),
  };
};

const summarize = async (entry: ReturnType<typeof ownEntries>[number]): Promise<SandboxSummary> => {
  const { id, endpoint, pid, account, region, speed, exec } = entry;
  const known = { id, endpoint, pid, account, region, speed, exec };
  const status = await controlClient(entry)
    .status()
    .catch((error: unknown) => {
      if (isPlatformError(error)) return undefined;
      throw error;
    });
  if (!status) return { ...known, answering: false, listeners: [] };
  return {
    ...known,
    answering: true,
    awsTime: new Date(status.now).toISOString(),
    faults: status.faults,
    trafficRps: status.trafficRps,
    ...(status.stateFolder !== undefined && { stateFolder: status.stateFolder }),
    // The contract's members only; the control API tells more.
    listeners: status.listeners.map(({ region, loadBalancer, port, localPort }) => ({
      region,
      loadBalancer,
      port,
      localPort,
    })),
  };
};

const describe = (sandbox: SandboxSummary): readonly Line[] => [
  [
    { text: sandbox.endpoint, tone: 'strong' },
    { text: `  ${sandbox.speed}×  pid ${sandbox.pid}  ${sandbox.id}`, tone: 'dim' },
    { text: sandbox.answering ? '  answering' : '  does not answer', tone: sandbox.answering ? 'good' : 'bad' },
  ],
  `  account ${sandbox.account}, region ${sandbox.region}${sandbox.exec ? ', containers are processes here (--exec)' : ''}`,
  ...(sandbox.awsTime === undefined ? [] : [`  AWS time ${sandbox.awsTime.slice(0, 19)}Z`]),
  ...(sandbox.stateFolder === undefined ? [] : [`  state in ${sandbox.stateFolder}`]),
  ...(sandbox.faults
    ? [`  ${sandbox.faults} fault${sandbox.faults === 1 ? '' : 's'} active: platform sandbox fault list`]
    : []),
  ...sandbox.listeners.map(
    ({ loadBalancer, port, localPort }) => `  ${loadBalancer}:${port} is http://127.0.0.1:${localPort}`,
  ),
];

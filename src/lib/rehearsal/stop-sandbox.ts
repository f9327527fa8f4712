/** `platform sandbox stop`: asks politely by the control API, and ends the process when it does not answer. */
import type { Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import { PlatformError } from '../errors/platform-error.js';
import { endProcess } from '../sandbox/daemon-process.js';
import type { SandboxEntry } from '../sandbox/registry.js';
import { ownEntries, waitForEnd } from '../sandbox/spawn-daemon.js';
import { findSandbox } from './choose-sandbox.js';
import { controlClient } from './control-client.js';

export interface SandboxStopResult {
  readonly stopped: readonly { readonly id: string; readonly endpoint: string; readonly pid: number }[];
}

const politeMs = 10_000;
const firmMs = 3_000;

export const stopSandbox = async (
  ctx: Pick<Ctx, 'env' | 'paths'>,
  options: { readonly which: 'all' | 'one' },
): Promise<Report<SandboxStopResult>> => {
  const found = options.which === 'all' ? ownEntries(ctx.paths.state) : [findSandbox(ctx)];
  const entries = found.filter((entry): entry is SandboxEntry => entry !== undefined);
  for (const entry of entries) await stopOne(entry);
  return {
    result: { stopped: entries.map(({ id, endpoint, pid }) => ({ id, endpoint, pid })) },
    lines:
      entries.length === 0
        ? ['No sandbox is running.']
        : entries.map(({ endpoint }) => `Stopped the sandbox at ${endpoint}.`),
  };
};

/** Its own way out ends the child processes and saves the state; a signal goes only to the very process that was meant. */
const stopOne = async (entry: SandboxEntry): Promise<void> => {
  const process_ = { pid: entry.pid, start: entry.pidStart };
  await controlClient(entry)
    .stop()
    .catch(() => endProcess(process_, 'SIGTERM'));
  if (await waitForEnd(entry, politeMs)) return;
  endProcess(process_, 'SIGKILL');
  if (await waitForEnd(entry, firmMs)) return;
  throw new PlatformError('E_TIMEOUT', `the sandbox at ${entry.endpoint} (pid ${entry.pid}) does not end`, {
    hints: [`kill -9 ${entry.pid}`],
  });
};

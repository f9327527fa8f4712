/** Which running sandbox is meant: the one that PLATFORM_SANDBOX names, else the only one. */
import type { Ctx } from '../context/context.js';
import { PlatformError } from '../errors/platform-error.js';
import type { SandboxEntry } from '../sandbox/registry.js';
import { ownEntries } from '../sandbox/spawn-daemon.js';
import { type ControlClient, controlClient } from './control-client.js';

type Needs = Pick<Ctx, 'env' | 'paths'>;

const portOf = (url: string): string => (URL.canParse(url) ? new URL(url).port : '');

export const findSandbox = (ctx: Needs): SandboxEntry | undefined => {
  const entries = ownEntries(ctx.paths.state);
  const wanted = ctx.env['PLATFORM_SANDBOX'] ?? '';
  if (wanted.includes('://')) return entries.find(({ endpoint }) => portOf(endpoint) === portOf(wanted));
  const [first, ...others] = entries;
  if (others.length === 0) return first;
  throw new PlatformError(
    'E_USAGE',
    `several sandboxes are running: ${entries.map(({ endpoint }) => endpoint).join(', ')}`,
    {
      hints: [`PLATFORM_SANDBOX=${first?.endpoint ?? ''}`],
    },
  );
};

/** Exit 13 when there is none. */
export const chooseSandbox = (ctx: Needs): SandboxEntry => {
  const found = findSandbox(ctx);
  if (found) return found;
  throw new PlatformError('E_UNREACHABLE', 'no sandbox is running', { hints: ['platform sandbox start'] });
};

export const chosenControl = (ctx: Needs): ControlClient => controlClient(chooseSandbox(ctx));

/**
 * Account and region for a command that has no platform.yaml yet (`adopt`): from flags, AWS_REGION and the profile. In a
 * sandbox its account counts, and nothing of the operator's AWS configuration is read.
 */
import type { AwsClients } from '../aws/clients.js';
import { PlatformError } from '../errors/platform-error.js';
import type { Ctx } from './context.js';
import { withSandboxHint } from './resolve-target.js';

export interface AccountOptions {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

export interface ResolvedAccount {
  readonly aws: AwsClients;
  readonly where: { readonly account: string; readonly region: string; readonly sandbox?: string };
  readonly profile?: string;
}

type Needs = Pick<Ctx, 'env' | 'paths' | 'place' | 'aws'>;

export const resolveAccount = async (ctx: Needs, options: AccountOptions): Promise<ResolvedAccount> => {
  const { callerIdentity } = await import('../aws/identity.js');
  const region = await chooseRegion(ctx, options);
  const profile = ctx.place.kind === 'sandbox' || options.profile === undefined ? {} : { profile: options.profile };
  const aws = ctx.aws({ region, ...profile });
  const { account } = await callerIdentity(aws).catch((error: unknown) => {
    throw withSandboxHint(error, ctx);
  });
  const sandbox = ctx.place.kind === 'sandbox' ? { sandbox: ctx.place.id } : {};
  return { aws, where: { account, region, ...sandbox }, ...profile };
};

const chooseRegion = async (ctx: Needs, options: AccountOptions): Promise<string> => {
  const { defaultRegion } = await import('../config/resolve.js');
  const region = options.region ?? (ctx.env['AWS_REGION'] || (await profileRegion(ctx, options)) || defaultRegion);
  if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) return region;
  throw new PlatformError('E_USAGE', `${JSON.stringify(region)} is not an AWS region`, {
    hints: ['--region eu-west-1'],
  });
};

const profileRegion = async (ctx: Needs, options: AccountOptions): Promise<string | undefined> => {
  if (ctx.place.kind === 'sandbox') return undefined;
  const { configuredRegion } = await import('../aws/profile-region.js');
  return configuredRegion(options.profile);
};

/** Who we are, by STS: the account that a target is checked against, and the identity that journals may name. */
import type { AwsClients } from './clients.js';
import { toPlatformError } from './errors.js';

export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
}

export const callerIdentity = async (aws: AwsClients): Promise<CallerIdentity> => {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const sts = await aws.read('sts');
  try {
    const { Account: account, Arn: arn } = await sts.send(new GetCallerIdentityCommand({}));
    // Any page of XML or HTML parses as an answer without members.
    if (!account || !arn) throw new SyntaxError('the answer names no account');
    return { account, arn };
  } catch (error) {
    throw toPlatformError(error, 'sts:GetCallerIdentity');
  }
};

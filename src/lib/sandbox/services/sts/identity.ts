/** Who a caller is: the sandbox's user, or the session that AssumeRole gave the access key to. */
import type { Call } from '../../service.js';
import type { World } from '../../world.js';

export interface Session {
  readonly arn: string;
  readonly userId: string;
  readonly expiresAt: number;
}

export interface StsState {
  sessions: Record<string, Session>;
}

/** STS and IAM are global: one state, whatever region the call names. */
export const globalRegion = 'aws-global';

export const stsState = (world: World): StsState => world.service<StsState>(globalRegion, 'sts');

export const sessionOf = (call: Call): Session | undefined => {
  const { sessions } = stsState(call.world);
  return Object.hasOwn(sessions, call.caller.accessKeyId) ? sessions[call.caller.accessKeyId] : undefined;
};

export const callerArn = (call: Call): string => sessionOf(call)?.arn ?? `arn:aws:iam::${call.account}:user/sandbox`;

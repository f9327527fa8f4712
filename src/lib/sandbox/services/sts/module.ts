/** STS, simulated: who am I, and roles to assume. Keys are dummies that nobody can take for real ones. */
import type { AssumeRoleRequest } from '@aws-sdk/client-sts';
import { AwsError, type Call, type Handler, type ServiceModule } from '../../service.js';
import { findRole } from '../iam/store.js';
import { callerArn, type StsState, sessionOf, stsState } from './identity.js';

const getCallerIdentity: Handler = (_input: object, call) => ({
  UserId: sessionOf(call)?.userId ?? 'AIDASANDBOXUSER',
  Account: call.account,
  Arn: callerArn(call),
});

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);

const assumeRole = (input: AssumeRoleRequest, call: Call): object => {
  const { world } = call;
  const found = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(.+)$/.exec(input.RoleArn ?? '');
  if (!found) throw invalid(`${input.RoleArn} is invalid`);
  const session = input.RoleSessionName ?? '';
  if (!/^[\w+=,.@-]{2,64}$/.test(session))
    throw invalid(
      `1 validation error detected: Value '${session}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    );
  const seconds = input.DurationSeconds ?? 3_600;
  if (seconds < 900 || seconds > 43_200)
    throw invalid(
      `1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${seconds < 900 ? 'greater than or equal to 900' : 'less than or equal to 43200'}`,
    );
  const name = found[2]?.split('/').at(-1) ?? '';
  // Roles of other accounts, and roles that nobody described to the sandbox, can be assumed; a deleted one cannot.
  if (found[1] === call.account && findRole(world, name) === 'deleted')
    throw new AwsError(
      'AccessDenied',
      `User: ${callerArn(call)} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`,
      403,
    );
  const accessKeyId = `SANDBOXROLE${world.hex(9).toUpperCase()}`;
  const roleId = `AROASANDBOX${name
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 10)}`;
  const arn = `arn:aws:sts::${found[1]}:assumed-role/${name}/${session}`;
  const expiresAt = world.now + seconds * 1_000;
  stsState(world).sessions[accessKeyId] = { arn, userId: `${roleId}:${session}`, expiresAt };
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: `sandbox-secret-${world.hex(24)}`,
      SessionToken: `sandbox-session-${world.hex(32)}`,
      Expiration: new Date(expiresAt),
    },
    AssumedRoleUser: { AssumedRoleId: `${roleId}:${session}`, Arn: arn },
  };
};

export const stsModule = (): ServiceModule => ({
  id: 'sts',
  signingName: 'sts',
  loadSchema: () => import('@aws-sdk/client-sts'),
  initial: (): StsState => ({ sessions: {} }),
  operations: { GetCallerIdentity: getCallerIdentity, AssumeRole: assumeRole },
});

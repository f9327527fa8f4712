/** Which code and HTTP status an error has on the wire, per protocol; and the errors every AWS service shares. */
import { AwsError } from '../service.js';
import type { ProtocolId, WireError } from './message.js';
import type { ServiceSchema } from './schema.js';

/** An error thrown by a handler, a fault or the dispatcher → code and status as this protocol sends them. */
export const toWireError = (error: AwsError, protocol: ProtocolId, schema: ServiceSchema): WireError => {
  const traits = schema.errors.get(error.code)?.traits;
  const isQuery = protocol === 'awsQuery' || protocol === 'ec2Query';
  const [queryCode, queryStatus] = (isQuery ? traits?.awsQueryError : undefined) ?? [];
  const status = queryStatus ?? modelledStatus(error, traits?.httpError, traits?.error);
  return { code: queryCode ?? error.code, status, type: status < 500 ? 'Sender' : 'Receiver', source: error };
};

/** awsJson models rarely say a status: a client error is 400, a server error 500. */
const modelledStatus = (error: AwsError, httpError: number | undefined, fault: string | undefined): number => {
  if (httpError !== undefined) return httpError;
  return fault === 'server' && error.status < 500 ? 500 : error.status;
};

export const internalFailure = (message: string): AwsError => new AwsError('InternalFailure', message, 500);

export const notPartOfSandbox = (what: string): AwsError =>
  new AwsError('NotImplemented', `${what} is not part of the sandbox`, 501);

export const throttled = (protocol: ProtocolId): AwsError => {
  switch (protocol) {
    case 'ec2Query':
      return new AwsError('RequestLimitExceeded', 'Request limit exceeded.', 503);
    case 'awsQuery':
      return new AwsError('Throttling', 'Rate exceeded', 400);
    case 'restXml':
      return new AwsError('SlowDown', 'Please reduce your request rate.', 503);
    case 'restJson1':
      return new AwsError('ThrottlingException', 'Rate exceeded', 429);
    default:
      return new AwsError('ThrottlingException', 'Rate exceeded', 400);
  }
};

export const accessDenied = (
  protocol: ProtocolId,
  { principal, action }: { readonly principal: string; readonly action: string },
): AwsError => {
  const sentence = `User: ${principal} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`;
  switch (protocol) {
    case 'ec2Query':
      return new AwsError(
        'UnauthorizedOperation',
        `You are not authorized to perform this operation. ${sentence}`,
        403,
      );
    case 'awsQuery':
    case 'restXml':
      return new AwsError('AccessDenied', sentence, 403);
    case 'restJson1':
      return new AwsError('AccessDeniedException', sentence, 403);
    default:
      return new AwsError('AccessDeniedException', sentence, 400);
  }
};

export const expiredCredentials = (protocol: ProtocolId): AwsError => {
  const message = 'The security token included in the request is expired';
  switch (protocol) {
    case 'ec2Query':
      return new AwsError('RequestExpired', 'Request has expired.', 400);
    case 'awsQuery':
      return new AwsError('ExpiredToken', message, 403);
    case 'restXml':
      return new AwsError('ExpiredToken', 'The provided token has expired.', 400);
    case 'restJson1':
      return new AwsError('ExpiredTokenException', message, 403);
    default:
      return new AwsError('ExpiredTokenException', message, 400);
  }
};

/** The first server error that the service itself declares. */
export const serverError = (schema: ServiceSchema): AwsError => {
  const candidates = ['ServerException', 'InternalServerError', 'InternalServerException', 'InternalServiceError'];
  const code = candidates.find((name) => schema.errors.has(name)) ?? 'InternalFailure';
  return new AwsError(code, 'The request processing has failed because of an unknown error.', 500);
};

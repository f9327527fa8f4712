import { describe, expect, it } from 'vitest';
import { classify, toActionFailure, toPlatformError } from '../../../src/lib/aws/errors.js';
import { ActionError, InDoubtError } from '../../../src/lib/engine/action.js';

const awsError = (name: string, status: number | undefined, message = 'said AWS') =>
  Object.assign(new Error(message), {
    name,
    $fault: 'client',
    $metadata: status === undefined ? {} : { httpStatusCode: status },
  });

const socketError = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe('AWS errors by class', () => {
  it.each([
    ['ThrottlingException', 400, 'throttle'],
    ['TooManyRequestsException', 429, 'throttle'],
    ['RequestLimitExceeded', 503, 'throttle'],
    ['ExpiredTokenException', 400, 'auth'],
    ['UnrecognizedClientException', 400, 'auth'],
    ['CredentialsProviderError', undefined, 'auth'],
    ['AccessDeniedException', 400, 'denied'],
    ['UnauthorizedOperation', 403, 'denied'],
    ['ClusterNotFoundException', 400, 'not-found'],
    ['ServiceNotActiveException', 400, 'not-found'],
    ['ParameterNotFound', 400, 'not-found'],
    ['LoadBalancerNotFound', 400, 'not-found'],
    ['UpdateInProgressException', 400, 'conflict'],
    ['ResourceInUseException', 400, 'conflict'],
    ['LimitExceededException', 400, 'quota'],
    ['TooManyTargetGroups', 400, 'quota'],
    ['ServerException', 500, 'server'],
    ['SomethingNew', 503, 'server'],
    ['InvalidParameterException', 400, 'input'],
    ['TimeoutError', undefined, 'timeout'],
    ['Whatever', undefined, 'bug'],
  ] as const)('%s (%s) is %s', (name, status, expected) => {
    expect(classify(awsError(name, status))).toBe(expected);
  });

  it.each([
    ['ECONNREFUSED', 'network'],
    ['ECONNRESET', 'network'],
    ['ENOTFOUND', 'network'],
    ['ETIMEDOUT', 'timeout'],
  ])('a socket that ends with %s is %s', (code, expected) => {
    expect(classify(socketError(code))).toBe(expected);
    expect(classify(new Error('outer', { cause: socketError(code) }))).toBe(expected);
    expect(classify(new AggregateError([socketError(code)]))).toBe(expected);
  });
});

describe('an answer that AWS did not give', () => {
  const page = Object.assign(
    new SyntaxError(`Unexpected token '<'\n  Deserialization error: to see the raw response, inspect the hidden field`),
    { $metadata: {}, $response: { statusCode: 200 } },
  );

  it('is a trouble of the network, told in words of ours', () => {
    const error = toPlatformError(page, 'ecs:DescribeServices');
    expect([error.code, error.exitCode]).toEqual(['E_UNREACHABLE', 13]);
    expect(error.message).toMatch(/^ecs:DescribeServices: the answer does not come from AWS/);
  });

  it('leaves a write in doubt: it may have been passed on before', () => {
    expect(toActionFailure(page, { wrote: 'maybe' })).toBeInstanceOf(InDoubtError);
  });
});

describe('a failed write', () => {
  const judge = (error: unknown) => toActionFailure(error, { wrote: 'maybe', operation: 'ecs:UpdateService' });

  it.each([
    awsError('ThrottlingException', 400),
    awsError('InvalidParameterException', 400),
    awsError('AccessDeniedException', 400),
    awsError('CredentialsProviderError', undefined),
    socketError('ECONNREFUSED'),
    socketError('ENOTFOUND'),
  ])('is definite when AWS refused it or it never left: $name $code', (error) => {
    expect(judge(error)).toBeInstanceOf(ActionError);
  });

  it.each([
    awsError('ServerException', 500),
    awsError('SomethingNew', 502),
    awsError('TimeoutError', undefined),
    socketError('ECONNRESET'),
    socketError('EPIPE'),
    new Error('socket hang up'),
  ])('is in doubt when an answer was lost: $name $code', (error) => {
    expect(judge(error)).toBeInstanceOf(InDoubtError);
  });

  it('is definite when the caller knows that nothing was sent', () => {
    expect(toActionFailure(socketError('ECONNRESET'), { wrote: 'not-sent' })).toBeInstanceOf(ActionError);
  });

  it('names the operation and keeps what is ours already', () => {
    expect(judge(awsError('AccessDeniedException', 400)).error).toEqual({
      class: 'denied',
      code: 'AccessDeniedException',
      message: 'ecs:UpdateService: said AWS',
      hints: ['the role needs ecs:UpdateService'],
    });
    const ours = new ActionError({ class: 'input', code: 'x', message: 'ours' });
    expect(judge(ours)).toBe(ours);
  });
});

describe('a failed read', () => {
  it.each([
    [awsError('ExpiredToken', 400), 'E_CREDENTIALS', 4],
    [awsError('AccessDenied', 403), 'E_DENIED', 4],
    [awsError('ServiceNotFoundException', 400), 'E_NOT_FOUND', 5],
    [awsError('ServerException', 500), 'E_UNREACHABLE', 13],
    [awsError('ThrottlingException', 400), 'E_UNREACHABLE', 13],
    [socketError('ECONNREFUSED'), 'E_UNREACHABLE', 13],
    [awsError('InvalidParameterException', 400), 'E_BUG', 1],
  ] as const)('%s ends as %s', (error, code, exit) => {
    expect(toPlatformError(error, 'ecs:DescribeServices')).toMatchObject({ code, exitCode: exit });
  });

  it('keeps the original as its cause', () => {
    const original = awsError('ExpiredToken', 400);
    expect(toPlatformError(original).cause).toBe(original);
  });
});

/**
 * Who may talk to the sandbox. A web page must not (Host, Origin, Sec-Fetch-Site: a page can reach 127.0.0.1), nobody
 * unsigned, nobody with a key of a real account; and with `--exec`, where a call can run a program, only who holds the
 * key that was made at start, proven by the signature.
 */
import type { WireRequest, WireResponse } from './wire/message.js';
import { textToBytes } from './wire/message.js';
import { credentialScope } from './wire/route.js';
import { isSignedBy, type SigningKey } from './wire/signature.js';

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface KeyPolicy {
  /** With `--exec`: the one key that is accepted, by its signature. */
  readonly execKey?: SigningKey;
  /** Keys that the sandbox itself has handed out (AssumeRole). */
  readonly isOwnKey?: (accessKeyId: string) => boolean;
}

const forbidden = (code: string, message: string): Refusal => ({ status: 403, code, message });

/** Holds for every path, the control API included. */
export const refuseForeignPage = (request: WireRequest, port: number): Refusal | undefined => {
  const { host = '', origin, 'sec-fetch-site': site } = request.headers;
  if (!isOwnHost(host, port)) {
    return forbidden(
      'ForbiddenHost',
      `The sandbox answers to 127.0.0.1, localhost and *.localhost on port ${port} only.`,
    );
  }
  if (origin !== undefined || (site !== undefined && site !== 'none' && site !== 'same-origin')) {
    return forbidden('ForbiddenOrigin', 'The sandbox does not answer to web pages.');
  }
  return undefined;
};

const isOwnHost = (host: string, port: number): boolean => {
  const match = /^(127\.0\.0\.1|localhost|(?:[a-z0-9-]+\.)+localhost)(?::(\d{1,5}))?$/i.exec(host);
  return match !== null && Number(match[2] ?? 80) === port;
};

/** Looks like an access key of a real account: not one of the documented examples, not one of the sandbox's own. */
export const looksReal = (accessKeyId: string, isOwnKey: (id: string) => boolean = () => false): boolean =>
  /^A(KIA|SIA)[A-Z0-9]{16}$/.test(accessKeyId) && !accessKeyId.endsWith('EXAMPLE') && !isOwnKey(accessKeyId);

export const refuseCaller = async (request: WireRequest, policy: KeyPolicy): Promise<Refusal | undefined> => {
  const scope = credentialScope(request);
  if (!scope) return forbidden('MissingAuthenticationToken', 'Request is missing Authentication Token');
  if (policy.execKey) return refuseByExecKey(request, scope.accessKeyId, policy.execKey);
  if (looksReal(scope.accessKeyId, policy.isOwnKey)) {
    return forbidden(
      'InvalidClientTokenId',
      'This access key looks like one of a real AWS account. The sandbox takes dummy keys only, as `platform sandbox env` prints them.',
    );
  }
  return undefined;
};

const refuseByExecKey = async (
  request: WireRequest,
  accessKeyId: string,
  key: SigningKey,
): Promise<Refusal | undefined> => {
  if (accessKeyId !== key.accessKeyId) {
    return forbidden(
      'InvalidClientTokenId',
      'This sandbox runs programs, so it takes its own key only: see `platform sandbox env`.',
    );
  }
  if (await isSignedBy(request, key)) return undefined;
  return forbidden(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided.',
  );
};

/** In the form that the caller's protocol has for errors, as far as it can be told without routing. */
export const refusalResponse = (request: WireRequest, { status, code, message }: Refusal): WireResponse => {
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  if (!isForm) {
    const headers = { 'content-type': 'application/json', 'x-amzn-errortype': code };
    return { status, headers, body: textToBytes(JSON.stringify({ __type: code, message })) };
  }
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  const isEc2 = credentialScope(request)?.signingName === 'ec2';
  const body = isEc2 ? `<Response><Errors>${error}</Errors></Response>` : `<ErrorResponse>${error}</ErrorResponse>`;
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body: textToBytes(body) };
};

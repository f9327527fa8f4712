/**
 * The one gateway that reads a secret's value: for an address that we ourselves must call (a webhook). The value stays in
 * memory, goes to nobody but the caller, and is in no error.
 */
import { PlatformError } from '../errors/platform-error.js';
import type { AwsClients } from './clients.js';
import { toPlatformError } from './errors.js';

/** `ssm:NAME` or `secretsmanager:NAME`. */
export const secretValue = async (clients: AwsClients, reference: string): Promise<string> => {
  const [, kind, name = ''] = /^(ssm|secretsmanager):(.+)$/.exec(reference) ?? [];
  const value = await (kind === 'ssm' ? parameter(clients, name) : secret(clients, name));
  if (value !== undefined && value !== '') return value;
  throw new PlatformError('E_NOT_FOUND', `${reference} does not exist or holds no text`);
};

const isMissing = (error: unknown): boolean =>
  error instanceof Error && ['ParameterNotFound', 'ResourceNotFoundException'].includes(error.name);

const parameter = async (clients: AwsClients, name: string): Promise<string | undefined> => {
  const { GetParameterCommand } = await import('@aws-sdk/client-ssm');
  const client = await clients.read('ssm');
  try {
    return (await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }))).Parameter?.Value;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw toPlatformError(error, 'ssm:GetParameter');
  }
};

const secret = async (clients: AwsClients, id: string): Promise<string | undefined> => {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const client = await clients.read('secretsManager');
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: id }))).SecretString;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw toPlatformError(error, 'secretsmanager:GetSecretValue');
  }
};

/** Values of parameters and secrets, for the one use that needs them: the address of a data store. Callers never show them. */
import type { AwsClients } from './clients.js';

export interface StoredValues {
  /** Undefined when there is no such parameter. */
  parameter(name: string): Promise<string | undefined>;
  /** Undefined when there is no such secret, or it has no text. */
  secret(id: string): Promise<string | undefined>;
}

const unless = async <T>(work: Promise<T>, names: readonly string[]): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined;
    throw error;
  }
};

export const createStoredValues = (clients: AwsClients): StoredValues => ({
  parameter: async (name) => {
    const { GetParameterCommand } = await import('@aws-sdk/client-ssm');
    const client = await clients.read('ssm');
    const call = client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    return (await unless(call, ['ParameterNotFound']))?.Parameter?.Value;
  },
  secret: async (id) => {
    const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    const client = await clients.read('secretsManager');
    const call = client.send(new GetSecretValueCommand({ SecretId: id }));
    return (await unless(call, ['ResourceNotFoundException']))?.SecretString;
  },
});

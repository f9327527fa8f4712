/** The Parameter Store gateway. Existence only: values never pass through a deployment. */
import { inBatches } from './batches.js';
import type { AwsClients } from './clients.js';

export interface SsmGateway {
  /** Names (or ARNs) among these that do not exist. Values are not decrypted and not returned. */
  missingParameters(names: readonly string[]): Promise<readonly string[]>;
}

const namesPerCall = 10;

export const createSsmGateway = (clients: AwsClients): SsmGateway => ({
  missingParameters: async (names) => {
    if (names.length === 0) return [];
    const { GetParametersCommand } = await import('@aws-sdk/client-ssm');
    const client = await clients.read('ssm');
    const answers = await Promise.all(
      inBatches([...new Set(names)], namesPerCall).map((batch) =>
        client.send(new GetParametersCommand({ Names: [...batch], WithDecryption: false })),
      ),
    );
    return answers.flatMap((answer) => answer.InvalidParameters ?? []);
  },
});

/** The Secrets Manager gateway. Existence only: values never pass through a deployment. */
import type { AwsClients } from './clients.js';

export interface SecretsGateway {
  /** Names or ARNs among these that do not exist or are scheduled for deletion. */
  missingSecrets(ids: readonly string[]): Promise<readonly string[]>;
}

export const createSecretsGateway = (clients: AwsClients): SecretsGateway => ({
  missingSecrets: async (ids) => {
    if (ids.length === 0) return [];
    const { DescribeSecretCommand } = await import('@aws-sdk/client-secrets-manager');
    const client = await clients.read('secretsManager');
    const checks = await Promise.all(
      [...new Set(ids)].map(async (id) => {
        try {
          const answer = await client.send(new DescribeSecretCommand({ SecretId: id }));
          return answer.DeletedDate === undefined ? [] : [id];
        } catch (error) {
          if (error instanceof Error && error.name === 'ResourceNotFoundException') return [id];
          throw error;
        }
      }),
    );
    return checks.flat();
  },
});

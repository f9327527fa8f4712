/** The IAM gateway: what a role may not do, as far as we may ask. */
import type { AwsClients } from './clients.js';

export interface IamGateway {
  /** Those of the actions that the role is not allowed; undefined when IAM does not tell us. */
  deniedActions(roleArn: string, actions: readonly string[]): Promise<readonly string[] | undefined>;
}

export const createIamGateway = (clients: AwsClients): IamGateway => ({
  deniedActions: async (roleArn, actions) => {
    const { SimulatePrincipalPolicyCommand } = await import('@aws-sdk/client-iam');
    const client = await clients.read('iam');
    try {
      const answer = await client.send(
        new SimulatePrincipalPolicyCommand({ PolicySourceArn: roleArn, ActionNames: [...actions] }),
      );
      return (answer.EvaluationResults ?? []).flatMap((result) =>
        result.EvalDecision === 'allowed' || result.EvalActionName === undefined ? [] : [result.EvalActionName],
      );
    } catch {
      // Only an explanation: whoever may not ask gets the general one.
      return undefined;
    }
  },
});

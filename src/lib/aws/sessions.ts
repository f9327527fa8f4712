/**
 * Sessions in containers: ExecuteCommand and StartSession. What they answer holds a token that opens the session to whoever
 * has it, so a grant goes to the plugin's environment and nowhere else. Writes: exactly one call, never repeated.
 */
import type { AwsClients } from './clients.js';

export interface SessionGrant {
  readonly sessionId: string;
  readonly streamUrl: string;
  /** A secret. */
  readonly tokenValue: string;
}

export interface CommandRequest {
  readonly cluster: string;
  readonly task: string;
  readonly container: string;
  /** One string: the agent splits it into words. */
  readonly command: string;
}

export interface ForwardRequest {
  /** `ecs:CLUSTER_TASK_RUNTIME` */
  readonly target: string;
  readonly host: string;
  readonly port: number;
  /** 0: the plugin takes a free one. */
  readonly localPort: number;
}

export interface AccessKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SessionsGateway {
  executeCommand(request: CommandRequest): Promise<SessionGrant>;
  forwardPort(request: ForwardRequest): Promise<SessionGrant>;
  terminate(sessionId: string): Promise<void>;
  /** What these clients sign with, for the plugin's environment: it signs its own connection. */
  accessKeys(): Promise<AccessKeys>;
}

const grantOf = (answer: {
  readonly sessionId?: string | undefined;
  readonly streamUrl?: string | undefined;
  readonly tokenValue?: string | undefined;
}): SessionGrant => ({
  sessionId: answer.sessionId ?? '',
  streamUrl: answer.streamUrl ?? '',
  tokenValue: answer.tokenValue ?? '',
});

export const createSessionsGateway = (clients: AwsClients): SessionsGateway => ({
  executeCommand: async (request) => {
    const { ExecuteCommandCommand } = await import('@aws-sdk/client-ecs');
    const client = await clients.write('ecs');
    const answer = await client.send(new ExecuteCommandCommand({ ...request, interactive: true }));
    return grantOf(answer.session ?? {});
  },
  forwardPort: async ({ target, host, port, localPort }) => {
    const { StartSessionCommand } = await import('@aws-sdk/client-ssm');
    const client = await clients.write('ssm');
    const answer = await client.send(
      new StartSessionCommand({
        Target: target,
        DocumentName: 'AWS-StartPortForwardingSessionToRemoteHost',
        Parameters: { host: [host], portNumber: [String(port)], localPortNumber: [String(localPort)] },
      }),
    );
    return grantOf({ sessionId: answer.SessionId, streamUrl: answer.StreamUrl, tokenValue: answer.TokenValue });
  },
  terminate: async (sessionId) => {
    const { TerminateSessionCommand } = await import('@aws-sdk/client-ssm');
    const client = await clients.write('ssm');
    await client.send(new TerminateSessionCommand({ SessionId: sessionId }));
  },
  accessKeys: async () => {
    const client = await clients.read('ssm');
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
    return { accessKeyId, secretAccessKey, sessionToken };
  },
});

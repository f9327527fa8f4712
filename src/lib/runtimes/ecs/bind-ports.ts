/** The real ports of the ECS runtime, from a context and a target's clients. */
import { createAutoscalingGateway } from '../../aws/autoscaling.js';
import type { AwsClients } from '../../aws/clients.js';
import { createEcsGateway } from '../../aws/ecs.js';
import { createElbGateway } from '../../aws/elbv2.js';
import { createLogsGateway } from '../../aws/logs.js';
import { createSecretsGateway } from '../../aws/secrets-manager.js';
import { createSsmGateway } from '../../aws/ssm.js';
import type { Ctx } from '../../context/context.js';
import { createMemory, type EcsPorts, type SmokeRunner } from './ports.js';
import { createSmokeRunner } from './smoke-runner.js';

type Needs = Pick<Ctx, 'clocks' | 'env' | 'paths' | 'place'>;

export const bindPorts = (ctx: Needs, clients: AwsClients, smoke?: SmokeRunner): EcsPorts => {
  const elb = createElbGateway(clients);
  return {
    ecs: createEcsGateway(clients),
    elb,
    autoscaling: createAutoscalingGateway(clients),
    logs: createLogsGateway(clients),
    ssm: createSsmGateway(clients),
    secrets: createSecretsGateway(clients),
    clock: ctx.clocks.service,
    smoke:
      smoke ??
      createSmokeRunner({
        cwd: ctx.paths.cwd,
        env: { PATH: ctx.env['PATH'], HOME: ctx.env['HOME'] },
        baseUrl: async ({ name, port }) =>
          ctx.place.kind === 'sandbox'
            ? sandboxListener(ctx.place, { name, port })
            : balancerUrl(await elb.dnsName(name), port),
      }),
    memory: createMemory(),
    reloadCredentials: async () => clients.reloadCredentials(),
  };
};

const balancerUrl = (dnsName: string | undefined, port: number): string | undefined => {
  if (dnsName === undefined) return undefined;
  return port === 443 ? `https://${dnsName}` : `http://${dnsName}:${port}`;
};

/** In a sandbox each listener answers on a loopback port of its own, which its control API knows. */
const sandboxListener = async (
  place: Extract<Ctx['place'], { kind: 'sandbox' }>,
  listener: { readonly name: string; readonly port: number },
): Promise<string | undefined> => {
  if (place.controlToken === undefined) return undefined;
  const { controlClient } = await import('../../rehearsal/control-client.js');
  const status = await controlClient({ endpoint: place.endpoint, token: place.controlToken }).status();
  const found = status.listeners.find((one) => one.loadBalancer === listener.name && one.port === listener.port);
  return found && `http://127.0.0.1:${found.localPort}`;
};

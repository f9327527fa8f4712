/**
 * Real sockets for the simulated balancer's listeners: each gets a free loopback port and forwards real requests by the
 * current rules, weights and target health, to a built-in container's answer or to the child process of a real one.
 * `createListenerPorts` keeps the ports in step with the listeners; traffic.ts makes the load that needs no socket.
 */
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SandboxClock } from './clock.js';
import { actionsFor, eligibleTargets, mix, pickWeighted } from './routing.js';
import { elbv2State, forwardWeights, type ListenerState, type TargetState } from './services/elbv2/state.js';
import { writeLines } from './services/log-sink.js';
import { type Backend, neighbour } from './services/neighbours.js';
import { accessLine, countRequest, statusOf } from './traffic.js';
import type { World } from './world.js';

export interface OpenListener {
  readonly region: string;
  readonly listenerArn: string;
  /** Name of its load balancer. */
  readonly loadBalancer: string;
  /** The listener's port at AWS. */
  readonly port: number;
  /** Where it listens on 127.0.0.1. */
  readonly localPort: number;
}

export interface ListenerPorts {
  readonly open: () => readonly OpenListener[];
  /** Opens a port for each new listener and closes those of deleted ones. */
  readonly refresh: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

interface Context {
  readonly world: World;
  readonly clock: Pick<SandboxClock, 'sync'>;
}

/** One listener's socket. The port is chosen by the system. */
export const openListener = (
  context: Context,
  at: { readonly region: string; readonly listenerArn: string },
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    let served = 0;
    const server = createServer((incoming, answer) => {
      served += 1;
      context.clock.sync();
      serve(context, { ...at, incoming, answer, number: served });
    });
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () =>
      resolve({ port: (server.address() as AddressInfo).port, close: () => closeServer(server) }),
    );
    server.unref();
  });

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

interface Exchange {
  readonly region: string;
  readonly listenerArn: string;
  readonly incoming: IncomingMessage;
  readonly answer: ServerResponse;
  readonly number: number;
}

const reply = (
  answer: ServerResponse,
  with_: { readonly status: number; readonly type?: string; readonly body: string; readonly location?: string },
): void => {
  answer
    .writeHead(with_.status, {
      'content-type': with_.type ?? 'application/json',
      server: 'awselb/2.0',
      ...(with_.location === undefined ? {} : { location: with_.location }),
    })
    .end(with_.body);
};

const balancerError = (answer: ServerResponse, status: 502 | 503): void => {
  const title = status === 502 ? '502 Bad Gateway' : '503 Service Temporarily Unavailable';
  reply(answer, {
    status,
    type: 'text/html',
    body: `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`,
  });
};

const serve = (context: Context, exchange: Exchange): void => {
  const { world } = context;
  const { region, incoming, answer, number } = exchange;
  const state = elbv2State(world, region);
  const listener = state.listeners[exchange.listenerArn];
  if (!listener) {
    balancerError(answer, 503);
    return;
  }
  const path = (incoming.url ?? '/').split('?')[0] ?? '/';
  const header = (name: string): string | undefined => {
    const value = incoming.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  const call = { method: incoming.method ?? 'GET', path, host: (header('host') ?? '').split(':')[0] ?? '', header };
  const actions = actionsFor(state, { listener, call });
  if (serveHere({ listener, exchange, actions, path })) return;
  const group = pickWeighted(forwardWeights(actions), mix(listener.port, number));
  const targets = group ? eligibleTargets(state, group.arn) : [];
  const target = targets[mix(number, 3) % Math.max(1, targets.length)];
  const backend = target && backendOf(context, { region, target });
  if (!group || !backend) {
    if (group) count(context, { region, arn: group.arn, status: 503, isBalancer: true });
    balancerError(answer, 503);
    return;
  }
  if (backend.isReal) forward(context, { exchange, backend, groupArn: group.arn });
  else answerBuiltIn(context, { exchange, backend, groupArn: group.arn, path });
};

const backendOf = (
  { world }: Context,
  of: { readonly region: string; readonly target: TargetState },
): Backend | undefined =>
  neighbour(world, 'ecs').backend?.({ world, region: of.region }, { ip: of.target.id, port: of.target.port });

/** Fixed responses and redirects. */
const serveHere = (of: {
  readonly listener: ListenerState;
  readonly exchange: Exchange;
  readonly actions: ReturnType<typeof actionsFor>;
  readonly path: string;
}): boolean => {
  const fixed = of.actions.find((action) => action.Type === 'fixed-response')?.FixedResponseConfig;
  if (fixed) {
    reply(of.exchange.answer, {
      status: Number(fixed.StatusCode ?? 200),
      type: fixed.ContentType ?? 'text/plain',
      body: fixed.MessageBody ?? '',
    });
    return true;
  }
  const redirect = of.actions.find((action) => action.Type === 'redirect')?.RedirectConfig;
  if (!redirect) return false;
  const host = (redirect.Host ?? '#{host}').replace('#{host}', '127.0.0.1');
  const path = (redirect.Path ?? '/#{path}').replace('#{path}', of.path.replace(/^\//, ''));
  const protocol = (redirect.Protocol ?? '#{protocol}').replace('#{protocol}', of.listener.protocol).toLowerCase();
  const port = (redirect.Port ?? '#{port}').replace('#{port}', String(of.listener.port));
  reply(of.exchange.answer, {
    status: redirect.StatusCode === 'HTTP_302' ? 302 : 301,
    body: '',
    location: `${protocol}://${host}:${port}${path}`,
  });
  return true;
};

interface Served {
  readonly exchange: Exchange;
  readonly backend: Backend;
  readonly groupArn: string;
}

const healthPathOf = (context: Context, served: Served): string =>
  elbv2State(context.world, served.exchange.region).targetGroups[served.groupArn]?.healthCheck.path ?? '/';

const answerBuiltIn = (context: Context, served: Served & { readonly path: string }): void => {
  const { backend, exchange, path } = served;
  const isHealth = path === healthPathOf(context, served);
  const status = isHealth && backend.fault === 'errors' ? 200 : statusOf(backend.fault);
  const { world } = context;
  count(context, { region: exchange.region, arn: served.groupArn, status });
  if (backend.logs)
    writeLines(world, backend.logs, [
      accessLine({
        at: world.now,
        method: exchange.incoming.method ?? 'GET',
        path,
        status,
        latencyMs: 5,
        id: mix(exchange.number, world.now % 0x7fffffff)
          .toString(16)
          .padStart(8, '0'),
      }),
    ]);
  exchange.incoming.resume();
  reply(exchange.answer, {
    status,
    body: `${JSON.stringify({ service: backend.service, version: backend.version, task: backend.taskId, status: status < 400 ? 'ok' : 'error' })}\n`,
  });
};

/** Passes the request to the child process and its answer back. */
const forward = (context: Context, served: Served): void => {
  const { exchange, backend } = served;
  const { incoming, answer } = exchange;
  const finish = (status: number): void => count(context, { region: exchange.region, arn: served.groupArn, status });
  if (backend.loopbackPort === undefined) {
    finish(502);
    balancerError(answer, 502);
    return;
  }
  const onward = httpRequest(
    {
      host: '127.0.0.1',
      port: backend.loopbackPort,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' },
    },
    (response) => {
      finish(response.statusCode ?? 502);
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    },
  );
  onward.once('error', () => {
    finish(502);
    if (answer.headersSent) answer.destroy();
    else balancerError(answer, 502);
  });
  answer.once('close', () => onward.destroy());
  incoming.pipe(onward);
};

const count = (
  { world }: Context,
  of: { readonly region: string; readonly arn: string; readonly status: number; readonly isBalancer?: boolean },
): void =>
  countRequest(elbv2State(world, of.region).traffic.metrics, {
    arn: of.arn,
    at: world.now,
    status: of.status,
    latencyMs: 5,
    isRouted: of.isBalancer !== true,
  });

export const createListenerPorts = (context: Context): ListenerPorts => {
  const ports = new Map<string, OpenListener & { readonly close: () => Promise<void> }>();
  let isStopped = false;
  let work: Promise<void> = Promise.resolve();

  const wanted = (): ReadonlyMap<string, Omit<OpenListener, 'localPort'>> => {
    const found = new Map<string, Omit<OpenListener, 'localPort'>>();
    for (const [region, { services }] of Object.entries(context.world.state.regions)) {
      if (!services['elbv2']) continue;
      const { listeners, loadBalancers } = elbv2State(context.world, region);
      for (const { arn, port, loadBalancerArn } of Object.values(listeners)) {
        const loadBalancer = loadBalancers[loadBalancerArn]?.name ?? '';
        found.set(arn, { region, listenerArn: arn, loadBalancer, port });
      }
    }
    return found;
  };

  const step = async (): Promise<void> => {
    const listeners = isStopped ? new Map<string, Omit<OpenListener, 'localPort'>>() : wanted();
    for (const [arn, open] of ports) {
      if (listeners.has(arn)) continue;
      ports.delete(arn);
      await open.close();
    }
    for (const [arn, listener] of listeners) {
      if (ports.has(arn)) continue;
      const { port, close } = await openListener(context, listener);
      ports.set(arn, { ...listener, localPort: port, close });
    }
  };
  // One change at a time; a failed one does not stop the next.
  const refresh = (): Promise<void> => {
    work = work.catch(() => undefined).then(step);
    return work;
  };
  return {
    open: () =>
      [...ports.values()].map(({ region, listenerArn, loadBalancer, port, localPort }) => ({
        region,
        listenerArn,
        loadBalancer,
        port,
        localPort,
      })),
    refresh,
    stop: () => {
      isStopped = true;
      return refresh();
    },
  };
};

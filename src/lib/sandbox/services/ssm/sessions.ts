/**
 * Session Manager, as far as tasks of ECS are its targets: StartSession for the two port-forwarding documents, the sessions
 * of ExecuteCommand, and their list. The records are data; the live ends are session-host.ts's.
 */
import { randomBytes } from 'node:crypto';
import type {
  DescribeSessionsRequest,
  ResumeSessionRequest,
  Session,
  StartSessionRequest,
  TerminateSessionRequest,
} from '@aws-sdk/client-ssm';
import { pageOf } from '../../paging.js';
import { AwsError, type Call } from '../../service.js';
import { type SessionOffer, sessionHost } from '../../session-offer.js';
import type { World } from '../../world.js';
import { type CommandSession, neighbour, type SessionTarget } from '../neighbours.js';
import { callerArn } from '../sts/identity.js';
import { type SessionRecord, ssmState } from './store.js';

const keptSessions = 1_000;

const sessionsOf = (world: World, region: string): Record<string, SessionRecord> => {
  const state = ssmState(world, region);
  state.sessions ??= {};
  return state.sessions;
};

type Grant = { readonly sessionId: string; readonly streamUrl: string; readonly tokenValue: string };

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Not from the world's random numbers, which are the same in every sandbox: the plugin names a socket in the temporary
 * folder by the session's id, and two of a name do not get on.
 */
const newId = (prefix: string): string =>
  `${prefix}-${[...randomBytes(17)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('')}`;

const open = (
  call: Call,
  session: {
    readonly prefix: string;
    readonly target: string;
    readonly document: string;
    readonly taskArn: string;
    readonly container: string;
    readonly work: SessionOffer['work'];
  },
): Grant => {
  const { world, region } = call;
  const id = newId(session.prefix);
  const sessions = sessionsOf(world, region);
  const { target, document, taskArn, container } = session;
  sessions[id] = { id, target, document, taskArn, container, owner: callerArn(call), startedAt: world.now };
  const [oldest] = Object.keys(sessions);
  if (oldest !== undefined && Object.keys(sessions).length > keptSessions) delete sessions[oldest];
  world.record({ kind: 'state', region, subject: `session ${id}`, to: 'Connected', cause: document });
  const grant = sessionHost(world).offer({ id, work: session.work, onEnd: () => ended(world, region, id) });
  return { sessionId: id, ...grant };
};

const ended = (world: World, region: string, id: string): void => {
  const session = sessionsOf(world, region)[id];
  if (!session || session.endedAt !== undefined) return;
  session.endedAt = world.now;
  world.record({ kind: 'state', region, subject: `session ${id}`, from: 'Connected', to: 'Terminated' });
};

export const openCommandSession = (call: Call, session: CommandSession): Grant => {
  const { target, ...work } = session;
  return open(call, {
    prefix: 'ecs-execute-command',
    target,
    document: 'AmazonECS-ExecuteInteractiveCommand',
    taskArn: session.taskArn,
    container: session.container,
    work: { kind: 'command', ...work },
  });
};

const documents = ['AWS-StartPortForwardingSession', 'AWS-StartPortForwardingSessionToRemoteHost'];

const targetOf = (call: Call, target: string): SessionTarget => {
  const match = /^ecs:(.+)_([0-9a-f]+)_([0-9a-f]+-\d+)$/.exec(target);
  const [, cluster = '', task = '', runtimeId = ''] = match ?? [];
  const found = match && neighbour(call.world, 'ecs').sessionTarget?.(call, { cluster, task, runtimeId });
  if (found) return found;
  throw new AwsError('TargetNotConnected', `${target} is not connected.`);
};

const portOf = (parameters: StartSessionRequest['Parameters'], name: string, fallback?: number): number => {
  const [text] = parameters?.[name] ?? [];
  const port = text === undefined ? fallback : Number(text);
  if (port !== undefined && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new AwsError('InvalidParameters', `Parameter ${name} is not a port number.`);
};

export const startSession = (input: StartSessionRequest, call: Call): object => {
  const document = input.DocumentName ?? '';
  if (!documents.includes(document))
    throw new AwsError('InvalidDocument', `Document with name ${document} does not exist.`);
  const target = targetOf(call, input.Target ?? '');
  const port = portOf(input.Parameters, 'portNumber');
  const localPort = portOf(input.Parameters, 'localPortNumber', 0);
  const isRemote = document.endsWith('ToRemoteHost');
  const [host] = input.Parameters?.['host'] ?? [];
  if (isRemote && !host) throw new AwsError('InvalidParameters', 'Parameter host is required.');
  const loopbackPort = isRemote
    ? remotePort(call.world, { host: host ?? '', port })
    : target.ownPort?.containerPort === port
      ? target.ownPort.loopbackPort
      : port;
  const { sessionId, streamUrl, tokenValue } = open(call, {
    prefix: 'platform',
    target: input.Target ?? '',
    document,
    taskArn: target.taskArn,
    container: target.container,
    work: { kind: 'port', port, localPort, loopbackPort },
  });
  return { SessionId: sessionId, StreamUrl: streamUrl, TokenValue: tokenValue };
};

/** Nothing but this machine: the loopback address, and the names that the seed has said to stand for it. */
const remotePort = (world: World, at: { readonly host: string; readonly port: number }): number | undefined => {
  const host = at.host.toLowerCase();
  const isOwn = ['127.0.0.1', 'localhost'].includes(host) || loopbackHosts(world).includes(host);
  return isOwn ? at.port : undefined;
};

export const loopbackHosts = (world: World): string[] => {
  const seeds = world.state.seeds as { loopbackHosts?: string[] };
  seeds.loopbackHosts ??= [];
  return seeds.loopbackHosts;
};

const required = (call: Call, id: string | undefined): SessionRecord => {
  const sessions = sessionsOf(call.world, call.region);
  const found = id !== undefined && Object.hasOwn(sessions, id) ? sessions[id] : undefined;
  if (!found) throw new AwsError('DoesNotExistException', `Session ${id} does not exist.`);
  return found;
};

export const terminateSession = (input: TerminateSessionRequest, call: Call): object => {
  const { id } = required(call, input.SessionId);
  ended(call.world, call.region, id);
  sessionHost(call.world).end(id, 'Your session has been terminated.');
  return { SessionId: id };
};

/** Without a token in the answer the client takes the session for timed out. */
export const resumeSession = (input: ResumeSessionRequest, call: Call): object => {
  const { id } = required(call, input.SessionId);
  const grant = sessionHost(call.world).resume(id);
  return { SessionId: id, ...(grant && { StreamUrl: grant.streamUrl, TokenValue: grant.tokenValue }) };
};

export const describeSessions = (input: DescribeSessionsRequest, call: Call): object => {
  const isActive = input.State === 'Active';
  const target = input.Filters?.find(({ key }) => key === 'Target')?.value;
  const found = Object.values(sessionsOf(call.world, call.region))
    .filter(({ endedAt }) => (endedAt === undefined) === isActive)
    .filter((session) => target === undefined || session.target === target)
    .reverse();
  const page = pageOf(found, { limit: input.MaxResults ?? 200, token: input.NextToken, key: ({ id }) => id });
  return { Sessions: page.items.map(shape), NextToken: page.nextToken };
};

const shape = (session: SessionRecord): Session => ({
  SessionId: session.id,
  Target: session.target,
  Status: session.endedAt === undefined ? 'Connected' : 'Terminated',
  StartDate: new Date(session.startedAt),
  ...(session.endedAt !== undefined && { EndDate: new Date(session.endedAt) }),
  DocumentName: session.document,
  Owner: session.owner,
});

/** A container has ended: so do the sessions in it. */
export const endSessionsIn = (world: World, at: { readonly taskArn: string; readonly container: string }): void => {
  const region = at.taskArn.split(':')[3] ?? '';
  for (const session of Object.values(sessionsOf(world, region))) {
    const isThere = session.taskArn === at.taskArn && session.container === at.container;
    if (!isThere || session.endedAt !== undefined) continue;
    ended(world, region, session.id);
    sessionHost(world).end(session.id, 'The container has stopped.');
  }
};

/**
 * Sessions that wait for their client or have one: ExecuteCommand and StartSession offer one and get an address and a
 * token; the plugin connects to the sandbox's own port, says the token, and the session's work begins. Live things only:
 * nothing of it is in a snapshot, and a restore ends them all. server.ts has checked Host and Origin before.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { SandboxClock } from './clock.js';
import { type SessionGrant, type SessionHost, type SessionOffer, useSessionHost } from './session-offer.js';
import { startBuiltIn } from './sessions/built-in-program.js';
import { createChannel, type SessionKind } from './sessions/channel.js';
import { startChild } from './sessions/child-program.js';
import { parseObject } from './sessions/message.js';
import { createPortForward } from './sessions/port-forward.js';
import type { Program, ProgramEnds } from './sessions/program.js';
import { terminalLine } from './sessions/terminal-line.js';
import { splitWords } from './sessions/words.js';
import { taskRunner } from './task-runner.js';
import type { World } from './world.js';

export interface LiveSessions extends SessionHost {
  /** Takes the connection over, or closes it. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly closeAll: () => void;
}

export interface SessionHostOptions {
  readonly world: World;
  readonly clock: Pick<SandboxClock, 'sync' | 'speed'>;
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: () => string;
}

interface Session {
  readonly offer: SessionOffer;
  token: string;
  end?: (why: string) => void;
}

const path = '/v1/data-channel/';
const tokenLimitMs = 10_000;
const longestMessage = 1_000_000;

export const createSessionHost = (options: SessionHostOptions): LiveSessions => {
  const { world, clock } = options;
  const sessions = new Map<string, Session>();
  const server = new WebSocketServer({ noServer: true, maxPayload: longestMessage });
  const grant = (session: Session): SessionGrant => {
    session.token = randomBytes(32).toString('base64url');
    const address = `${options.endpoint().replace(/^http/, 'ws')}${path}${session.offer.id}`;
    return { streamUrl: `${address}?role=publish_subscribe`, tokenValue: session.token };
  };
  const forget = (session: Session): void => {
    if (!sessions.delete(session.offer.id)) return;
    clock.sync();
    session.offer.onEnd();
  };
  const host: LiveSessions = {
    offer: (offer) => {
      const session: Session = { offer, token: '' };
      sessions.set(offer.id, session);
      return grant(session);
    },
    resume: (id) => {
      const session = sessions.get(id);
      return session && grant(session);
    },
    end: (id, why) => {
      const session = sessions.get(id);
      if (!session) return;
      if (session.end) session.end(why);
      else forget(session);
    },
    upgrade: (request, socket, head) => {
      const id = (request.url ?? '').split('?')[0]?.slice(path.length) ?? '';
      const session = request.url?.startsWith(path) ? sessions.get(id) : undefined;
      if (!session || session.end) return void socket.destroy();
      server.handleUpgrade(request, socket, head, (client) =>
        welcome(client, session, () => serveSession({ options, session, client, forget: () => forget(session) })),
      );
    },
    closeAll: () => {
      for (const session of [...sessions.values()]) {
        if (session.end) session.end('The sandbox ended the session.');
        forget(session);
      }
      for (const client of server.clients) client.terminate();
    },
  };
  useSessionHost(world, host);
  return host;
};

/** The first message is the token, as text. Whoever does not know it is sent away. */
const welcome = (client: WebSocket, session: Session, begin: () => void): void => {
  client.on('error', () => client.terminate());
  const limit = setTimeout(() => client.terminate(), tokenLimitMs);
  client.once('close', () => clearTimeout(limit));
  client.once('message', (data) => {
    clearTimeout(limit);
    const { TokenValue: given } = parseObject(Buffer.from(data as Buffer));
    if (session.end || typeof given !== 'string' || !isToken(given, session.token)) client.close(1008, 'wrong token');
    else begin();
  });
};

const isToken = (given: string, wanted: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return wanted !== '' && a.length === b.length && timingSafeEqual(a, b);
};

interface Serving {
  readonly options: SessionHostOptions;
  readonly session: Session;
  readonly client: WebSocket;
  readonly forget: () => void;
}

/** What the client sends goes to `input`; `stop` is for a connection that is gone. */
interface Work {
  readonly input: (bytes: Buffer) => void;
  readonly stop: () => void;
}

const kindOf = ({ work }: SessionOffer): SessionKind =>
  work.kind === 'command'
    ? { type: 'InteractiveCommands', properties: {} }
    : {
        type: 'Port',
        properties: {
          portNumber: String(work.port),
          localPortNumber: String(work.localPort),
          type: 'LocalPortForwarding',
        },
      };

const serveSession = (serving: Serving): void => {
  const { session, client, forget } = serving;
  let work: Work | undefined;
  let isEnding = false;
  const end = (output: string): void => {
    if (isEnding) return;
    isEnding = true;
    work?.stop();
    void channel.close(output).then(() => {
      client.close(1000);
      forget();
    });
  };
  const channel = createChannel({
    sessionId: session.offer.id,
    kind: kindOf(session.offer),
    send: (bytes) => {
      if (client.readyState === client.OPEN) client.send(bytes);
    },
    onReady: () => {
      work = beginWork(serving, { channel, end });
    },
    onInput: (bytes) => work?.input(bytes),
    onTerminate: () => end(''),
  });
  session.end = end;
  client.on('message', (data, isBinary) => {
    try {
      if (isBinary) channel.receive(data as Buffer);
    } catch {
      client.close(1003, 'not a message of a data channel');
    }
  });
  client.once('close', () => {
    channel.drop();
    if (!isEnding) work?.stop();
    isEnding = true;
    forget();
  });
  channel.start();
};

const beginWork = (
  { options, session }: Serving,
  at: { readonly channel: ReturnType<typeof createChannel>; readonly end: (output: string) => void },
): Work => {
  const { work } = session.offer;
  if (work.kind === 'command') return beginCommand(options, { ...at, work });
  const forward = createPortForward({
    target: { loopbackPort: work.loopbackPort },
    channel: at.channel,
  });
  return { input: (bytes) => forward.receive(bytes), stop: () => forward.end() };
};

const beginCommand = (
  { world, clock }: SessionHostOptions,
  at: {
    readonly channel: ReturnType<typeof createChannel>;
    readonly end: (output: string) => void;
    readonly work: Extract<SessionOffer['work'], { kind: 'command' }>;
  },
): Work => {
  const { channel, work } = at;
  let program: Program | undefined;
  let isStopped = false;
  const line = terminalLine({
    toProgram: (bytes) => program?.write(bytes),
    toClient: (bytes) => channel.write(bytes),
    signal: (name) => program?.signal(name),
    endOfInput: () => program?.endOfInput(),
  });
  const ends: ProgramEnds = {
    print: (bytes) => line.printed(bytes),
    room: () => channel.room(),
    ended: (why) => {
      if (!isStopped) at.end(why === undefined ? '' : `----------ERROR-------\nUnable to start command: ${why}`);
    },
  };
  const words = splitWords(work.command);
  const home = taskRunner(world).homeOf(work.taskArn, work.container);
  if (words === undefined) ends.ended('Failed to parse commands input: EOF found when expecting closing quote');
  else if (home) program = startChild(home, { words, ends });
  else program = startBuiltIn({ words, environment: work.environment, speed: clock.speed, ends });
  return {
    input: (bytes) => line.typed(bytes),
    stop: () => {
      isStopped = true;
      program?.hangUp();
    },
  };
};

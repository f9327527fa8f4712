/**
 * The agent's side of a data channel: the handshake, numbered messages that are sent again until they are acknowledged,
 * and an end that comes after the last of them. The client drops what arrives before its handlers stand, so sending again
 * is part of every session, not only of bad networks. No socket here: session-host.ts gives one.
 */
import {
  acknowledgedSequence,
  acknowledgement,
  type ChannelMessage,
  channelClosed,
  decodeMessage,
  encodeMessage,
  flags,
  newMessageId,
  parseObject,
  payloadTypes,
} from './message.js';

/** What the client is told to be: it chooses its handlers by it. */
export interface SessionKind {
  readonly type: 'InteractiveCommands' | 'Port';
  readonly properties: Readonly<Record<string, string>>;
}

export interface ChannelOptions {
  readonly sessionId: string;
  readonly kind: SessionKind;
  readonly send: (bytes: Buffer) => void;
  /** Handshake done: the session's work may begin. */
  readonly onReady: () => void;
  readonly onInput: (bytes: Buffer) => void;
  /** The client asked for the end. */
  readonly onTerminate: () => void;
}

export interface Channel {
  start(): void;
  receive(bytes: Buffer): void;
  write(bytes: Buffer): void;
  /** Resolves when little is waiting: whoever produces output stops until then. */
  room(): Promise<void>;
  sendFlag(flag: number): void;
  /** Everything written is acknowledged first, or a time limit is over. */
  close(output: string): Promise<void>;
  /** The connection is gone. */
  drop(): void;
}

/** Above 3.1.1511.0 the client multiplexes the connections of a port session and sends no keep-alive frames. */
const agentVersion = '3.3.2299.0';
const piece = 1024;
/** Messages on their way; the client buffers many more. */
const windowSize = 256;
const backlogLimit = 512;
const resendAfterMs = 400;
const lastWordsMs = 15_000;

interface Sent {
  readonly bytes: Buffer;
  readonly payloadType: number;
  at: number;
}

/**
 * The connection loses nothing, and handlers for these stand from the start. A second one could reach the client while it
 * changes its handlers for a port session, and it does not survive that.
 */
const sentOnce: ReadonlySet<number> = new Set([payloadTypes.handshakeRequest, payloadTypes.handshakeComplete]);

export const createChannel = (options: ChannelOptions): Channel => new AgentChannel(options);

class AgentChannel implements Channel {
  private readonly waiting: { readonly payloadType: number; readonly payload: Buffer }[] = [];
  private readonly unacknowledged = new Map<number, Sent>();
  private readonly watchers = new Set<() => void>();
  private nextOut = 0;
  private nextIn = 0;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(private readonly options: ChannelOptions) {}

  start(): void {
    const { type, properties } = this.options.kind;
    const request = {
      AgentVersion: agentVersion,
      RequestedClientActions: [
        { ActionType: 'SessionType', ActionParameters: { SessionType: type, Properties: properties } },
      ],
    };
    this.enqueue(payloadTypes.handshakeRequest, Buffer.from(JSON.stringify(request)));
    this.timer = setInterval(() => this.resend(), resendAfterMs / 2);
  }

  receive(bytes: Buffer): void {
    if (this.isOver) return;
    const message = decodeMessage(bytes);
    if (message.type === 'acknowledge') this.acknowledged(message);
    else if (message.type === 'input_stream_data') this.received(message);
  }

  write(bytes: Buffer): void {
    for (let start = 0; start < bytes.length; start += piece)
      this.enqueue(payloadTypes.output, bytes.subarray(start, start + piece));
  }

  sendFlag(flag: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(flag);
    this.enqueue(payloadTypes.flag, payload);
  }

  room(): Promise<void> {
    return this.until(() => this.waiting.length < backlogLimit);
  }

  async close(output: string): Promise<void> {
    const limit = setTimeout(() => this.drop(), lastWordsMs);
    await this.until(() => this.waiting.length === 0 && this.unacknowledged.size === 0);
    clearTimeout(limit);
    this.options.send(channelClosed(this.options.sessionId, output));
    this.drop();
  }

  drop(): void {
    this.isOver = true;
    clearInterval(this.timer);
    this.changed();
  }

  private enqueue(payloadType: number, payload: Buffer): void {
    if (this.isOver) return;
    this.waiting.push({ payloadType, payload });
    this.pump();
  }

  private pump(): void {
    while (this.unacknowledged.size < windowSize) {
      const next = this.waiting.shift();
      if (!next) return;
      const sequence = this.nextOut++;
      const bytes = encodeMessage({
        type: 'output_stream_data',
        createdAt: Date.now(),
        sequence,
        flags: sequence === 0 ? 1 : 0,
        id: newMessageId(),
        ...next,
      });
      this.unacknowledged.set(sequence, { bytes, payloadType: next.payloadType, at: performance.now() });
      this.options.send(bytes);
    }
  }

  private resend(): void {
    const now = performance.now();
    for (const sent of this.unacknowledged.values()) {
      if (now - sent.at < resendAfterMs || sentOnce.has(sent.payloadType)) continue;
      sent.at = now;
      this.options.send(sent.bytes);
    }
  }

  private acknowledged(message: ChannelMessage): void {
    const sequence = acknowledgedSequence(message);
    if (sequence === undefined || !this.unacknowledged.delete(sequence)) return;
    this.pump();
    this.changed();
  }

  /** What comes too early is not acknowledged, so that it comes again in its turn. */
  private received(message: ChannelMessage): void {
    if (message.sequence > this.nextIn) return;
    this.options.send(acknowledgement(message));
    if (message.sequence < this.nextIn) return;
    this.nextIn += 1;
    switch (message.payloadType) {
      case payloadTypes.handshakeResponse:
        this.handshaken(message);
        return;
      case payloadTypes.output:
        this.options.onInput(message.payload);
        return;
      case payloadTypes.flag:
        if (message.payload.length === 4 && message.payload.readUInt32BE() === flags.terminateSession)
          this.options.onTerminate();
        return;
      default:
        // The size of a window, above all: nothing here has one.
        return;
    }
  }

  private handshaken(message: ChannelMessage): void {
    const { Errors: errors } = parseObject(message.payload);
    if (Array.isArray(errors) && errors.length > 0) {
      this.options.onTerminate();
      return;
    }
    const complete = { HandshakeTimeToComplete: 1_000_000, CustomerMessage: '' };
    this.enqueue(payloadTypes.handshakeComplete, Buffer.from(JSON.stringify(complete)));
    this.options.onReady();
  }

  private until(isSo: () => boolean): Promise<void> {
    if (isSo() || this.isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const watcher = (): void => {
        if (!isSo() && !this.isOver) return;
        this.watchers.delete(watcher);
        resolve();
      };
      this.watchers.add(watcher);
    });
  }

  private changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}

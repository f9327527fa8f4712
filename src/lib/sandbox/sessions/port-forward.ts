/**
 * What a port session does: each stream of the client becomes a connection to one address. Only addresses of this machine:
 * the loopback address itself, and names that the seed has said to stand for it. Everything else gets what AWS's agent
 * says of a port that does not answer.
 */
import { connect, type Socket } from 'node:net';
import type { Channel } from './channel.js';
import { flags } from './message.js';
import { dataFrames, encodeFrame, frameReader, type MuxFrame, muxCommands } from './mux.js';

export interface PortTarget {
  /** A port of this machine; undefined for an address that is none of it. */
  readonly loopbackPort: number | undefined;
}

export interface PortForward {
  /** Bytes from the client. */
  receive(bytes: Buffer): void;
  end(): void;
}

export interface PortForwardOptions {
  readonly target: PortTarget;
  readonly channel: Pick<Channel, 'write' | 'room' | 'sendFlag'>;
}

const nothing = Buffer.alloc(0);

/**
 * The client has no window, and to stop reading from it would stop its acknowledgements too, on which the other direction
 * waits: what a connection does not take is kept, and one that takes nothing is given up.
 */
const backlogBytes = 64 * 1024 * 1024;

export const createPortForward = (options: PortForwardOptions): PortForward => {
  const { target, channel } = options;
  const streams = new Map<number, Socket>();
  const read = frameReader();
  const close = (stream: number): void => {
    if (!streams.delete(stream)) return;
    channel.write(encodeFrame({ command: muxCommands.end, stream, data: nothing }));
  };
  const open = (stream: number): void => {
    if (target.loopbackPort === undefined) {
      channel.sendFlag(flags.connectToPortError);
      channel.write(encodeFrame({ command: muxCommands.end, stream, data: nothing }));
      return;
    }
    const socket = connect({ host: '127.0.0.1', port: target.loopbackPort, allowHalfOpen: true });
    streams.set(stream, socket);
    socket.on('data', (bytes) => {
      for (const frame of dataFrames(stream, bytes)) channel.write(frame);
      socket.pause();
      void channel.room().then(() => socket.resume());
    });
    let hasFailed = false;
    socket.once('error', () => {
      hasFailed = true;
      if (socket.bytesRead === 0) channel.sendFlag(flags.connectToPortError);
    });
    socket.once('end', () => {
      if (!hasFailed) close(stream);
      socket.end();
    });
    socket.once('close', () => close(stream));
  };
  const take = ({ command, stream, data }: MuxFrame): void => {
    const socket = streams.get(stream);
    if (command === muxCommands.open) open(stream);
    else if (command === muxCommands.end) socket?.end();
    else if (command === muxCommands.data && socket) {
      socket.write(Buffer.from(data));
      if (socket.writableLength > backlogBytes) socket.destroy();
    }
  };
  return {
    receive: (bytes) => {
      for (const frame of read(bytes)) take(frame);
    },
    end: () => {
      for (const socket of streams.values()) socket.destroy();
      streams.clear();
    },
  };
};

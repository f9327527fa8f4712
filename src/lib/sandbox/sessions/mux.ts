/**
 * The frames by which a client carries several connections through one port session: an eight-byte header in little-endian
 * numbers (version, command, length, stream), then data. Version 1, without windows. The client opens streams, we answer.
 */
export const muxCommands = { open: 0, end: 1, data: 2, nothing: 3 } as const;

export interface MuxFrame {
  readonly command: number;
  readonly stream: number;
  readonly data: Buffer;
}

const headerBytes = 8;
const longestFrame = 32_768;

export const encodeFrame = ({ command, stream, data }: MuxFrame): Buffer => {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(1, 0);
  header.writeUInt8(command, 1);
  header.writeUInt16LE(data.length, 2);
  header.writeUInt32LE(stream, 4);
  return Buffer.concat([header, data]);
};

/** Data of any length, in frames that the client takes. */
export const dataFrames = (stream: number, bytes: Buffer): readonly Buffer[] => {
  const frames: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += longestFrame)
    frames.push(encodeFrame({ command: muxCommands.data, stream, data: bytes.subarray(start, start + longestFrame) }));
  return frames;
};

/** Bytes in any pieces → whole frames. Throws for another version: then nothing that follows can be trusted. */
export const frameReader = (): ((bytes: Buffer) => readonly MuxFrame[]) => {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const frames: MuxFrame[] = [];
    while (rest.length >= headerBytes) {
      if (rest.readUInt8(0) !== 1) throw new Error(`a frame of version ${rest.readUInt8(0)}`);
      const length = rest.readUInt16LE(2);
      if (rest.length < headerBytes + length) break;
      frames.push({
        command: rest.readUInt8(1),
        stream: rest.readUInt32LE(4),
        data: rest.subarray(headerBytes, headerBytes + length),
      });
      rest = rest.subarray(headerBytes + length);
    }
    return frames;
  };
};

/**
 * Finds a command's own output in what the plugin prints: between the line that says it begins and the mark that says how
 * it ended (wrap-command.ts), wherever the pieces of the stream are cut. A terminal at the other end makes `\r\n` of every
 * `\n`, which is taken back exactly; whether there is one shows in the first line. Bytes in, bytes out.
 */
import { beginMark, endMark } from './wrap-command.js';

export type CommandEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  /** It ran, and then the session was over without a word. */
  | { readonly kind: 'cut' }
  /** It never began; the plugin's last words say why. */
  | { readonly kind: 'not-begun'; readonly text: string };

export interface SentinelOptions {
  readonly nonce: string;
  readonly onBegin?: () => void;
  readonly onOutput: (bytes: Buffer) => void;
}

/** Of the plugin's own words before the command begins. */
const keptBytes = 16_384;

export class Sentinel {
  private state: 'before' | 'inside' | 'after' = 'before';
  private rest: Buffer = Buffer.alloc(0);
  private hasTerminal = false;
  private exitCode = 0;
  private readonly begin: Buffer;
  private readonly end: Buffer;

  constructor(private readonly options: SentinelOptions) {
    this.begin = Buffer.from(beginMark(options.nonce));
    this.end = Buffer.from(endMark(options.nonce));
  }

  push(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    if (this.state === 'before') this.seekBegin();
    if (this.state === 'inside') this.seekEnd();
  }

  finish(): CommandEnd {
    if (this.state === 'after') return { kind: 'exited', exitCode: this.exitCode };
    if (this.state === 'before') return { kind: 'not-begun', text: this.rest.toString('utf8') };
    this.output(this.rest);
    return { kind: 'cut' };
  }

  private seekBegin(): void {
    const at = this.rest.indexOf(this.begin);
    const lineEnd = at < 0 ? -1 : this.rest.indexOf(0x0a, at);
    if (lineEnd < 0) {
      if (at < 0 && this.rest.length > keptBytes) this.rest = this.rest.subarray(-keptBytes);
      return;
    }
    this.hasTerminal = this.rest[lineEnd - 1] === 0x0d;
    this.rest = this.rest.subarray(lineEnd + 1);
    this.state = 'inside';
    this.options.onBegin?.();
  }

  /** What could still become the mark is held back, and a `\r` whose `\n` may follow. */
  private seekEnd(): void {
    for (let from = 0; ; ) {
      const at = this.rest.indexOf(this.end, from);
      if (at < 0) {
        this.release(this.rest.length - this.partialMark());
        return;
      }
      const match = /^(\d{1,3})\r?\n/.exec(
        this.rest.toString('latin1', at + this.end.length, at + this.end.length + 5),
      );
      if (match) {
        this.ended(at, Number(match[1]));
        return;
      }
      // Cut in the middle of the number: the rest decides. Anything else is the command's own output.
      if (/^\d{0,3}\r?$/.test(this.rest.toString('latin1', at + this.end.length))) {
        this.release(at);
        return;
      }
      from = at + 1;
    }
  }

  private ended(at: number, exitCode: number): void {
    this.output(this.rest.subarray(0, at));
    this.rest = Buffer.alloc(0);
    this.exitCode = exitCode;
    this.state = 'after';
  }

  private release(length: number): void {
    const isHalf = this.hasTerminal && length > 0 && this.rest[length - 1] === 0x0d;
    const end = isHalf ? length - 1 : length;
    if (end <= 0) return;
    this.output(this.rest.subarray(0, end));
    this.rest = this.rest.subarray(end);
  }

  /** How many bytes at the end are the beginning of the mark. */
  private partialMark(): number {
    const longest = Math.min(this.end.length - 1, this.rest.length);
    for (let length = longest; length > 0; length -= 1)
      if (this.rest.subarray(-length).equals(this.end.subarray(0, length))) return length;
    return 0;
  }

  private output(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.options.onOutput(this.hasTerminal ? withoutReturns(bytes) : Buffer.from(bytes));
  }
}

const withoutReturns = (bytes: Buffer): Buffer => {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    if (bytes[index] === 0x0d && bytes[index + 1] === 0x0a) continue;
    out[length] = bytes[index] as number;
    length += 1;
  }
  return out.subarray(0, length);
};

/**
 * What the terminal of a session does between the person and the program, as far as it is text: echo, line editing with
 * backspace, control characters as signals, `\n` shown as `\r\n`. There is no real terminal behind it: a program that asks
 * gets no for an answer, and full-screen programs do not work in the sandbox.
 */
export interface TerminalLine {
  /** Bytes from the client. */
  typed(bytes: Buffer): void;
  /** Bytes from the program. */
  printed(bytes: Buffer): void;
}

export interface TerminalEnds {
  readonly toProgram: (bytes: Buffer) => void;
  readonly toClient: (bytes: Buffer) => void;
  readonly signal: (name: 'SIGINT' | 'SIGQUIT') => void;
  /** Control-D on an empty line. */
  readonly endOfInput: () => void;
}

const control = { interrupt: 0x03, end: 0x04, backspace: 0x08, newLine: 0x0a, return: 0x0d, quit: 0x1c, erase: 0x7f };

const lineFeed = 0x0a;

/** Every `\n` becomes `\r\n`. */
export const withCarriageReturns = (bytes: Buffer): Buffer => {
  if (!bytes.includes(lineFeed)) return bytes;
  const out: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
    out.push(bytes.subarray(start, end), Buffer.from('\r\n'));
    start = end + 1;
  }
  return Buffer.concat([...out, bytes.subarray(start)]);
};

export const terminalLine = (ends: TerminalEnds): TerminalLine => {
  let line: number[] = [];
  const take = (extra: readonly number[]): void => {
    ends.toProgram(Buffer.from([...line, ...extra]));
    line = [];
  };
  const echo = (text: string): void => ends.toClient(Buffer.from(text, 'latin1'));
  const type = (byte: number): void => {
    switch (byte) {
      case control.interrupt:
      case control.quit:
        line = [];
        echo(byte === control.interrupt ? '^C\r\n' : '^\\\r\n');
        ends.signal(byte === control.interrupt ? 'SIGINT' : 'SIGQUIT');
        return;
      case control.end:
        if (line.length === 0) ends.endOfInput();
        else take([]);
        return;
      case control.return:
      case control.newLine:
        echo('\r\n');
        take([lineFeed]);
        return;
      case control.backspace:
      case control.erase:
        if (line.pop() !== undefined) echo('\b \b');
        return;
      default:
        line.push(byte);
        echo(byte < 0x20 && byte !== 0x09 ? `^${String.fromCharCode(byte + 0x40)}` : String.fromCharCode(byte));
    }
  };
  return {
    typed: (bytes) => {
      for (const byte of bytes) type(byte);
    },
    printed: (bytes) => ends.toClient(withCarriageReturns(bytes)),
  };
};

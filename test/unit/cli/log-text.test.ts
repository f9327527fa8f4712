import { describe, expect, it } from 'vitest';
import { outputStream } from '../../../src/lib/cli/output-stream.js';
import { createLogSink } from '../../../src/lib/cli/render/log-sink.js';
import { blockText, checkFormat, type LogStyle } from '../../../src/lib/cli/render/log-text.js';
import { gatherBlocks } from '../../../src/lib/logs/gather-blocks.js';
import type { LogEvent } from '../../../src/lib/logs/model.js';
import { parsedHead } from '../../../src/lib/logs/select-blocks.js';
import { recordedTerminal } from '../../helpers/terminal.js';

const at = Date.UTC(2026, 10, 25, 14, 3, 7, 42);
const origin = {
  service: 'api',
  group: '/g',
  stream: 'api/api/0123456789abcdef',
  task: '0123456789abcdef',
  container: 'api',
};
const event = (message: string): LogEvent => ({
  kind: 'log',
  timestamp: at,
  ingestedMs: at,
  message,
  id: message,
  origin,
});
const text = (messages: readonly string[], style: Partial<LogStyle> = {}): string => {
  const toText = blockText({
    format: 'short',
    colours: 'plain',
    prefix: 'shown',
    isGithub: false,
    parse: parsedHead,
    ...style,
  });
  return gatherBlocks(messages.map(event)).map(toText).join('');
};

describe('a log line as text', () => {
  it('of JSON has level, message and the other members', () => {
    expect(text(['{"level":"warn","msg":"slow","ms":900,"path":"/a b","trace_id":"t1"}'])).toBe(
      '14:03:07.042  api/01234567  WARN  slow  trace=t1 ms=900 path="/a b"\n',
    );
  });

  it('of a trace has the prefix on every line, and none when it is switched off', () => {
    expect(text(['Error: x', '    at f (a.js:1)'])).toBe(
      '14:03:07.042  api/01234567  Error: x\n14:03:07.042  api/01234567      at f (a.js:1)\n',
    );
    expect(text(['plain'], { prefix: 'hidden' })).toBe('14:03:07.042  plain\n');
  });

  it('as a message is what was written, and nothing else', () => {
    expect(text(['{"level":"info","msg":"m"}'], { format: 'message' })).toBe('{"level":"info","msg":"m"}\n');
  });

  it('in full has the date and the stream', () => {
    expect(text(['x'], { format: 'full' })).toBe('2026-11-25T14:03:07.042Z api api/api/0123456789abcdef x\n');
  });

  it('by a template has what the template names', () => {
    const format = '{time} {service} {level} {message} {field.ms} {field.none}';
    expect(text(['{"level":30,"msg":"m","ms":5}'], { format })).toBe('14:03:07.042 api info m 5 -\n');
    expect(() => checkFormat('{nope}')).toThrow('there is no {nope}');
    expect(() => checkFormat('shrot')).toThrow('is no format');
  });

  it('colours levels in text and JSON, and the service', () => {
    expect(text(['ERROR broken'], { colours: 'colour' })).toContain('\u001b[31mERROR broken\u001b[0m');
    expect(text(['{"level":60,"msg":"m"}'], { colours: 'colour' })).toContain('\u001b[1;31mFATAL\u001b[0m');
  });

  it("lets a line's own colours through on a terminal only, ends them, and shows every other sequence", () => {
    const hostile = '\u001b[32mok\u001b[0m \u001b]0;title\u0007\u001b[2J\u001b[8mhidden';
    const coloured = text([hostile], { colours: 'colour', format: 'message' });
    expect(coloured).toContain('\u001b[32mok\u001b[0m ');
    expect(coloured).toContain('^[]0;title^G^[[2J^[[8mhidden\u001b[0m');
    expect(text([hostile], { format: 'message' })).not.toContain('\u001b');
    expect(text(['\u001b[38;5;208morange'], { colours: 'colour', format: 'message' })).toBe(
      '\u001b[38;5;208morange\u001b[0m\n',
    );
  });

  it('is never a workflow command on GitHub, on no line', () => {
    for (const format of ['short', 'full', 'message', '{message}']) {
      const lines = text(['::error::x', '  ::set-output name=a::b', '{"msg":"a\\n::warning::b"}'], {
        format,
        prefix: 'hidden',
        isGithub: true,
      });
      expect(lines).not.toMatch(/^\s*::/m);
    }
  });

  it('shows carriage returns and bidirectional characters instead of obeying them', () => {
    expect(text(['a\u202eb'], { format: 'message' })).toBe('a<U+202E>b\n');
    expect(text(['{"msg":"a","k\\u001b[2Jx":"v\\u0007"}'])).toContain('k^[[2Jx=');
  });
});

describe('the sink', () => {
  it('waits for whoever reads, and stops waiting when it is told to end', async () => {
    const end = new AbortController();
    let makeRoom = (): void => undefined;
    const terminal = {
      ...recordedTerminal(),
      outWithRoom: () => new Promise<void>((resolve) => (makeRoom = resolve)),
    };
    const stream = outputStream({ output: { mode: 'human', colours: 'plain' }, terminal, signal: end.signal });
    let isDone = false;
    const first = stream.write('x').then(() => (isDone = true));
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    makeRoom();
    await first;
    const second = stream.write('y');
    end.abort('SIGINT');
    await second;
  });

  it('writes every event as a document under ndjson, the lines of a trace behind their head', async () => {
    const terminal = recordedTerminal();
    const stream = outputStream({
      output: { mode: 'ndjson', colours: 'plain' },
      terminal,
      signal: new AbortController().signal,
    });
    const sink = createLogSink({ stream, flags: { format: 'short' }, parse: parsedHead });
    await sink.write(gatherBlocks(['{"level":50,"msg":"m","a":1}', 'Error: x', '  at f'].map(event)));
    const documents = terminal
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents).toMatchObject([
      {
        timestamp: '2026-11-25T14:03:07.042Z',
        service: 'api',
        message: '{"level":50,"msg":"m","a":1}',
        fields: { level: 'error', a: 1 },
      },
      { message: 'Error: x', fields: { level: 'error' } },
      { message: '  at f', continues: true, fields: {} },
    ]);
  });
});

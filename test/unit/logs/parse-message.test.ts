import { describe, expect, it } from 'vitest';
import { levelOfText } from '../../../src/lib/logs/levels.js';
import { parseMessage } from '../../../src/lib/logs/parse-message.js';
import { mentions, traceForms } from '../../../src/lib/logs/trace-match.js';

const parsed = (value: object) => parseMessage(JSON.stringify(value));

describe('a line of JSON', () => {
  it.each([
    ['pino', { level: 50, time: 1700000000000, pid: 1, hostname: 'h', msg: 'no' }, 'error', 'no', 1700000000000],
    [
      'bunyan',
      { v: 0, level: 40, name: 'api', msg: 'slow', time: '2024-01-15T10:30:45.123Z' },
      'warn',
      'slow',
      1705314645123,
    ],
    [
      'zap',
      { level: 'info', ts: 1705314645.123, msg: 'Request completed' },
      'info',
      'Request completed',
      1705314645123,
    ],
    ['logrus', { level: 'fatal', msg: 'gone', time: '2024-01-15T10:30:45Z' }, 'fatal', 'gone', 1705314645000],
    [
      'python',
      { levelname: 'CRITICAL', message: 'bad', asctime: '2024-01-15 10:30:45Z' },
      'fatal',
      'bad',
      1705314645000,
    ],
    ['Serilog', { '@t': '2024-01-15T10:30:45Z', '@m': 'hi', '@l': 'Warning' }, 'warn', 'hi', 1705314645000],
    ['Google', { severity: 'NOTICE', message: 'm', timestamp: '2024-01-15T10:30:45Z' }, 'info', 'm', 1705314645000],
    [
      'ECS',
      { '@timestamp': '2024-01-15T10:30:45Z', log: { level: 'ERROR' }, message: 'm' },
      'error',
      'm',
      1705314645000,
    ],
    ['GELF', { version: '1.1', short_message: 'm', level: 3, timestamp: 1705314645 }, 'error', 'm', 1705314645000],
    ['nanoseconds', { level: 'debug', message: 'm', time: 1705314645123000000 }, 'debug', 'm', 1705314645123],
  ] as const)('of %s gives its level, message and time', (_, value, level, text, timeMs) => {
    expect(parsed(value)).toMatchObject({ kind: 'json', level, text, timeMs });
  });

  it('keeps the other members, without the noise and without what was taken', () => {
    const { fields } = parsed({
      level: 30,
      msg: 'm',
      pid: 7,
      hostname: 'h',
      status: 201,
      user: { id: 1 },
      trace_id: 't1',
    });
    expect(fields).toEqual({ status: 201, user: { id: 1 } });
  });

  it.each([
    [{ trace_id: 'a1' }, 'a1'],
    [{ traceId: 'a2' }, 'a2'],
    [{ dd: { trace_id: '42' } }, '42'],
    [{ 'dd.trace_id': '43' }, '43'],
    [{ 'logging.googleapis.com/trace': 'projects/p/traces/0af7' }, '0af7'],
    [{ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, '0af7651916cd43dd8448eb211c80319c'],
    [
      { 'X-Amzn-Trace-Id': 'Self=1-2-3;Root=1-67891233-abcdef012345678912345678' },
      '1-67891233-abcdef012345678912345678',
    ],
  ])('%j has a trace', (members, trace) => {
    expect(parsed({ message: 'm', ...members }).trace).toBe(trace);
  });

  it('takes the surest name when several fit, whatever their order', () => {
    expect(parsed({ severity: 'INFO', priority: 'ERROR', level: 'warn', text: 'b', msg: 'a' })).toMatchObject({
      level: 'warn',
      text: 'a',
    });
  });

  it('finds the stack of an error inside, which makes it an error', () => {
    const stack = 'Error: no\n    at f (/app/a.js:1:2)';
    expect(parsed({ msg: 'failed', err: { message: 'no', stack } })).toMatchObject({
      level: 'error',
      stack,
      text: 'failed',
    });
  });

  it('that has no message is shown as it was written', () => {
    const message = '{"status":200}';
    expect(parseMessage(message)).toMatchObject({ text: message, fields: {} });
  });

  it.each(['{"a":', '[1,2]', '"text"', '{not json}', ''])('%j is plain text', (message) => {
    expect(parseMessage(message)).toMatchObject({ kind: 'text', text: message });
  });

  it('cannot reach a prototype', () => {
    const { fields } = parseMessage('{"msg":"m","__proto__":{"x":1},"constructor":"c"}');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(fields['constructor']).toBe('c');
  });
});

describe('a plain line', () => {
  it.each([
    ['2026-11-25 10:00:00 ERROR something broke', 'error'],
    ['[WARN] careful', 'warn'],
    ['INFO:     Uvicorn running', 'info'],
    ['level=debug msg="x"', 'debug'],
    ['warn: deprecated', 'warn'],
    ['2026/11/25 [error] 7#7: *1 open() failed', 'error'],
    ['Error: DATABASE_URL is not set', 'error'],
    ['java.lang.IllegalStateException: no', 'error'],
    ['panic: runtime error: index out of range', 'fatal'],
    ['Traceback (most recent call last):', 'error'],
    ['GET /errors/info 200', undefined],
    ['terror is not a level', undefined],
    ['the information desk', undefined],
  ])('%s → %s', (line, level) => {
    expect(levelOfText(line)).toBe(level);
  });
});

describe('looking for a trace', () => {
  const hex = '67891233abcdef012345678912345678';

  it("finds X-Ray's, OpenTelemetry's and Datadog's way of writing the same id", () => {
    const forms = traceForms('1-67891233-abcdef012345678912345678');
    expect(forms).toContain(hex);
    expect(traceForms(hex)).toContain('1-67891233-abcdef012345678912345678');
    expect(forms).toContain(BigInt(`0x${hex.slice(16)}`).toString());
  });

  it('wants the whole id, and takes any other id as it is', () => {
    expect(mentions('request_id=req-xyz123 done', traceForms('req-xyz123'))).toBe(true);
    expect(mentions('request_id=req-xyz1234 done', traceForms('req-xyz123'))).toBe(false);
    expect(mentions('xreq-1 req-1', traceForms('req-1'))).toBe(true);
  });
});

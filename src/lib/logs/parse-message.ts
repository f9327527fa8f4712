/**
 * What a line says: a JSON object by the member names that loggers use (pino, bunyan, winston, zap, zerolog, logrus,
 * structlog, python-json-logger, Serilog, ECS, GELF, Datadog, Google's), or plain text with a word for its level. Pure.
 */
import { type Level, levelNamed, levelNumbered, levelOfSyslog, levelOfText } from './levels.js';

export interface ParsedMessage {
  readonly kind: 'json' | 'text';
  readonly level?: Level | undefined;
  /** The message itself; of plain text, all of it. */
  readonly text: string;
  /** By the line's own account, when it has one. */
  readonly timeMs?: number | undefined;
  readonly trace?: string | undefined;
  /** Several lines: where an exception came from. */
  readonly stack?: string | undefined;
  /** Everything that the members above were not taken from. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const levelKeys = [
  'level',
  'severity',
  'lvl',
  'levelname',
  'log.level',
  'loglevel',
  'logLevel',
  '@l',
  'severity_text',
  'SeverityText',
  'priority',
];
const messageKeys = ['message', 'msg', '@m', 'short_message', 'body', 'event', 'text', 'log'];
const timeKeys = ['time', 'timestamp', 'ts', '@timestamp', '@t', 'datetime', 'asctime', 'eventTime'];
/** Documented in docs/logs.md. */
export const traceKeys = [
  'trace_id',
  'traceId',
  'traceID',
  'trace.id',
  'dd.trace_id',
  'otelTraceID',
  'logging.googleapis.com/trace',
  'traceparent',
  'X-Amzn-Trace-Id',
  'x-amzn-trace-id',
  'xray_trace_id',
  'xrayTraceId',
];
const stackKeys = [
  'stack',
  'stacktrace',
  'stack_trace',
  'stackTrace',
  'exc_info',
  'exception',
  'traceback',
  '@x',
  'error.stack',
  'error.stack_trace',
];
/** Noise of pino and bunyan that the prefix says better. */
const dullKeys = new Set(['pid', 'hostname', 'v']);

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const jsonOf = (message: string): Fields | undefined => {
  const start = message.charCodeAt(0) === 0x7b ? message : message.trimStart();
  if (start.charCodeAt(0) !== 0x7b) return undefined;
  try {
    const value: unknown = JSON.parse(start);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

export const parseMessage = (message: string): ParsedMessage => {
  const json = jsonOf(message);
  return json === undefined
    ? { kind: 'text', level: levelOfText(message), text: message, trace: traceInText(message), fields: {} }
    : parseJson(json, message);
};

const own = (json: Fields, key: string): unknown => {
  if (Object.hasOwn(json, key)) return json[key];
  // `log.level` may be nested: {"log": {"level": …}}.
  const dot = key.indexOf('.');
  if (dot < 0) return undefined;
  const outer = json[key.slice(0, dot)];
  return isObject(outer) ? own(outer, key.slice(dot + 1)) : undefined;
};

/** The first key whose value can be read as what is looked for. */
const pick = <T>(
  json: Fields,
  keys: readonly string[],
  read: (value: unknown) => T | undefined,
): { readonly key: string; readonly value: T } | undefined => {
  for (const key of keys) {
    const raw = own(json, key);
    const value = raw === undefined || raw === null ? undefined : read(raw);
    if (value !== undefined) return { key, value };
  }
  return undefined;
};

const readText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const readLevel =
  (isGelf: boolean) =>
  (value: unknown): Level | undefined => {
    if (typeof value === 'string')
      return levelNamed(value) ?? (value === '' ? undefined : levelNumbered(Number(value)));
    if (typeof value !== 'number') return undefined;
    return isGelf ? levelOfSyslog(value) : (levelNumbered(value) ?? (value <= 7 ? levelOfSyslog(value) : undefined));
  };

const readTime = (value: unknown): number | undefined => {
  if (typeof value === 'number') return epochMs(value);
  if (typeof value !== 'string') return undefined;
  const numeric = Number(value);
  if (value !== '' && Number.isFinite(numeric)) return epochMs(numeric);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
};

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size. */
const epochMs = (value: number): number | undefined => {
  if (value < 1e8) return undefined;
  if (value < 1e11) return Math.floor(value * 1000);
  if (value < 1e14) return Math.floor(value);
  return Math.floor(value < 1e17 ? value / 1e3 : value / 1e6);
};

const readTrace = (value: unknown): string | undefined => {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'string' || value === '') return undefined;
  const xray = /Root=([^;]+)/.exec(value)?.[1];
  const google = /^projects\/[^/]+\/traces\/(.+)$/.exec(value)?.[1];
  const w3c = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(value)?.[1];
  return xray ?? google ?? w3c ?? value;
};

const readStack = (value: unknown): string | undefined =>
  typeof value === 'string' && value.includes('\n') ? value : undefined;

/** pino, winston and others: {"err": {"type", "message", "stack"}}. */
const nestedStack = (json: Fields): { readonly key: string; readonly value: string } | undefined => {
  for (const key of ['err', 'error', 'exception']) {
    const error = json[key];
    const stack = isObject(error) ? (readStack(error['stack']) ?? readStack(error['stack_trace'])) : undefined;
    if (stack !== undefined) return { key, value: stack };
  }
  return undefined;
};

const parseJson = (json: Fields, message: string): ParsedMessage => {
  const level = pick(json, levelKeys, readLevel(Object.hasOwn(json, 'short_message')));
  const said = pick(json, messageKeys, readText);
  const time = pick(json, timeKeys, readTime);
  const trace = pick(json, traceKeys, readTrace);
  const stack = pick(json, stackKeys, readStack) ?? nestedStack(json);
  const taken = new Set([level, said, time, trace, stack].map((found) => found?.key));
  const fields: Record<string, unknown> = {};
  for (const key of Object.keys(json)) if (!taken.has(key) && !dullKeys.has(key)) fields[key] = json[key];
  return {
    kind: 'json',
    level: level?.value ?? (stack === undefined ? undefined : 'error'),
    text: said?.value ?? message,
    timeMs: time?.value,
    trace: trace?.value,
    stack: stack?.value,
    fields: said === undefined ? {} : fields,
  };
};

const inText = /\b(?:trace_?id|dd\.trace_id|Root)[=:]\s*"?([0-9a-fA-F][0-9a-fA-F-]{7,40})/i;

const traceInText = (text: string): string | undefined =>
  // The regular expression is slow, and most lines have no trace.
  text.includes('race') || text.includes('Root=') ? inText.exec(text)?.[1] : undefined;

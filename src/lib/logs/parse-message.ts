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

type Role = 'level' | 'text' | 'time' | 'trace' | 'stack';

/** Member names by what they hold, the surest first. `a.b` may also be written nested: {"a": {"b": …}}. */
const names: Readonly<Record<Role, readonly string[]>> = {
  level: [
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
  ],
  text: ['message', 'msg', '@m', 'short_message', 'body', 'event', 'text', 'log'],
  time: ['time', 'timestamp', 'ts', '@timestamp', '@t', 'datetime', 'asctime', 'eventTime'],
  trace: [
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
  ],
  stack: [
    'stack',
    'stacktrace',
    'stack_trace',
    'stackTrace',
    'exc_info',
    'traceback',
    '@x',
    'exception',
    'error.stack',
    'error.stack_trace',
    'err.stack',
    'exception.stack',
    'exception.stacktrace',
  ],
};
/** Documented in docs/logs.md. */
export const traceKeys = names.trace;

interface Known {
  readonly role: Role;
  readonly rank: number;
}

const byName = new Map<string, Known>(
  (Object.keys(names) as readonly Role[]).flatMap((role) =>
    names[role].map((name, rank) => [name, { role, rank }] as const),
  ),
);
/** Objects that are looked into. */
const outers = new Set(
  [...byName.keys()].flatMap((name) => (name.includes('.') ? [name.slice(0, name.indexOf('.'))] : [])),
);
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

const readText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const readLevel = (value: unknown, isGelf: boolean): Level | undefined => {
  if (typeof value === 'string') return levelNamed(value) ?? (value === '' ? undefined : levelNumbered(Number(value)));
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

interface Found {
  readonly key: string;
  readonly rank: number;
  readonly value: string | number;
}

type Findings = { [role in Role]?: Found };

const read = (role: Role, value: unknown, isGelf: boolean): string | number | undefined => {
  switch (role) {
    case 'level':
      return readLevel(value, isGelf);
    case 'text':
      return readText(value);
    case 'time':
      return readTime(value);
    case 'trace':
      return readTrace(value);
    case 'stack':
      return readStack(value);
  }
};

/** Keeps the surest member of each role. `key`: the member of the line itself. */
const note = (
  findings: Findings,
  name: string,
  { key, value, isGelf }: { readonly key: string; readonly value: unknown; readonly isGelf: boolean },
): void => {
  const known = byName.get(name);
  if (known === undefined || value === null) return;
  const { role, rank } = known;
  const best = findings[role];
  if (best !== undefined && best.rank < rank) return;
  const found = read(role, value, isGelf);
  if (found !== undefined) findings[role] = { key, rank, value: found };
};

const parseJson = (json: Fields, message: string): ParsedMessage => {
  const findings: Findings = {};
  const isGelf = Object.hasOwn(json, 'short_message');
  const keys = Object.keys(json);
  for (const key of keys) {
    const value = json[key];
    note(findings, key, { key, value, isGelf });
    if (outers.has(key) && isObject(value))
      for (const inner of Object.keys(value)) note(findings, `${key}.${inner}`, { key, value: value[inner], isGelf });
  }
  const { level, text, time, trace, stack } = findings;
  const fields: Record<string, unknown> = {};
  // Without a message the line is shown as it is, and its members are in it.
  if (text !== undefined)
    for (const key of keys)
      if (
        key !== level?.key &&
        key !== text.key &&
        key !== time?.key &&
        key !== trace?.key &&
        key !== stack?.key &&
        !dullKeys.has(key)
      )
        fields[key] = json[key];
  return {
    kind: 'json',
    level: (level?.value as Level | undefined) ?? (stack === undefined ? undefined : 'error'),
    text: (text?.value as string | undefined) ?? message,
    timeMs: time?.value as number | undefined,
    trace: trace?.value as string | undefined,
    stack: stack?.value as string | undefined,
    fields,
  };
};

const inText = /\b(?:trace_?id|dd\.trace_id|Root)[=:]\s*"?([0-9a-fA-F][0-9a-fA-F-]{7,40})/i;

const traceInText = (text: string): string | undefined =>
  // The regular expression is slow, and most lines have no trace.
  text.includes('race') || text.includes('Root=') ? inText.exec(text)?.[1] : undefined;

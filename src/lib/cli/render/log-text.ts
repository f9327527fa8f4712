/**
 * Blocks of a log as text: `short` (time, service and task, level, message, the other members), `full` (the whole date,
 * the whole stream, the line as it was written), `message` (the line as it was written, nothing else), or a template with
 * `{time} {date} {service} {task} {container} {stream} {level} {message} {raw} {trace} {field.NAME}`. Pure.
 */
import { PlatformError } from '../../errors/platform-error.js';
import type { Level } from '../../logs/levels.js';
import type { Block, LogEvent } from '../../logs/model.js';
import type { ParsedMessage } from '../../logs/parse-message.js';
import { foreignText, foreignTextWithColours, notAWorkflowCommand } from '../foreign-text.js';

export interface LogStyle {
  readonly format: string;
  readonly colours: 'colour' | 'plain';
  readonly prefix: 'shown' | 'hidden';
  readonly isGithub: boolean;
  /** From the noun, which parses a block once for filter and text. */
  readonly parse: (block: Block) => ParsedMessage;
}

export type BlockText = (block: Block) => string;

const levelCodes: Readonly<Record<Level, string>> = {
  trace: '2',
  debug: '2',
  info: '32',
  warn: '33',
  error: '31',
  fatal: '1;31',
};
/** Of the prefix: easily told apart, none of them a level's. */
const serviceCodes = ['36', '35', '34', '96', '95', '94', '92', '93'];
const eventCode = '1;36';

const paint = (style: LogStyle, text: string, code: string | undefined): string =>
  style.colours === 'plain' || code === undefined ? text : `\u001b[${code}m${text}\u001b[0m`;

const shown = (style: LogStyle, text: string): string =>
  style.colours === 'colour' ? foreignTextWithColours(text) : foreignText(text);

const linesOf = (message: string): readonly string[] =>
  message.includes('\n') || message.includes('\r') ? message.replace(/[\r\n]+$/, '').split(/\r\n|\r|\n/) : [message];

const guarded = (style: LogStyle, line: string): string => `${style.isGithub ? notAWorkflowCommand(line) : line}\n`;

/** Remembers colours and widths of the services that it has met. */
export const blockText = (style: LogStyle): BlockText => {
  const prefixOf = prefixes(style);
  switch (style.format) {
    case 'message':
      return messageText(style);
    case 'full':
      return fullText(style);
    case 'short':
      return shortText(style, prefixOf);
    default:
      return templateText(style);
  }
};

const prefixes = (style: LogStyle): ((event: LogEvent) => string) => {
  const known = new Map<LogEvent['origin'], string>();
  const services = new Map<string, number>();
  let width = 0;
  return ({ origin, kind }) => {
    const { service, task } = origin;
    const name = foreignText(kind === 'event' ? `${service} ecs` : `${service}${task ? `/${task.slice(0, 8)}` : ''}`);
    if (name.length > width) {
      width = Math.min(40, name.length);
      known.clear();
    }
    const made = known.get(origin);
    if (made !== undefined) return made;
    const index = services.get(service) ?? services.size;
    services.set(service, index);
    const text = paint(style, name.padEnd(width), serviceCodes[index % serviceCodes.length]);
    known.set(origin, text);
    return text;
  };
};

const messageText =
  (style: LogStyle): BlockText =>
  ({ head, rest }) => {
    let text = '';
    for (const event of [head, ...rest])
      for (const line of linesOf(event.message)) text += guarded(style, shown(style, line));
    return text;
  };

const fullText =
  (style: LogStyle): BlockText =>
  ({ head, rest }) => {
    let text = '';
    for (const event of [head, ...rest]) {
      const { origin } = event;
      const at = new Date(event.timestamp).toISOString();
      const where = event.kind === 'event' ? `${origin.service} ecs` : `${origin.service} ${origin.stream}`;
      const start = style.prefix === 'shown' ? `${at} ${foreignText(where)} ` : `${at} `;
      for (const line of linesOf(event.message)) text += guarded(style, start + shown(style, line));
    }
    return text;
  };

/** `HH:MM:SS.mmm` of one second is made once. */
const clockText = (): ((timestamp: number) => string) => {
  let second = -1;
  let text = '';
  return (timestamp) => {
    const current = Math.floor(timestamp / 1000);
    if (current !== second) {
      second = current;
      text = new Date(current * 1000).toISOString().slice(11, 19);
    }
    return `${text}.${String(timestamp - current * 1000).padStart(3, '0')}`;
  };
};

const shortText = (style: LogStyle, prefixOf: (event: LogEvent) => string): BlockText => {
  const clock = clockText();
  const dim = style.colours === 'colour' ? '2' : undefined;
  return (block) => {
    const { head, rest } = block;
    const prefix = style.prefix === 'shown' ? `${prefixOf(head)}  ` : '';
    const start = `${paint(style, clock(head.timestamp), dim)}  ${prefix}`;
    const [first = '', ...more] = bodyOf(style, block);
    let text = guarded(style, start + first);
    for (const line of more) text += guarded(style, `${start}${line}`);
    for (const event of rest)
      for (const line of linesOf(event.message)) text += guarded(style, `${start}${shown(style, line)}`);
    return text;
  };
};

const bodyOf = (style: LogStyle, block: Block): readonly string[] => {
  const { head } = block;
  if (head.kind === 'event') return [paint(style, foreignText(head.message), eventCode)];
  // Without colours a plain line is shown as it is: there is nothing to find out about it.
  const isJson = head.message.charCodeAt(0) === 0x7b || /^\s*\{/.test(head.message);
  if (!isJson && style.colours === 'plain') return linesOf(head.message).map((line) => shown(style, line));
  const parsed = style.parse(block);
  return parsed.kind === 'json' ? jsonBody(style, parsed) : textBody(style, parsed);
};

/** A plain line says its level itself: it is coloured as a whole when that is worth a look. */
const textBody = (style: LogStyle, parsed: ParsedMessage): readonly string[] => {
  const isLoud = parsed.level === 'warn' || parsed.level === 'error' || parsed.level === 'fatal';
  return linesOf(parsed.text).map((line) =>
    isLoud && !line.includes('\u001b')
      ? paint(style, shown(style, line), levelCodes[parsed.level ?? 'info'])
      : shown(style, line),
  );
};

const jsonBody = (style: LogStyle, parsed: ParsedMessage): readonly string[] => {
  const level =
    parsed.level === undefined
      ? ''
      : `${paint(style, parsed.level.toUpperCase().padEnd(5), levelCodes[parsed.level])} `;
  let fields = parsed.trace === undefined ? '' : `trace=${parsed.trace}`;
  for (const key of Object.keys(parsed.fields))
    fields += `${fields === '' ? '' : ' '}${key}=${valueText(parsed.fields[key])}`;
  const tail = fields === '' ? '' : `  ${paint(style, foreignText(fields), '2')}`;
  const [first = '', ...more] = linesOf(parsed.text);
  const head = `${level}${shown(style, first)}${tail}`;
  if (more.length === 0 && parsed.stack === undefined) return [head];
  const stack = parsed.stack === undefined ? [] : linesOf(parsed.stack).map((line) => `  ${shown(style, line)}`);
  return [head, ...more.map((line) => shown(style, line)), ...stack];
};

const valueText = (value: unknown): string => {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return JSON.stringify(value) ?? '';
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
};

const templateNames = ['time', 'date', 'service', 'task', 'container', 'stream', 'level', 'message', 'raw', 'trace'];
const templatePattern = /\{(field\.[^{}]+|[a-z]+)\}/g;

/** Refuses what is neither the name of a format nor a template of names that we know. */
export const checkFormat = (format: string): string => {
  if (['short', 'full', 'message'].includes(format)) return format;
  const names = [...format.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
  const unknown = names.find((name) => !templateNames.includes(name) && !/^field\../.test(name));
  if (names.length > 0 && unknown === undefined) return format;
  const known = templateNames.map((name) => `{${name}}`).join(' ');
  throw new PlatformError(
    'E_USAGE',
    unknown === undefined ? `--format ${format} is no format` : `--format: there is no {${unknown}}`,
    { hints: ['--format short', `--format '{time} {service} {message}' of ${known} {field.NAME}`] },
  );
};

const templateText =
  (style: LogStyle): BlockText =>
  (block) => {
    const parsed = style.parse(block);
    const { head, rest } = block;
    const at = new Date(head.timestamp).toISOString();
    const values: Readonly<Record<string, string | undefined>> = {
      time: at.slice(11, 23),
      date: at,
      service: head.origin.service,
      task: head.origin.task,
      container: head.origin.container,
      stream: head.origin.stream,
      level: parsed.level,
      message: parsed.text,
      raw: head.message,
      trace: parsed.trace,
    };
    const line = style.format.replace(templatePattern, (_, name: string) => {
      if (!name.startsWith('field.')) return values[name] ?? '-';
      const key = name.slice('field.'.length);
      return Object.hasOwn(parsed.fields, key) ? valueText(parsed.fields[key]) : '-';
    });
    let text = '';
    for (const each of linesOf(line)) text += guarded(style, shown(style, each));
    for (const event of rest) for (const each of linesOf(event.message)) text += guarded(style, shown(style, each));
    return text;
  };

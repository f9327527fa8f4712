/** Levels by the names and numbers that loggers give them. Pure. */

export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof levels)[number];

const byName: Readonly<Record<string, Level>> = {
  trace: 'trace',
  trc: 'trace',
  verbose: 'trace',
  silly: 'trace',
  finest: 'trace',
  finer: 'trace',
  debug: 'debug',
  dbg: 'debug',
  fine: 'debug',
  info: 'info',
  inf: 'info',
  information: 'info',
  informational: 'info',
  notice: 'info',
  log: 'info',
  http: 'info',
  config: 'info',
  default: 'info',
  warn: 'warn',
  wrn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  eror: 'error',
  severe: 'error',
  fatal: 'fatal',
  ftl: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  panic: 'fatal',
  dpanic: 'fatal',
};

export const levelNamed = (name: string): Level | undefined => {
  const key = name.toLowerCase();
  return Object.hasOwn(byName, key) ? byName[key] : undefined;
};

/** pino and bunyan: 10 trace … 60 fatal, and anything in between counts as the lower one. */
export const levelNumbered = (value: number): Level | undefined =>
  value >= 10 && value < 70 ? levels[Math.floor(value / 10) - 1] : undefined;

const bySyslog: readonly Level[] = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug'];

/** syslog's (and GELF's) severities: 0 emergency … 7 debug. */
export const levelOfSyslog = (value: number): Level | undefined => bySyslog[value];

export const isAtLeast = (level: Level, wanted: Level): boolean => levels.indexOf(level) >= levels.indexOf(wanted);

/** A word of a plain line that is a level: in capitals anywhere near its start, or followed by a colon or in brackets. */
const capitals =
  /(?:^|[\s[|(<"'=:])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL|PANIC|EMERG)(?=$|[\s\]|)>:,"'])/;
const marked =
  /^[^\w]*(?:\[|level[=:]\s*"?|lvl[=:]\s*"?)?(trace|debug|info|notice|warn|warning|error|fatal|critical|panic)(?:[\]:]|"?\s|$)/i;
const bracketed =
  /\[(trace|debug|info|notice|warn|warning|error|err|fatal|crit|critical|alert|emerg)\]|\b(?:level|lvl|severity)=["']?(\w+)/i;
const failures =
  /^(?:Uncaught |Unhandled )?(?:[\w$.]*(?:Error|Exception))(?::|$)|^Traceback \(most recent call last\)|^(?:\s*at )?panic: |^fatal error: /;
const lookAtLength = 160;

/** Of a plain line, by its first 160 characters; undefined when nothing says it. */
export const levelOfText = (text: string): Level | undefined => {
  const start = text.length > lookAtLength ? text.slice(0, lookAtLength) : text;
  const word = capitals.exec(start)?.[1] ?? firstOf(bracketed.exec(start)) ?? marked.exec(start)?.[1];
  if (word !== undefined) return levelNamed(word);
  return failures.test(start) ? 'error' : undefined;
};

const firstOf = (found: RegExpExecArray | null): string | undefined => found?.[1] ?? found?.[2];

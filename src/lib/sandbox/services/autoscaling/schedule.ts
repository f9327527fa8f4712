/** When a scheduled action is due: at(), rate() and cron() in a time zone. Pure. */
import { AwsError } from '../../service.js';
import { validation } from './state.js';

interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** `L` is the last day of the month; absent means any. */
  readonly days?: readonly number[] | 'L';
  readonly months: readonly number[];
  /** 1 is Sunday; absent means any. */
  readonly weekdays?: readonly number[];
  readonly years: readonly number[];
}

export type Schedule =
  | { readonly kind: 'at'; readonly local: LocalTime }
  | { readonly kind: 'rate'; readonly ms: number }
  | { readonly kind: 'cron'; readonly fields: CronFields };

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const dayMs = unitMs.day;

export const parseSchedule = (text: string): Schedule => {
  const at = /^at\((\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\)$/.exec(text);
  if (at) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = at.slice(1).map(Number);
    return { kind: 'at', local: { year, month, day, hour, minute, second } };
  }
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(text);
  if (rate && Number(rate[1]) > 0)
    return { kind: 'rate', ms: Number(rate[1]) * unitMs[rate[2] as keyof typeof unitMs] };
  const cron = /^cron\((.+)\)$/.exec(text)?.[1]?.trim().split(/\s+/);
  if (cron?.length === 6) return { kind: 'cron', fields: cronFields(cron) };
  throw refusal(text);
};

const refusal = (text: string): AwsError => validation(`Invalid schedule expression: ${text}`);

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const cronFields = (parts: readonly string[]): CronFields => {
  const [minute = '', hour = '', day = '', month = '', weekday = '', year = ''] = parts;
  return {
    minutes: numbers(minute, { min: 0, max: 59 }),
    hours: numbers(hour, { min: 0, max: 23 }),
    ...(day === 'L' ? { days: 'L' } : isAny(day) ? {} : { days: numbers(day, { min: 1, max: 31 }) }),
    months: numbers(month, { min: 1, max: 12, names: monthNames }),
    ...(isAny(weekday) ? {} : { weekdays: numbers(weekday, { min: 1, max: 7, names: dayNames }) }),
    years: numbers(year, { min: 1970, max: 2199 }),
  };
};

const isAny = (text: string): boolean => text === '*' || text === '?';

interface FieldRange {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

/** `*`, `5`, `MON-FRI`, `0/15`, `1,3,5`. */
const numbers = (text: string, range: FieldRange): readonly number[] => {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    if (/[LW#]/.test(part) && !range.names?.some((name) => part.includes(name)))
      throw new AwsError('NotImplemented', `${part} in a cron expression is not part of the sandbox`, 501);
    const [span = '', step] = part.split('/');
    const [low = '', high] = span === '*' ? [String(range.min), String(range.max)] : span.split('-');
    const first = numberOf(low, range);
    const last = high === undefined ? (step === undefined ? first : range.max) : numberOf(high, range);
    const by = step === undefined ? 1 : Number(step);
    if (!(by >= 1) || last < first) throw refusal(text);
    for (let value = first; value <= last; value += by) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
};

const numberOf = (text: string, { min, max, names = [] }: FieldRange): number => {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? named + min : Number(text);
  if (!/^(\d+|[A-Za-z]{3})$/.test(text) || !Number.isInteger(value) || value < min || value > max) throw refusal(text);
  return value;
};

export const checkTimezone = (timezone: string): void => {
  try {
    localTime(0, timezone);
  } catch {
    throw validation(`Invalid timezone: ${timezone}`);
  }
};

const formats = new Map<string, Intl.DateTimeFormat>();

const localTime = (at: number, timezone: string): LocalTime => {
  const format =
    formats.get(timezone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.set(timezone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
};

const asUtc = ({ year, month, day, hour, minute, second }: LocalTime): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);

/** Undefined for a time that the clocks skip. */
const momentOf = (local: LocalTime, timezone: string): number | undefined => {
  const wanted = asUtc(local);
  let at = wanted;
  // Twice: the offset at the first guess may be the one of the other side of a clock change.
  for (let round = 0; round < 2; round += 1) at += wanted - asUtc(localTime(at, timezone));
  return asUtc(localTime(at, timezone)) === wanted ? at : undefined;
};

export interface ScheduleClock {
  readonly after: number;
  readonly timezone: string;
  /** Where the beats of a rate begin. */
  readonly origin: number;
}

/** The first time later than `after`; undefined when there is none. */
export const nextTime = (schedule: Schedule, clock: ScheduleClock): number | undefined => {
  switch (schedule.kind) {
    case 'at': {
      const at = momentOf(schedule.local, clock.timezone);
      return at !== undefined && at > clock.after ? at : undefined;
    }
    case 'rate': {
      const beats = Math.max(1, Math.floor((clock.after - clock.origin) / schedule.ms) + 1);
      return clock.origin + beats * schedule.ms;
    }
    case 'cron':
      return nextCron(schedule.fields, clock);
  }
};

/** Days that are looked at: a 29 February comes within eight years. */
const longestSearchDays = 8 * 366;

const nextCron = (fields: CronFields, { after, timezone }: ScheduleClock): number | undefined => {
  const { year, month, day } = localTime(after, timezone);
  const today = Date.UTC(year, month - 1, day);
  for (let passed = 0; passed < longestSearchDays; passed += 1) {
    const date = new Date(today + passed * dayMs);
    if (!isDayOf(fields, date)) continue;
    const found = firstTimeOf(fields, { date, after, timezone });
    if (found !== undefined) return found;
  }
  return undefined;
};

const isDayOf = (fields: CronFields, date: Date): boolean => {
  const day = date.getUTCDate();
  const isLast = new Date(date.getTime() + dayMs).getUTCDate() === 1;
  return (
    fields.years.includes(date.getUTCFullYear()) &&
    fields.months.includes(date.getUTCMonth() + 1) &&
    (fields.days === undefined || (fields.days === 'L' ? isLast : fields.days.includes(day))) &&
    (fields.weekdays === undefined || fields.weekdays.includes(date.getUTCDay() + 1))
  );
};

const firstTimeOf = (
  fields: CronFields,
  of: { readonly date: Date; readonly after: number; readonly timezone: string },
): number | undefined => {
  const { date, after, timezone } = of;
  for (const hour of fields.hours)
    for (const minute of fields.minutes) {
      const local = {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        hour,
        minute,
        second: 0,
      };
      const at = momentOf(local, timezone);
      if (at !== undefined && at > after) return at;
    }
  return undefined;
};

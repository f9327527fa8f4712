/** `--since` and `--until`: `10m`, `2h`, `1d12h`, an ISO date or time, or seconds or milliseconds since 1970; in AWS time. Pure. */
import { PlatformError } from '../errors/platform-error.js';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

const agoMs = (text: string): number | undefined => {
  if (!/^(?:\d+(?:ms|s|m|h|d|w))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d|w)/g))
    total += Number(amount) * unitMs[unit as keyof typeof unitMs];
  return total;
};

export const parseMoment = (flag: string, text: string, nowMs: number): number => {
  const ago = agoMs(text);
  const at = ago === undefined ? pointInTime(text) : nowMs - ago;
  if (at !== undefined && at >= 0 && at < 8.64e15) return Math.floor(at);
  throw new PlatformError('E_USAGE', `${flag} ${text} is not a time like 10m, 2h, 3d or 2026-11-25T14:00:00Z`, {
    hints: [`${flag} 1h`],
  });
};

const pointInTime = (text: string): number | undefined => {
  if (/^\d{10}$/.test(text)) return Number(text) * 1_000;
  if (/^\d{13}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  // A time without a zone is UTC, as all times that we print.
  const isZoned = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text);
  const at = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) || isZoned ? text : `${text.replace(' ', 'T')}Z`);
  return Number.isNaN(at) ? undefined : at;
};

export const iso = (ms: number): string => new Date(ms).toISOString();

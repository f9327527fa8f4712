/** Durations as people write and read them. Pure. */
const factors = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `30s`, `15m`, `2h`, `1h30m`, `500ms` → milliseconds; undefined when it is none of these. */
export const parseDuration = (text: string): number | undefined => {
  if (!/^(\d+(ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h)/g)) {
    total += Number(amount) * factors[unit as keyof typeof factors];
  }
  return Number.isSafeInteger(total) ? total : undefined;
};

/** `0.4 s`, `42s`, `3m 40s`, `2h 5m`, `3d 4h`: at most two units. */
export const formatDuration = (ms: number): string => {
  const safe = Math.max(0, ms);
  if (safe < 10_000) return `${(Math.floor(safe / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(safe / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return join([Math.floor(seconds / 60), 'm'], [seconds % 60, 's']);
  if (seconds < 86_400) return join([Math.floor(seconds / 3600), 'h'], [Math.floor((seconds % 3600) / 60), 'm']);
  return join([Math.floor(seconds / 86_400), 'd'], [Math.floor((seconds % 86_400) / 3600), 'h']);
};

const join = (major: readonly [number, string], minor: readonly [number, string]): string =>
  minor[0] === 0 ? `${major[0]}${major[1]}` : `${major[0]}${major[1]} ${minor[0]}${minor[1]}`;

/** `40s`, `4m`, `3h`, `2d`: how long ago, as a table wants it. */
export const formatAge = (ms: number): string => {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
};

/** AWS time with the real time in brackets where they differ: `3m 40s (3.7 s here)`. */
export const formatElapsed = (serviceMs: number, rate: number): string =>
  rate === 1 || rate <= 0
    ? formatDuration(serviceMs)
    : `${formatDuration(serviceMs)} (${formatDuration(serviceMs / rate)} here)`;

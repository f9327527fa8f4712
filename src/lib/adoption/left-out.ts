/** What was left out, in few lines: services with the same reason share one when there are many of them. Pure. */
import type { LeftOut } from './model.js';

export interface LeftOutLine {
  /** A service, or `498 services (a, b, c, …)`. */
  readonly who: string;
  readonly why: string;
}

const few = 3;

export const leftOutLines = (leftOut: readonly LeftOut[]): readonly LeftOutLine[] => {
  const byReason = new Map<string, string[]>();
  for (const { serviceName, why } of leftOut) byReason.set(why, [...(byReason.get(why) ?? []), serviceName]);
  return [...byReason].flatMap(([why, names]) =>
    names.length <= few
      ? names.map((who) => ({ who, why }))
      : [{ who: `${names.length} services (${names.slice(0, few).join(', ')}, …)`, why }],
  );
};

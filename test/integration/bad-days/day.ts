/** What a day is, and words to say whom it strikes. The days themselves are in …-days.ts, one file per part of the world. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../../../src/lib/errors/codes.js';
import type { ManifestCommand } from '../../helpers/manifest.js';
import type { CommandRow, Need } from './command-rows.js';
import type { Scene, Stage } from './stage.js';

export interface Expected {
  readonly exit: number | readonly number[];
  readonly code?: ErrorCode | readonly ErrorCode[];
  /** In the message, a hint or a next step. */
  readonly says?: RegExp;
  readonly hint?: RegExp;
}

export interface Struck {
  readonly id: string;
  readonly row: CommandRow;
  readonly command: ManifestCommand;
  /** Calls to AWS that the command makes on a good day. Known when the day is arranged. */
  readonly usualCalls: number;
  /** Operations that change something, as the command asks for them on a good day. */
  readonly usualChanges: readonly string[];
}

export interface Day {
  readonly name: string;
  /** What it owes; undefined when this day does not concern it. */
  readonly strikes: (struck: Pick<Struck, 'id' | 'row' | 'command'>) => Expected | undefined;
  readonly arrange: (stage: Stage, struck: Struck) => Scene | Promise<Scene>;
  /** Journals are broken on purpose, so they do not verify. */
  readonly breaksJournals?: true;
  /** Others are not tried: what the day does has nothing to do with them. */
  readonly only?: true;
  /** Runs wait for as long as a step may take, at the cost of many calls: told as JSON only. */
  readonly isLong?: true;
  /** The world must end as on a good day, and no change be asked for twice. */
  readonly sameWorld?: true;
  readonly tidyUp?: () => void;
}

export const needs = (row: CommandRow, ...wanted: readonly Need[]): boolean =>
  wanted.some((need) => row.needs.includes(need));

export const readsConfig = (row: CommandRow): boolean => needs(row, 'config', 'target');
export const choosesEnvironment = (row: CommandRow): boolean => needs(row, 'environment', 'target');
export const callsAws = (row: CommandRow): boolean => needs(row, 'target', 'aws');
export const asksSandbox = (row: CommandRow): boolean => needs(row, 'control', 'registry');

export const when =
  (concerns: (row: CommandRow) => boolean, expected: Expected): Day['strikes'] =>
  ({ row }) =>
    concerns(row) ? expected : undefined;

export const asUsual = (row: CommandRow): Expected => ({ exit: row.exit ?? 0 });

export const editConfig = (stage: Stage, change: (yaml: string) => string): void => {
  const file = join(stage.cwd, 'platform.yaml');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
};

export const edited =
  (change: (yaml: string) => string): Day['arrange'] =>
  (stage) => {
    editConfig(stage, change);
    return {};
  };

/** Flags of ours stand before `--`: what comes behind it belongs to somebody else's command. */
export const withFlags = (words: readonly string[], flags: readonly string[]): readonly string[] => {
  const at = words.indexOf('--');
  return at < 0 ? [...words, ...flags] : [...words.slice(0, at), ...flags, ...words.slice(at)];
};

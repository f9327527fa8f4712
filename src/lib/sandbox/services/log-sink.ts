/** What containers write: the way from ECS and the traffic to the logs module. A world without it (a unit test) drops lines. */
import type { World } from '../world.js';
import { createLogGroup, hasLogGroup, type LogLine, putLogLines } from './logs/store.js';

export interface LogStreamName {
  readonly region: string;
  readonly group: string;
  readonly stream: string;
}

export const writeLines = (world: World, name: LogStreamName, lines: readonly (string | LogLine)[]): void => {
  if (lines.length > 0 && world.modules.has('logs')) putLogLines(world, name.region, { ...name, lines });
};

export const logGroupExists = (world: World, name: { readonly region: string; readonly group: string }): boolean =>
  !world.modules.has('logs') || hasLogGroup(world, name.region, name.group);

export const ensureLogGroup = (world: World, name: { readonly region: string; readonly group: string }): void => {
  if (world.modules.has('logs')) createLogGroup(world, name.region, name.group);
};

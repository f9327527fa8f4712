/** Flags of `logs tail` and `logs search`, and what they mean together. */
import { Flags } from '@oclif/core';
import { PlatformError } from '../errors/platform-error.js';
import type { OutputMode } from './command-output.js';
import { outputFlags } from './flags.js';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

export const logFlags = {
  ...outputFlags,
  since: Flags.string({
    summary: 'From when on: 10m, 2h, 3d, or a date and time (UTC); default 1h.',
    helpValue: 'WHEN',
  }),
  filter: Flags.string({
    summary: "CloudWatch's own filter pattern: what does not match never leaves AWS.",
    helpValue: 'PATTERN',
    aliases: ['filter-pattern'],
  }),
  level: Flags.option({ options: levels })({ summary: 'This level and above; a line without a level counts as info.' }),
  grep: Flags.string({ summary: 'Lines (with their stack traces) that match: text, or /regex/i.', helpValue: 'REGEX' }),
  trace: Flags.string({ summary: 'Lines of a trace, request or correlation id.', helpValue: 'ID' }),
  task: Flags.string({ summary: 'Only tasks whose id begins so.', helpValue: 'ID' }),
  container: Flags.string({ summary: 'Only containers of this name.', helpValue: 'NAME' }),
  'with-events': Flags.boolean({ summary: 'Also service events, deployments and stopped tasks, in one timeline.' }),
  format: Flags.string({
    summary: "short, full, message, or a template like '{time} {service} {level} {message}'.",
    default: 'short',
    helpValue: 'FORMAT',
  }),
  'no-prefix': Flags.boolean({ summary: 'Without service and task in front.' }),
};

interface GivenFlags {
  readonly since?: string | undefined;
  readonly filter?: string | undefined;
  readonly level?: (typeof levels)[number] | undefined;
  readonly grep?: string | undefined;
  readonly trace?: string | undefined;
  readonly task?: string | undefined;
  readonly container?: string | undefined;
  readonly 'with-events'?: boolean;
}

/** What both commands ask the noun for. */
export const logOptions = (services: readonly string[], flags: GivenFlags) => {
  const { since, filter, level, grep, trace, task, container } = flags;
  const events = flags['with-events'] === true ? ('with' as const) : ('without' as const);
  return { services, since, filter, level, grep, trace, task, container, events };
};

/** One document at the end makes no sense of something that has no end. */
export const refuseEndlessDocument = (mode: OutputMode): void => {
  if (mode !== 'json') return;
  throw new PlatformError('E_USAGE', '--follow never ends, so it cannot be one JSON document', {
    hints: ['--follow --output ndjson'],
  });
};

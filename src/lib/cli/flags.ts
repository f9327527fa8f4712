/** Flags that several commands share. A command spreads the groups it needs: `static flags = {...mutationFlags}`. */
import { Flags } from '@oclif/core';
import { PlatformError } from '../errors/platform-error.js';
import { parseDuration } from './duration.js';

const GLOBAL = 'GLOBAL';

/** Every command has these (BaseCommand.baseFlags). */
export const globalFlags = {
  env: Flags.string({
    char: 'e',
    summary: 'Environment to work on.',
    helpValue: 'NAME',
    helpGroup: GLOBAL,
  }),
  config: Flags.string({ summary: 'Path of platform.yaml.', helpValue: 'FILE', helpGroup: GLOBAL }),
  sandbox: Flags.boolean({ summary: 'Work on the running sandbox instead of AWS.', helpGroup: GLOBAL }),
  json: Flags.boolean({ summary: 'Print exactly one JSON document on stdout.', helpGroup: GLOBAL }),
  'no-color': Flags.boolean({ summary: 'No colour.', helpGroup: GLOBAL }),
  verbose: Flags.boolean({ summary: 'Show stack traces and where the debug log is.', helpGroup: GLOBAL }),
};

/** `--timeout 15m` as milliseconds: `{timeout: durationFlag({summary: '…', default: 900_000})}`. */
export const durationFlag = Flags.custom<number>({
  helpValue: '30s|15m|2h',
  parse: async (input) => {
    const ms = parseDuration(input);
    if (ms === undefined) throw new PlatformError('E_USAGE', `${input} is not a duration like 30s, 15m or 2h`);
    return ms;
  },
});

/** Every command with `mutates: environment` has these. */
export const mutationFlags = {
  'dry-run': Flags.boolean({ summary: 'Print the plan and change nothing.' }),
  yes: Flags.boolean({ char: 'y', summary: 'Consent without being asked (not enough for a protected environment).' }),
  confirm: Flags.string({ summary: 'Consent to a change of a protected environment: its name.', helpValue: 'NAME' }),
  'lock-wait': durationFlag({ summary: 'Wait this long for a lock; 3m in CI, else not at all.' }),
  journal: Flags.option({ options: ['local'] as const })({
    summary: 'Accept a journal and lock that protect this machine only.',
  }),
};

/** Streaming commands: one event a line on stdout, the envelope is the last line. */
export const outputFlags = {
  output: Flags.option({ options: ['ndjson'] as const })({ summary: 'Stream events as one JSON document a line.' }),
};

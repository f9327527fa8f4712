/** `platform help json`: the envelope and the streams in short. docs/json.md says more; a test keeps both to the schema. */
import type { Line } from './report.js';
import { wrapped } from './wrap.js';

export interface GuideRow {
  readonly name: string;
  readonly meaning: string;
}

export const envelopeMembers: readonly GuideRow[] = [
  { name: 'schema', meaning: 'platform.COMMAND/N: the command, and the major version of result.' },
  { name: 'ok', meaning: 'true exactly for exit codes 0 and 11 (for run and exec: for 0).' },
  { name: 'command', meaning: "The command's words; empty when none was found." },
  { name: 'exitCode', meaning: "The process's exit code; platform help exit-codes lists them." },
  { name: 'runId', meaning: 'The run in the journal, for commands that change an environment.' },
  { name: 'target', meaning: 'Where: place (aws or sandbox), account, region, project, environment.' },
  { name: 'result', meaning: 'What was found or done; docs/schemas has a JSON Schema per command.' },
  { name: 'error', meaning: 'Exactly when ok is false: code (E_…, stable), message, hints, details.' },
  { name: 'warnings', meaning: 'code and message of what was noticed and stopped nothing.' },
  { name: 'next', meaning: 'command and why: what can be typed next.' },
];

export const streamRules: readonly GuideRow[] = [
  { name: '--json', meaning: 'Exactly one document on stdout, also on failure and for a wrong flag.' },
  { name: '--output ndjson', meaning: 'One event a line while it goes on; the last line is the envelope.' },
  { name: 'stderr', meaning: 'Where we are, progress, questions and warnings. Never part of the document.' },
  { name: 'in CI', meaning: 'Nothing is ever asked; consent is --yes, or --confirm NAME.' },
];

const textColumns = 56;

const rows = (title: string, all: readonly GuideRow[]): readonly Line[] => [
  [{ text: title, tone: 'strong' }],
  ...all.flatMap(({ name, meaning }): readonly Line[] => [
    [{ text: `  ${name}`, tone: 'accent' }],
    ...wrapped(meaning, textColumns - 4).map((text) => `    ${text}`),
  ]),
];

export const jsonGuideLines = (): readonly Line[] => [
  ...rows('The envelope', envelopeMembers),
  '',
  ...rows('Streams', streamRules),
  '',
  ...wrapped('New members may appear at any time: readers ignore what they do not know.', textColumns),
];

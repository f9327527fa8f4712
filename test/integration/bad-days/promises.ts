/**
 * What every ending owes, whatever the day: one exit code of the table, one document or one clear text, hints that exist,
 * and nothing that a person should not see. Each promise gives the sentences that say how it was broken.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { envelopeSchema } from '../../../src/lib/cli/result-schemas.js';
import { exitCodes } from '../../../src/lib/errors/codes.js';
import { type ManifestCommand, manifest, repository } from '../../helpers/manifest.js';
import type { Ending } from './stage.js';

export type Mode = 'text' | 'json' | 'ndjson';

export interface Told {
  readonly code?: string;
  readonly message: string;
  readonly hints: readonly string[];
  readonly next: readonly string[];
}

const schemaFile = (name: string) => {
  const file = join(repository, 'docs/schemas', `${name}.json`);
  try {
    return z.fromJSONSchema(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
};

const envelopeFile = schemaFile('envelope');
const schemas = new Map<string, ReturnType<typeof schemaFile>>();

const publishedSchema = (id: string) => {
  // What `runs resume` and `runs undo` give is the result of the operation that the run belongs to.
  const owner = id === 'runs:resume' || id === 'runs:undo' ? 'deploy' : id;
  const name = `platform.${owner.replaceAll(':', '.')}`;
  if (!schemas.has(name)) schemas.set(name, schemaFile(name));
  return schemas.get(name);
};

const parsed = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

const lastDocument = (ending: Ending, mode: Mode): Readonly<Record<string, unknown>> | undefined =>
  parsed(mode === 'ndjson' ? (ending.stdout.trimEnd().split('\n').at(-1) ?? '') : ending.stdout);

/** What people or scripts were told; undefined when it is not to be found. */
export const toldIn = (ending: Ending, mode: Mode): Told | undefined => {
  if (mode === 'text') {
    const lines = ending.stderr.split('\n');
    const after = (mark: string): readonly string[] =>
      lines.flatMap((line) => (line.startsWith(mark) ? [line.slice(mark.length).trim()] : []));
    const from = lines.findIndex((line) => line.startsWith('Error: '));
    const message = lines
      .slice(Math.max(0, from))
      .filter((line) => !line.startsWith('Try: '))
      .join('\n');
    const next = after('Next: ').map((line) => line.split(/ {2}/)[0] ?? '');
    return { message: from < 0 ? '' : message.slice('Error: '.length), hints: after('Try: '), next };
  }
  const document = lastDocument(ending, mode);
  if (document === undefined) return undefined;
  const error = (document['error'] ?? {}) as { code?: string; message?: string; hints?: readonly string[] };
  const next = (document['next'] ?? []) as readonly { readonly command: string }[];
  return {
    ...(error.code === undefined ? {} : { code: error.code }),
    message: error.message ?? '',
    hints: error.hints ?? [],
    next: next.map(({ command }) => command),
  };
};

const documentProblems = (id: string, ending: Ending, mode: Mode): readonly string[] => {
  if (mode === 'text') return [];
  const document = lastDocument(ending, mode);
  if (document === undefined) return [`stdout is not one document: ${JSON.stringify(ending.stdout.slice(0, 200))}`];
  const envelope = envelopeSchema.safeParse(document);
  const isOk = document['ok'] === true;
  const schema = document['result'] === undefined ? undefined : publishedSchema(id)?.safeParse(document['result']);
  return [
    ...(envelope.success ? [] : [`the envelope: ${z.prettifyError(envelope.error)}`]),
    ...(envelopeFile?.safeParse(document).success === true ? [] : ['docs/schemas/envelope.json does not fit']),
    ...(document['exitCode'] === ending.exitCode ? [] : [`exitCode says ${String(document['exitCode'])}`]),
    ...(isOk === (ending.exitCode === 0 || ending.exitCode === 11) ? [] : [`ok is ${String(isOk)}`]),
    ...(isOk === (document['error'] === undefined) ? [] : ['error is there exactly when ok is not']),
    ...(document['command'] === id.replaceAll(':', ' ') ? [] : [`command is ${String(document['command'])}`]),
    ...(schema === undefined || schema.success ? [] : [`the result: ${z.prettifyError(schema.error)}`]),
    ...(ending.stderr.split('\n').some((line) => parsed(line) !== undefined) ? ['a document on stderr'] : []),
  ];
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: looks for what must not be there.
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** What our program must not let through to anybody's eyes. */
export const textProblems = (text: string): readonly string[] =>
  [
    // One of a container is a fact about it; its files are in no folder of ours.
    [/^\s+at .*(file:|node:|\/src\/|\/dist\/|node_modules)/m, 'a stack trace'],
    [/\[object \w+\]/, '[object …]'],
    [/\bundefined\b/, 'undefined'],
    [/\bNaN\b/, 'NaN'],
    [/\bInvalid Date\b/, 'Invalid Date'],
    [/\bnode:internal\b|\bnode_modules\b|\bUnhandled/, 'words of Node'],
    [control, 'a control character'],
  ].flatMap(([pattern, what]) => {
    const match = (pattern as RegExp).exec(text);
    if (!match) return [];
    return [`${what as string}: ${JSON.stringify(text.slice(Math.max(0, match.index - 60), match.index + 100))}`];
  });

const stringsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(stringsIn);
  return [];
};

/** Words of a command line, as a person would paste it. */
const commandIn = (text: string): readonly string[] =>
  [...text.matchAll(/\bplatform ([a-z][^,;:)`"']*)/g)].map(([, line]) => (line ?? '').trim());

const commandOf = (words: readonly string[]): { command: ManifestCommand; rest: readonly string[] } | undefined => {
  const { commands } = manifest();
  for (let length = Math.min(3, words.length); length > 0; length -= 1) {
    const command = commands[words.slice(0, length).join(':')];
    if (command) return { command, rest: words.slice(length) };
  }
  return undefined;
};

const flagProblems = (command: ManifestCommand, words: readonly string[]): readonly string[] =>
  words.flatMap((word) => {
    const name = /^--([\w-]+)/.exec(word)?.[1];
    const isKnown = name === undefined || name === 'help' || command.flags[name] !== undefined;
    return isKnown ? [] : [`${command.id} has no --${name}`];
  });

/** A hint names a command or a flag that exists, or says what to do outside of platform in words. */
export const hintProblems = (id: string, hints: readonly string[]): readonly string[] =>
  hints.flatMap((hint) => {
    const own = manifest().commands[id];
    if (hint.startsWith('--') && own) return flagProblems(own, hint.split(' '));
    return commandIn(hint).flatMap((line) => {
      const words = line.split(/\s+/);
      if (words[0] === 'COMMAND') return [];
      const found = commandOf(words);
      return found ? flagProblems(found.command, found.rest) : [`the hint names no command: ${hint}`];
    });
  });

/** `config validate` has nothing to send people to: it says itself where each error is. */
const isHelpful = (told: Told | undefined): boolean =>
  (told?.hints.length ?? 0) + (told?.next.length ?? 0) > 0 ||
  / is not valid: \d+ errors?\n {2}\S+:\d+:\d+ /.test(told?.message ?? '');

const usualExits = new Set(Object.keys(exitCodes).map(Number));

export interface Owed {
  readonly id: string;
  readonly mode: Mode;
}

export const problemsOf = (ending: Ending, { id, mode }: Owed): readonly string[] => {
  const told = toldIn(ending, mode);
  const isFailure = ending.exitCode !== 0 && ending.exitCode !== 11;
  const texts = mode === 'text' ? [ending.stdout] : stringsIn(lastDocument(ending, mode));
  return [
    ...(usualExits.has(ending.exitCode) ? [] : [`exit ${ending.exitCode} is not in the table`]),
    ...documentProblems(id, ending, mode),
    ...[...texts, ending.stderr].flatMap((text) => textProblems(text)),
    ...(isFailure && (told?.message ?? '') === '' ? ['no error was told'] : []),
    ...(told?.code === 'E_BUG' || told?.message.startsWith('unexpected: ') ? [`a bug: ${told.message}`] : []),
    ...(isFailure && !isHelpful(told) ? [`no hint: ${told?.message ?? ''}`] : []),
    ...hintProblems(id, [...(told?.hints ?? []), ...(told?.next ?? [])]),
  ];
};

/** Files that a writer leaves when it dies between temp file and rename, and that nothing but a crash may leave. */
export const halfWritten = (...folders: readonly string[]): readonly string[] =>
  folders
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
    .filter((path) => /\.(new|tmp|temp|partial)$|~$/.test(path));

/**
 * The command of a one-off task, and its plain variables. Both stand in the plan, in the journal and in ECS's own records,
 * for everybody to read who may describe a task: so a secret is refused here, and where secrets belong is named. Pure.
 */
import { looksLikeSecret } from '../config/secret-shape.js';
import { PlatformError } from '../errors/platform-error.js';

export interface TaskCommand {
  readonly service: string;
  readonly command: readonly string[];
}

/** `api -- node migrate.js`; oclif has taken the `--` away. */
export const parseCommand = (words: readonly string[]): TaskCommand => {
  const [service, ...command] = words;
  if (service === undefined) {
    throw new PlatformError('E_USAGE', 'name a service and a command', {
      hints: ['platform run api -- node migrate.js'],
    });
  }
  if (command.length === 0) {
    throw new PlatformError('E_USAGE', `what is ${service} to run? Without a command it would start another server`, {
      hints: [`platform run ${service} -- node migrate.js`],
    });
  }
  assertNoSecrets(service, command);
  return { service, command };
};

/** `--api-key` → `API_KEY`: what the next word, or what stands behind `=`, is the value of. */
const nameOf = (word: string): string => word.replace(/^-+/, '').replace(/-/g, '_').toUpperCase();

const isSecretWord = (word: string, before: string | undefined): boolean => {
  const [name = '', ...value] = word.split('=');
  if (value.length > 0) return looksLikeSecret(nameOf(name), value.join('=')) || looksLikeSecret('', word);
  const isValueOfFlag = before?.startsWith('-') === true && !before.includes('=') && !word.startsWith('-');
  return looksLikeSecret(isValueOfFlag ? nameOf(before) : '', word);
};

const assertNoSecrets = (service: string, command: readonly string[]): void => {
  const at = command.findIndex((word, index) => isSecretWord(word, command[index - 1]));
  if (at < 0) return;
  throw new PlatformError(
    'E_POLICY',
    `word ${at + 1} of the command looks like a secret, and a command can be read by everybody who may describe a task`,
    {
      hints: [`put it under services.${service}.secrets in platform.yaml; the command reads it from its environment`],
      details: { word: at + 1 },
    },
  );
};

export interface VariableRules {
  readonly service: string;
  /** Names that the task gets as secrets. */
  readonly secrets: readonly string[];
}

export const parseVariables = (
  words: readonly string[],
  { service, secrets }: VariableRules,
): Readonly<Record<string, string>> => {
  const pairs = words.map((word): readonly [string, string] => {
    const at = word.indexOf('=');
    const name = at < 0 ? word : word.slice(0, at);
    if (at < 0 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      // The word is not repeated: what was meant to be a value may be a secret.
      throw new PlatformError('E_USAGE', '--set needs NAME=VALUE with a name of letters, digits and _', {
        hints: ['--set LOG_LEVEL=debug'],
      });
    }
    return [name, word.slice(at + 1)];
  });
  const refused = pairs.find(([name, value]) => secrets.includes(name) || looksLikeSecret(name, value));
  if (refused) {
    throw new PlatformError('E_POLICY', `the variable ${refused[0]} is a secret, and --set is for plain values`, {
      hints: [`put it under services.${service}.secrets in platform.yaml`],
      details: { variable: refused[0] },
    });
  }
  return Object.fromEntries(pairs);
};

/** For people, and to be pasted: words with anything but plain characters are quoted. */
export const shellText = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');

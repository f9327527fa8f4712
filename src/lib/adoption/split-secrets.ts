/**
 * Takes out of a task definition what must not be on disk: a plain value that looks like a secret becomes a reference to
 * an SSM parameter that somebody has to create, and a question says so. What cannot be a reference leaves the service
 * out. Never puts a value into a question. Pure.
 */
import { looksLikeSecret } from '../config/secret-shape.js';
import { containsSecretShape } from '../engine/redact.js';
import { isMembers, type Members, membersOf, textOf } from './members.js';
import type { AskAbout, Sourced } from './model.js';

export interface SplitSecrets {
  readonly definition: Members;
  /** For `secrets:` of platform.yaml. */
  readonly declared: ReadonlyMap<string, Sourced<string>>;
  readonly questions: readonly AskAbout[];
  /** Where something secret-shaped is that cannot be a reference: `containerDefinitions[0].command`. */
  readonly unwritable: readonly string[];
}

export interface SplitRequest {
  readonly definition: Members;
  readonly container: string;
  /** Name in platform.yaml. */
  readonly service: string;
  readonly project: string;
  readonly environment: string;
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** platform.yaml has `ssm:` and `secretsmanager:` prefixes of its own. */
const canDeclare = (name: string, valueFrom: string): boolean =>
  variableName.test(name) && !forbiddenKeys.has(name) && valueFrom !== '' && !/^(ssm|secretsmanager):/.test(valueFrom);

interface Reference {
  readonly name: string;
  readonly valueFrom: string;
}

interface Found extends Reference {
  readonly question: AskAbout;
}

const propose = (request: SplitRequest, of: { readonly name: string; readonly where: string }): Found => {
  const { project, environment, service } = request;
  const valueFrom = `/${project}/${environment}/${service}/${of.name.replace(/[^A-Za-z0-9_.-]/g, '_')}`;
  return {
    name: of.name,
    valueFrom,
    question: {
      code: 'secret',
      question: `the value of ${of.name} in ${of.where} looks like a secret: it was not written, and a deploy would read it from SSM ${valueFrom}, which has to be created first`,
      fix: `aws ssm put-parameter --type SecureString --name ${valueFrom} --value file://FILE, and let the execution role read it`,
    },
  };
};

interface SplitContainer {
  readonly container: Members;
  readonly found: readonly Found[];
}

const splitEnvironment = (container: Members, request: SplitRequest): SplitContainer => {
  const entries = membersOf(container['environment']);
  const secret = entries.filter(({ name, value }) => looksLikeSecret(textOf(name), textOf(value)));
  if (secret.length === 0) return { container, found: [] };
  const found = secret.map(({ name }) =>
    propose(request, { name: textOf(name), where: `environment of container ${textOf(container['name'])}` }),
  );
  return { container: { ...container, environment: entries.filter((entry) => !secret.includes(entry)) }, found };
};

const splitLogs = (container: Members, request: SplitRequest): SplitContainer => {
  const logs = container['logConfiguration'];
  const options = isMembers(logs) ? logs['options'] : undefined;
  if (!isMembers(logs) || !isMembers(options)) return { container, found: [] };
  const secret = Object.keys(options).filter((key) => looksLikeSecret(key, textOf(options[key])));
  if (secret.length === 0) return { container, found: [] };
  const found = secret.map((name) => propose(request, { name, where: `log options of ${textOf(container['name'])}` }));
  const kept = Object.fromEntries(Object.entries(options).filter(([key]) => !secret.includes(key)));
  const secretOptions = [...membersOf(logs['secretOptions']), ...found.map(reference)];
  return { container: { ...container, logConfiguration: { ...logs, options: kept, secretOptions } }, found };
};

const reference = ({ name, valueFrom }: Reference): Reference => ({ name, valueFrom });

/** References say where a secret is, not what it is; the environment is looked through by itself. */
const looked =
  /^containerDefinitions\[\d+\]\.(secrets|image|environment|repositoryCredentials|logConfiguration\.secretOptions)$/;

const secretsIn = (value: unknown, at: { readonly path: string; readonly key: string }): readonly string[] => {
  if (typeof value === 'string') {
    if (/^arn:[^\s]+$/.test(value)) return [];
    return containsSecretShape(value) || looksLikeSecret(at.key, value) ? [at.path] : [];
  }
  if (Array.isArray(value)) {
    const found = value.flatMap((item: unknown, index) => {
      const flag = index > 0 ? textOf(value[index - 1]) : '';
      const key = flag.startsWith('--') ? flag.replaceAll('-', '_') : '';
      return secretsIn(item, { path: `${at.path}[${index}]`, key });
    });
    return found;
  }
  if (!isMembers(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const path = at.path === '' ? key : `${at.path}.${key}`;
    return looked.test(path) ? [] : secretsIn(member, { path, key });
  });
};

export const splitSecrets = (request: SplitRequest): SplitSecrets => {
  const declared = new Map<string, Sourced<string>>();
  const questions: AskAbout[] = [];
  const containerDefinitions = membersOf(request.definition['containerDefinitions']).map((original) => {
    const logs = splitLogs(original, request);
    const plain = splitEnvironment(logs.container, request);
    questions.push(...[...plain.found, ...logs.found].map(({ question }) => question));
    const isChosen = original['name'] === request.container;
    const live = membersOf(original['secrets']).map((secret, index) => ({
      name: textOf(secret['name']),
      valueFrom: textOf(secret['valueFrom']),
      origin: `from its task definition: secrets[${index}] of container ${request.container}`,
    }));
    const names = new Set(live.map(({ name }) => name));
    const proposed = plain.found
      .filter(({ name }) => !names.has(name))
      .map((found) => ({ ...reference(found), origin: 'QUESTION: proposed; create it before the first deploy' }));
    const kept = [...live, ...proposed].filter(({ name, valueFrom, origin }) => {
      if (!isChosen || !canDeclare(name, valueFrom) || declared.has(name)) return true;
      declared.set(name, { value: valueFrom, origin });
      return false;
    });
    return { ...plain.container, secrets: kept.map(reference) };
  });
  const definition = { ...request.definition, containerDefinitions };
  return { definition, declared, questions, unwritable: secretsIn(definition, { path: '', key: '' }) };
};

/**
 * A target's cache in the state folder: facts that cannot change, kept to save calls. Best effort on both sides: what
 * cannot be read is empty, what cannot be written is asked again. Files are 0600 in a 0700 folder, replaced whole.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { targetComponents } from '../engine/journal/state-folder.js';
import type { Json } from '../plan/json.js';
import type { Target } from '../plan/plan.js';
import type { Cache } from './context.js';
import { privateFolder } from './private-folder.js';

const maxBytes = 4 * 1024 * 1024;
/** Every sandbox has a file of its own; the oldest ones go. */
const maxFiles = 50;

export const cacheFor = ({ state, target }: { readonly state: string; readonly target: Target }): Cache => {
  const folder = join(state, 'cache');
  const fileOf = (topic: string): string => join(folder, `${[...targetComponents(target), topic].join('.')}.json`);
  return {
    read: (topic) => attempt(() => readSmall(fileOf(topic))),
    write: (topic, value) => {
      attempt(() => {
        privateFolder(state);
        replace(fileOf(topic), { folder: privateFolder(folder), value });
      });
    },
  };
};

const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

const readSmall = (file: string): Json | undefined => {
  const stat = lstatSync(file);
  return stat.isFile() && stat.size <= maxBytes ? (JSON.parse(readFileSync(file, 'utf8')) as Json) : undefined;
};

const replace = (file: string, { folder, value }: { readonly folder: string; readonly value: Json }): void => {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > maxBytes) return;
  const written = join(folder, `.${randomUUID()}`);
  try {
    writeFileSync(written, text, { flag: 'wx', mode: 0o600 });
    renameSync(written, file);
  } finally {
    rmSync(written, { force: true });
  }
  dropOldest(folder);
};

const dropOldest = (folder: string): void => {
  const files = readdirSync(folder).map((name) => join(folder, name));
  if (files.length <= maxFiles) return;
  const byAge = files.map((file) => ({ file, at: statSync(file).mtimeMs })).sort((a, b) => b.at - a.at);
  for (const { file } of byAge.slice(maxFiles)) rmSync(file, { force: true });
};

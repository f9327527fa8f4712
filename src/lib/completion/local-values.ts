/**
 * What this machine knows: names in platform.yaml, run folders in the state folder, the sandbox's faults. Local files
 * only, never AWS; whatever is missing, broken or too big simply gives nothing. Names that the schema would refuse are
 * not offered: what a broken file holds must not land on somebody's command line.
 */
import { readFileSync, statSync } from 'node:fs';
import { discoverConfig } from '../config/discover.js';
import { stateFolder } from '../context/state-folder.js';
import { shortestUniqueSuffix } from '../runs/ids.js';
import { locateRuns } from '../runs/locate-runs.js';
import { estateFaults, faultKinds } from '../sandbox/fault-kinds.js';
import type { Candidate, LocalKind } from './candidates.js';
import type { ConfigNames } from './config-names.js';

export interface LocalSources {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Typed already: values depend on them. */
  readonly words: readonly string[];
  readonly current: string;
}

const namePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const maxConfigBytes = 256 * 1024;
const maxRuns = 50;

export const localValues = async (kind: LocalKind, sources: LocalSources): Promise<readonly Candidate[]> => {
  switch (kind) {
    case 'environments':
      return named((await namesIn(sources)).environments);
    case 'services':
      return named((await namesIn(sources)).services);
    case 'dataStores':
      return named((await namesIn(sources)).dataStores);
    case 'faults':
      return Object.entries({ ...faultKinds, ...estateFaults }).map(([value, about]) => ({ value, about }));
    case 'runs':
      return runs(sources);
  }
};

const named = (values: readonly string[]): readonly Candidate[] =>
  [...new Set(values)].filter((value) => namePattern.test(value)).map((value) => ({ value }));

const noNames: ConfigNames = { environments: [], services: [], dataStores: [] };

/** The value of `--config FILE` or `--config=FILE`, as far as it is typed. */
export const typedValue = (words: readonly string[], ...flags: readonly string[]): string | undefined => {
  for (const [index, word] of words.entries()) {
    for (const flag of flags) {
      if (word === flag) return words[index + 1];
      if (word.startsWith(`${flag}=`)) return word.slice(flag.length + 1);
    }
  }
  return undefined;
};

const namesIn = async ({ cwd, env, words }: LocalSources): Promise<ConfigNames> => {
  try {
    const named = typedValue(words, '--config');
    const file = discoverConfig({ cwd, env, ...(named === undefined ? {} : { file: named }) });
    const found = statSync(file);
    // A pipe or a device would be read for ever.
    if (!found.isFile() || found.size > maxConfigBytes) return noNames;
    // Loaded here, because only some words need it.
    const { namesOf } = await import('./config-names.js');
    return namesOf(readFileSync(file, 'utf8'));
  } catch {
    return noNames;
  }
};

const base32 = '0123456789abcdefghjkmnpqrstvwxyz';

/** A run id begins with its time: ten digits of milliseconds. */
const startedAt = (runId: string): string => {
  const ms = [...runId.slice(0, 10)].reduce((sum, digit) => sum * 32 + base32.indexOf(digit), 0);
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
};

/** Newest first. People name a run by its end; who began to type the whole id gets the whole id. */
const runs = async (sources: LocalSources): Promise<readonly Candidate[]> => {
  const environment = typedValue(sources.words, '--env', '-e');
  const { project } = await namesIn(sources);
  const found = await locateRuns(
    { paths: { cwd: sources.cwd, state: stateFolder(sources.env), templates: '' }, place: { kind: 'aws' } },
    { ...(project === undefined ? {} : { project }), ...(environment === undefined ? {} : { environment }) },
  );
  const short = shortestUniqueSuffix(found.map(({ runId }) => runId));
  return found.slice(0, maxRuns).flatMap(({ runId, target }) => {
    const about = `${startedAt(runId)} ${target.project}/${target.environment}`;
    const isWhole = sources.current !== '' && runId.startsWith(sources.current);
    return [{ value: short(runId), about }, ...(isWhole ? [{ value: runId, about }] : [])];
  });
};

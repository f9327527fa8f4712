import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLine } from '../../../src/lib/completion/command-line.js';
import { complete } from '../../../src/lib/completion/complete.js';
import { namesOf } from '../../../src/lib/completion/config-names.js';
import { manifest, repository } from '../../helpers/manifest.js';
import { shopFiles, type TempProject, tempProject } from '../../helpers/temp-project.js';

const runId = '01kb0000000000000000abc123';
const otherId = '01kb0000000000000000abd456';
let project: TempProject;
let env: Record<string, string>;

beforeAll(() => {
  project = tempProject(shopFiles);
  env = { HOME: project.root, XDG_STATE_HOME: join(project.root, 'state') };
  const runs = join(project.root, 'state/platform/sandbox-x/eu-west-1/shop');
  mkdirSync(join(runs, 'staging/runs', runId), { recursive: true });
  mkdirSync(join(runs, 'production/runs', otherId), { recursive: true });
  mkdirSync(join(runs, 'staging/runs', 'not-a-run'), { recursive: true });
});
afterAll(() => project.remove());

const here = (cwd = project.root) => ({ root: repository, cwd, env });
const answer = async (words: readonly string[], cwd?: string) => {
  const [mode, ...lines] = (await complete(['fish', ...words], here(cwd))).trimEnd().split('\n');
  return { mode, values: lines.map((line) => line.split('\t')[0] ?? '') };
};
const values = async (...words: readonly string[]) => (await answer(words)).values;

describe('completion of commands and flags', () => {
  it('knows every command that is not hidden, and its sub-commands', async () => {
    const shown = Object.values(manifest().commands).filter(({ hidden }) => hidden !== true);
    expect(await values('')).toEqual([...new Set(shown.map(({ id }) => id.split(':')[0]))]);
    expect(await values('runs', '')).toEqual(['list', 'resume', 'show', 'undo', 'verify']);
    expect(await values('sandbox', 'fault', '')).toEqual(['add', 'clear', 'list']);
    expect(await values('dep')).toEqual(['deploy']);
    expect(await values('nonsense', '')).toEqual([]);
    expect(await values('--v')).toEqual(['--version']);
  });

  it('offers after help what help can be asked about', async () => {
    expect(await values('help', '')).toEqual(expect.arrayContaining(['deploy', 'runs', 'exit-codes']));
    expect(await values('help', 'runs', 'sh')).toEqual(['show']);
  });

  it('offers a flag once, unless it may be repeated', async () => {
    expect(await values('deploy', '--ta')).toEqual(['--tag', '--task-definition']);
    expect(await values('deploy', '--tag', 'v1', '--ta')).toEqual(['--task-definition']);
    expect(await values('deploy', '--tag=v1', '--ta')).toEqual(['--task-definition']);
    expect(await values('deploy', '--image', 'api=x', '--im')).toEqual(['--image']);
    expect(await values('deploy', '-e', 'staging', '--en')).toEqual([]);
    expect(await values('deploy', '-e')).toEqual(['-e']);
    expect(await values('deploy', '--help', '-')).toContain('-y');
  });

  it('offers the values that a flag or an argument lists', async () => {
    expect(await values('deploy', '--on-timeout', '')).toEqual(['rollback', 'leave']);
    expect(await values('deploy', '--on-timeout=l')).toEqual(['--on-timeout=leave']);
    expect(await values('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await values('completion', 'bash', '')).toEqual([]);
    expect(await values('deploy', '--tag', '')).toEqual([]);
  });

  it('leaves files to the shell', async () => {
    expect(await answer(['deploy', '--config', ''])).toEqual({ mode: 'files', values: [] });
    expect(await answer(['deploy', '--config=pl'])).toEqual({ mode: 'files', values: [] });
  });
});

describe('completion of what this machine knows', () => {
  it('offers environments, also joined to the flag', async () => {
    expect(await values('deploy', '-e', '')).toEqual(['staging', 'production']);
    expect(await values('deploy', '--env=p')).toEqual(['--env=production']);
    expect(await values('deploy', '-est')).toEqual(['-estaging']);
    expect(await values('deploy', '--from', 'st')).toEqual(['staging']);
    expect(await values('deploy', '--confirm', '')).toEqual(['staging', 'production']);
  });

  it('offers services that are not named yet, also behind --', async () => {
    expect(await values('deploy', '')).toEqual(['api', 'workers']);
    expect(await values('deploy', 'api', '')).toEqual(['workers']);
    expect(await values('deploy', '--tag', 'api', '')).toEqual(['api', 'workers']);
    expect(await values('deploy', '--', 'w')).toEqual(['workers']);
    expect(await values('deploy', '--', '--ta')).toEqual([]);
    expect(await values('open', 'api', '')).toEqual([]);
  });

  it('knows what the daily commands take', async () => {
    const folder = tempProject({
      'platform.yaml': 'environments: {staging: {dataStores: {db: {}, redis: {}}}}\nservices: {api: {}, web: {}}\n',
    });
    const at = async (...typed: readonly string[]) => answer(typed, folder.root);
    expect(await at('scale', 'a')).toEqual({ mode: 'joined', values: ['api='] });
    expect(await at('scale', 'api=2', '')).toEqual({ mode: 'joined', values: ['web='] });
    expect((await at('tunnel', '')).values).toEqual(['db', 'redis']);
    expect((await at('tunnel', 'db', '--via', 'w')).values).toEqual(['web']);
    expect((await at('exec', '')).values).toEqual(['api', 'web']);
    expect((await at('run', 'api', '--', '')).values).toEqual([]);
    expect((await at('run', 'api', '')).values).toEqual([]);
    expect((await at('logs', 'tail', 'api', '')).values).toEqual(['web']);
    folder.remove();
  });

  it('joins a service and its image', async () => {
    expect(await answer(['deploy', '--image', 'a'])).toEqual({ mode: 'joined', values: ['api='] });
    expect(await answer(['deploy', '--image=a'])).toEqual({ mode: 'joined', values: ['--image=api='] });
  });

  it('offers runs by the end of their id, of the chosen environment, or whole when that was begun', async () => {
    expect(await values('runs', 'show', '')).toEqual(['abd456', 'abc123']);
    expect(await values('runs', 'show', '-e', 'staging', '')).toEqual(['abc123']);
    expect(await values('runs', 'show', '01k')).toEqual([otherId, runId]);
    expect(await values('lock', 'break', '--run=01kb')).toEqual([`--run=${otherId}`, `--run=${runId}`]);
  });

  it('offers the faults of the sandbox', async () => {
    expect(await values('sandbox', 'fault', 'add', 'lose')).toEqual(['lose-answer']);
    expect(await values('sandbox', 'fault', 'add', 'delete-')).toContain('delete-log-group');
  });

  it('finds the configuration as every command does', async () => {
    const nested = join(project.root, 'deep/er');
    mkdirSync(nested, { recursive: true });
    mkdirSync(join(project.root, '.git'), { recursive: true });
    expect((await answer(['deploy', '-e', ''], nested)).values).toEqual(['staging', 'production']);
    const file = project.write('other/elsewhere.yaml', 'services: {only: {}}\n');
    expect(await values('deploy', '--config', file, '')).toEqual(['only']);
    expect(await values('deploy', `--config=${file}`, '')).toEqual(['only']);
    expect(await values('deploy', '--config', '/nowhere', '')).toEqual([]);
  });
});

describe('what bash may be given', () => {
  const bash = async (line: string, breaks = ' \t\n"\'><=;|&(:') => {
    const [, ...lines] = (await complete(['bash', line, breaks], here())).trimEnd().split('\n');
    return lines.map((text) => text.split('\t')[0]);
  };

  it('is what follows the last = of a bare word, as bash breaks it there', async () => {
    expect(await bash('platform deploy --env=st')).toEqual(['staging']);
    expect(await bash('platform deploy --env=')).toEqual(['staging', 'production']);
    expect(await bash('platform deploy --env=st', ' \t')).toEqual(['--env=staging']);
    expect(await bash('platform deploy "--env=st')).toEqual(['--env=staging']);
    expect(await bash('platform deploy --image=ap')).toEqual(['api=']);
  });

  it('reads quotes, backslashes, variables before the program and other commands on the line', () => {
    expect(parseLine('platform deploy "a b')).toEqual({ words: ['deploy'], current: 'a b', quoting: 'quoted' });
    expect(parseLine("platform 'it''s' x\\ y ")).toEqual({ words: ['its', 'x y'], current: '', quoting: 'bare' });
    expect(parseLine('A=1 B=2 platform dep')).toEqual({ words: [], current: 'dep', quoting: 'bare' });
    expect(parseLine('cd x && platform runs | platform dep').words).toEqual([]);
    expect(parseLine('echo "; platform" x; platform runs s').words).toEqual(['runs']);
    expect(parseLine('')).toEqual({ words: [], current: '', quoting: 'bare' });
    expect(parseLine('platform "$(rm -rf)" ').words).toEqual(['$(rm -rf)']);
  });
});

describe('broken and hostile files', () => {
  it('reads as much of the names as there is', () => {
    expect(namesOf('services:\n  api: {}\n  web: {\nenvironments:').services).toContain('api');
    expect(namesOf('environments: {staging: {dataStores: {db: {}}}, production: }\n')).toMatchObject({
      environments: ['staging', 'production'],
      dataStores: ['db'],
    });
    expect(namesOf('x: &e {staging: 1}\nenvironments: *e\n').environments).toEqual(['staging']);
    for (const text of ['', '- a', 'services: []', 'services: 1', '{{{', '\u0000', 'services:\n\t- x'])
      expect(() => namesOf(text)).not.toThrow();
  });

  it('never offers a name that the schema would refuse', async () => {
    const folder = tempProject({
      'platform.yaml':
        'services: {api: {}, "$(rm -rf)": {}, "a b": {}, "`id`": {}, "x\\ny": {}, "-rf": {}, __proto__: {}}\n',
    });
    expect((await answer(['deploy', ''], folder.root)).values).toEqual(['api']);
    expect((await answer(['deploy', '$'], folder.root)).values).toEqual([]);
    folder.remove();
  });

  it('answers nothing where there is nothing to say, and says so in its own form', async () => {
    const folder = tempProject({ 'platform.yaml': 'a'.repeat(300_000) });
    expect(await complete(['fish', 'deploy', ''], here(folder.root))).toBe('words\n');
    expect(await complete(['fish', 'deploy', ''], { ...here(), root: '/nowhere' })).toBe('words\n');
    expect(await complete(['tcsh', 'x'], here())).toBe('words\n');
    expect(await complete([], here())).toBe('words\n');
    folder.remove();
  });
});

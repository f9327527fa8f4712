/**
 * The JSON contract over every command: each is typed so that it succeeds and so that it fails, in one project against one
 * sandbox. Exactly one document on stdout, none on stderr, the envelope and the result as docs/schemas say, and one
 * exit code in both places. (Wrong flags and commands, without any state: test/contract/json.test.ts.)
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { envelopeSchema } from '../../src/lib/cli/result-schemas.js';
import { commands, repository } from '../helpers/manifest.js';
import { type CliResult, cliHome, documentOf, runCli } from '../helpers/run-cli.js';

const home = cliHome();
const folder = join(home.home, 'shop');
const inSandbox = { ...home.env, PLATFORM_SANDBOX: '1' };
/** A home of its own, in which no sandbox runs. */
const quiet = cliHome({ PLATFORM_SANDBOX: '1' });

const cli = (line: string, env: Readonly<Record<string, string>> = inSandbox, cwd = folder) => {
  const words = line.split(' ').filter(Boolean);
  // What follows `--` is somebody else's.
  const own = words.includes('--') ? words.indexOf('--') : words.length;
  return runCli([...words.slice(0, own), '--json', ...words.slice(own)], { env, cwd, timeoutMs: 120_000 });
};

/** As published: what scripts are written against. */
const publishedSchema = (id: string) => {
  const file = join(repository, 'docs/schemas', `platform.${id.replaceAll(':', '.')}.json`);
  return existsSync(file) ? z.fromJSONSchema(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
};

const envelopeFile = z.fromJSONSchema(JSON.parse(readFileSync(join(repository, 'docs/schemas/envelope.json'), 'utf8')));

/** `runs resume` and `runs undo` give the result of the operation that the run belongs to. */
const schemaIdOf = (id: string): string => (id === 'runs:resume' || id === 'runs:undo' ? 'deploy' : id);

const problemsOf = (schema: { safeParse: typeof envelopeSchema.safeParse }, value: unknown): string => {
  const { error } = schema.safeParse(value);
  return error ? z.prettifyError(error) : '';
};

const looksLikeJson = (line: string): boolean => {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
};

interface Expected {
  readonly id: string;
  readonly exit: number;
}

/** The whole contract of one answer; gives the document for more. */
const holdTo = (answer: CliResult, { id, exit }: Expected) => {
  const document = documentOf(answer);
  expect(answer.exitCode, `${answer.stdout}${answer.stderr}`).toBe(exit);
  expect(document.exitCode).toBe(exit);
  expect(document.ok).toBe(exit === 0 || exit === 11);
  expect(document.command).toBe(id.replaceAll(':', ' '));
  expect(document.schema).toBe(`platform.${id.replaceAll(':', '.')}/1`);
  expect(problemsOf(envelopeSchema, document)).toBe('');
  expect(envelopeFile.safeParse(document).success).toBe(true);
  expect(document.error === undefined).toBe(document.ok);
  expect(answer.stderr.split('\n').filter(looksLikeJson)).toEqual([]);
  expect(answer.stderr).not.toMatch(/^\s+at /m);
  if (document.ok) expect(document.result).toBeDefined();
  if (document.result !== undefined) {
    const schema = publishedSchema(schemaIdOf(id));
    expect(schema, `docs/schemas has no schema of ${id}`).toBeDefined();
    const { error } = schema?.safeParse(document.result) ?? {};
    expect(error ? z.prettifyError(error) : '').toBe('');
  }
  return document;
};

const runs: { good: string; bad: string; dead: string } = { good: '', bad: '', dead: '' };
const covered = new Map<string, Set<'succeeds' | 'fails'>>();

const check = async (
  id: string,
  line: string,
  exit: number,
  where: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
) => {
  const said = covered.get(id) ?? new Set();
  covered.set(id, said.add(exit === 0 || exit === 11 ? 'succeeds' : 'fails'));
  const words = line.replace(/\b(GOOD|BAD|DEAD)\b/g, (name) => runs[name.toLowerCase() as keyof typeof runs]);
  return holdTo(await cli(words, where.env, where.cwd), { id, exit });
};

/** Kills a deploy as soon as AWS has accepted it; gives the run's id. */
const killedDeploy = async (): Promise<string> => {
  const state = join(home.home, 'state', 'platform');
  const journals = (): readonly string[] =>
    readdirSync(state, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  const known = new Set(journals());
  let found: string | undefined;
  const { signal } = await runCli(['deploy', 'workers', '--tag', 'v2'], {
    env: inSandbox,
    cwd: folder,
    onStart: (child) => {
      const timer = setInterval(() => {
        const fresh = journals().find((name) => !known.has(name));
        if (fresh === undefined || !readFileSync(join(state, fresh), 'utf8').includes('"step.accepted"')) return;
        found = fresh.split('/').at(-2);
        child.kill('SIGKILL');
      }, 20);
      child.once('close', () => clearInterval(timer));
    },
  });
  expect(signal).toBe('SIGKILL');
  return found ?? '';
};

beforeAll(async () => {
  mkdirSync(folder);
  mkdirSync(join(home.home, 'broken'));
  writeFileSync(join(home.home, 'broken', 'platform.yaml'), 'version: 1\nprojekt: shop\n');
});

afterAll(async () => {
  await cli('sandbox stop --all');
  home.remove();
  quiet.remove();
});

const broken = { cwd: join(home.home, 'broken') };

describe('without a sandbox', () => {
  it.each([
    ['init', 'init --runtime ecs --yes', 0],
    ['init', 'init --project Not_A_Name --dir elsewhere', 2],
    ['config:validate', 'config validate', 0],
    ['config:show', 'config show --origin', 0],
    ['config:show', 'config show --config nowhere.yaml', 3],
    ['config:schema', 'config schema', 0],
    ['config:schema', 'config schema surplus', 2],
    ['help', 'help', 0],
    ['help', 'help no-such-command', 127],
    ['help:exit-codes', 'help exit-codes', 0],
    ['help:exit-codes', 'help exit-codes surplus', 2],
    ['help:json', 'help json', 0],
    ['help:json', 'help json surplus', 2],
    ['help:variables', 'help variables', 0],
    ['help:variables', 'help variables surplus', 2],
    ['completion', 'completion bash', 0],
    ['completion', 'completion tcsh', 2],
    ['sandbox:status', 'sandbox status surplus', 2],
    ['sandbox:stop', 'sandbox stop surplus', 2],
    ['sandbox:start', 'sandbox start --upstream http://example.com', 2],
    ['runs:list', 'runs list --limit 0', 2],
    ['sandbox:start', 'sandbox start --speed 9999', 2],
    ['sandbox:timeline', 'sandbox timeline --since yesterday', 2],
  ])('%s: %s → %d', async (id, line, exit) => {
    await check(id, line, exit);
  });

  it('config validate gives every problem with its position', async () => {
    const { error, result } = await check('config:validate', 'config validate', 3, broken);
    expect(JSON.stringify([error.details, result])).toMatch(/"line":\s*2/);
  });

  it.each([
    ['status', 'status'],
    ['releases', 'releases'],
    ['lock:status', 'lock status'],
    ['runs:list', 'runs list'],
    ['deploy', 'deploy --tag v1'],
    ['sandbox:env', 'sandbox env'],
    ['sandbox:reset', 'sandbox reset'],
    ['sandbox:timeline', 'sandbox timeline'],
    ['sandbox:fault:list', 'sandbox fault list'],
  ])('%s is exit 13 within three seconds when the sandbox was asked for and none runs', async (id, line) => {
    const before = performance.now();
    const { error } = await check(id, line, 13, { env: quiet.env });
    // Of these three seconds a loaded machine may take some to start Node; the handshake has its own limit of 2.5.
    expect(performance.now() - before).toBeLessThan(3000);
    expect(error).toMatchObject({ code: 'E_UNREACHABLE', hints: ['platform sandbox start'] });
  });
});

describe('in a sandbox', () => {
  beforeAll(async () => {
    await check('sandbox:start', 'sandbox start --speed 120 --traffic 0', 0);
    runs.good = (await check('deploy', 'deploy --tag v1', 0)).runId;
    runs.bad = (await check('deploy', 'deploy api --tag v2-bad', 7)).runId;
    runs.dead = await killedDeploy();
  });

  it('a sandbox that was not asked for is never assumed: without credentials it is exit 4, and says so', async () => {
    const { error } = await check('status', 'status', 4, { env: home.env });
    expect(error.code).toBe('E_CREDENTIALS');
    expect(error.message).toContain('a sandbox is running');
    expect(error.hints.join(' ')).toContain('--sandbox');
  });

  it('no platform.yaml is exit 3 with the command that makes one', async () => {
    const { error } = await check('status', 'status', 3, { cwd: home.home });
    expect(error).toMatchObject({ code: 'E_NO_CONFIG', hints: ['platform init'] });
  });

  // In this order: the killed deploy is looked at, its lock is broken, and then others may work.
  it.each([
    ['sandbox:start', 'sandbox start', 0],
    ['sandbox:status', 'sandbox status', 0],
    ['sandbox:env', 'sandbox env', 0],
    ['status', 'status', 0],
    ['status', 'status -e nowhere', 5],
    ['diff', 'diff api --tag v9', 0],
    ['diff', 'diff api --tag v9 --exit-code', 11],
    ['diff', 'diff nobody', 5],
    ['logs:search', 'logs search api --since 30m', 0],
    ['logs:search', 'logs search nobody', 5],
    ['logs:tail', 'logs tail api', 0],
    ['logs:tail', 'logs tail --follow', 2],
    ['open', 'open api --print', 0],
    ['open', 'open nobody', 5],
    ['exec', 'exec nobody -- true', 5],
    ['tunnel', 'tunnel nobody', 5],
    ['adopt', 'adopt --cluster shop-staging --output-dir adopted', 0],
    ['adopt', 'adopt --cluster nobody', 5],
    ['releases', 'releases api --limit 3', 0],
    ['releases', 'releases nobody', 5],
    ['lock:status', 'lock status', 0],
    ['lock:status', 'lock status -e nowhere', 5],
    ['runs:list', 'runs list', 0],
    ['runs:show', 'runs show GOOD', 0],
    ['runs:show', 'runs show BAD', 0],
    ['runs:show', 'runs show DEAD', 0],
    ['runs:show', 'runs show zzzzzz', 5],
    ['runs:show', 'runs show ../../etc', 2],
    ['runs:verify', 'runs verify GOOD', 0],
    ['runs:verify', 'runs verify zzzzzz', 5],
    ['runs:resume', 'runs resume DEAD --dry-run', 0],
    ['runs:resume', 'runs resume BAD', 7],
    ['runs:undo', 'runs undo DEAD --dry-run', 0],
    ['runs:undo', 'runs undo GOOD', 2],
    ['deploy', 'deploy workers --tag v3', 9],
    ['deploy', 'deploy nobody --tag v1', 5],
    ['deploy', 'deploy api --tag v9 --dry-run', 0],
    ['lock:break', 'lock break --run DEAD', 2],
    ['lock:break', 'lock break --run GOOD --yes', 5],
    ['lock:break', 'lock break --run DEAD --yes', 0],
    ['runs:resume', 'runs resume DEAD', 9],
    ['runs:resume', 'runs resume', 5],
    ['runs:resume', 'runs resume GOOD', 0],
    ['scale', 'scale workers=3', 0],
    ['scale', 'scale workers=0', 2],
    ['run', 'run workers -- node worker.js', 0],
    ['run', 'run nobody -- true', 5],
    ['restart', 'restart api', 0],
    ['restart', 'restart -e production', 2],
    ['rollback', 'rollback --to 1', 2],
    ['rollback', 'rollback web --yes', 0],
    ['sandbox:timeline', 'sandbox timeline --mutating --limit 5', 0],
    ['sandbox:fault:add', 'sandbox fault add throttle ecs:ListClusters --percent 10', 0],
    ['sandbox:fault:add', 'sandbox fault add no-such-fault', 2],
    ['sandbox:fault:list', 'sandbox fault list', 0],
    ['sandbox:fault:clear', 'sandbox fault clear', 0],
    ['sandbox:fault:clear', 'sandbox fault clear f99', 5],
  ])('%s: %s → %d', async (id, line, exit) => {
    await check(id, line, exit);
  });

  it('an undo takes the newest deploy back', async () => {
    const { runId } = await check('deploy', 'deploy api --tag v4', 0);
    expect((await check('runs:undo', `runs undo ${runId} --yes`, 0)).runId).toBe(runId);
  });

  it('an altered journal is exit 9 naming the broken event, and one line of the list', async () => {
    const state = join(home.home, 'state', 'platform');
    const file = readdirSync(state, { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith(join(runs.bad, 'journal.1.jsonl')),
    );
    const path = join(state, file ?? '');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"type":"step.started"', '"type":"step.startet"'));
    for (const id of ['runs:show', 'runs:verify']) {
      const { error } = await check(id, `${id.replace(':', ' ')} BAD`, 9);
      expect(error).toMatchObject({ code: 'E_JOURNAL', details: { seq: expect.any(Number) } });
      expect(error.message).toContain(`event ${error.details.seq}`);
    }
    const { result } = await check('runs:list', 'runs list', 0);
    expect(result.runs.find(({ id }: { id: string }) => id === runs.bad).state).toBe('unreadable');
  });

  it('a run of the sandbox before its reset belongs elsewhere', async () => {
    await check('sandbox:reset', 'sandbox reset', 0);
    const { error } = await check('runs:show', 'runs show GOOD', 9);
    expect(error.code).toBe('E_CONFLICT');
    expect((await check('runs:list', 'runs list', 0)).result.runs).toEqual([]);
    await check('sandbox:stop', 'sandbox stop', 0);
  });
});

/** Both need AWS's own plugin and a task that can be entered: test/e2e/sessions.test.ts has that, with --json. */
const elsewhere: readonly string[] = ['exec succeeds', 'tunnel succeeds'];

describe('this file', () => {
  it('has shown every command to succeed and to fail', () => {
    const ids = commands().map(({ id }) => id);
    const missing = ids.flatMap((id) =>
      (['succeeds', 'fails'] as const).flatMap((how) => (covered.get(id)?.has(how) ? [] : [`${id} ${how}`])),
    );
    expect(missing.filter((what) => !elsewhere.includes(what))).toEqual([]);
  });
});

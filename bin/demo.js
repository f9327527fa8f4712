/**
 * `npm run demo`: the main job, end to end, in the sandbox. Installs and builds what is missing, runs the real CLI as a
 * user would, checks every outcome itself and exits non-zero when one is not as promised. Leaves nothing behind.
 * `--record FILE` writes what was printed, with its timing, as an SVG. `--bin FILE` drives an installed package instead of
 * this checkout, `--node FILE` runs it on another Node, `--speed N` makes AWS faster: so a test tells the same story.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { prepare, root } from './build-steps/prepare.js';
import { toSvg } from './terminal-svg.js';

const optionOf = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const recordTo = process.argv.includes('--record') ? resolve(optionOf('--record') ?? 'demo.svg') : undefined;
const installed = optionOf('--bin');
const binary = installed === undefined ? join(root, 'bin', 'run.js') : resolve(installed);
const node = optionOf('--node') ?? process.execPath;
const isColour = Boolean(recordTo) || (process.stdout.isTTY && !process.env.NO_COLOR);
const speed = optionOf('--speed') ?? '60';

const work = mkdtempSync(join(tmpdir(), 'platform-demo-'));
const project = join(work, 'shop');
const state = join(work, 'state');
const env = {
  PATH: process.env.PATH,
  HOME: work,
  LANG: process.env.LANG ?? 'C.UTF-8',
  TERM: process.env.TERM ?? 'dumb',
  XDG_STATE_HOME: state,
  PLATFORM_SANDBOX: '1',
  ...(isColour ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
};

const chunks = [];
let startedAt = performance.now();
const seconds = () => (performance.now() - startedAt) / 1000;
const paint = (code, text) => (isColour ? `\u001b[${code}m${text}\u001b[0m` : text);

const print = (text) => {
  chunks.push({ at: seconds(), text });
  process.stdout.write(text);
};
const say = (text) => print(`\n${paint(36, `# ${text}`)}\n`);

class Broken extends Error {}
const promise = (holds, what) => {
  if (!holds) throw new Broken(what);
};

const start = (args, { quiet = false, cwd = project } = {}) => {
  if (!quiet) print(`${paint(90, '$')} ${paint(1, `platform ${args.join(' ')}`)}\n`);
  const child = spawn(node, [binary, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  const onText = (isResult) => (data) => {
    if (isResult) stdout += data;
    if (!quiet) print(String(data));
  };
  child.stdout.on('data', onText(true));
  child.stderr.on('data', onText(false));
  const done = new Promise((finish) => {
    child.on('close', (code, signal) => finish({ code, signal, stdout }));
  });
  return { child, done };
};

/** Runs a command in front of the reader and holds it to its exit code. */
const platform = async (args, expectedExit = 0, options = {}) => {
  const { code, stdout } = await start(args, options).done;
  promise(code === expectedExit, `platform ${args.join(' ')} ended with ${code}, promised was ${expectedExit}`);
  return stdout;
};

const ask = async (args) => JSON.parse(await platform([...args, '--json'], 0, { quiet: true })).result;
const liveImage = async (service) =>
  (await ask(['status'])).services.find((entry) => entry.service === service)?.image ?? '';

const awsTime = async () => Date.parse((await ask(['sandbox', 'status'])).sandboxes[0].awsTime);

/** Kills the deploy the moment its journal says that AWS accepted the update: the worst moment to die. */
const killHalfWay = async (args) => {
  const known = new Set(journals());
  const { child, done } = start(args);
  const limit = performance.now() + 60_000;
  while (performance.now() < limit) {
    const accepted = journals().some(
      (file) => !known.has(file) && readFileSync(file, 'utf8').includes('"type":"step.accepted"'),
    );
    if (accepted) break;
    await new Promise((go) => setTimeout(go, 25));
  }
  child.kill('SIGKILL');
  const { signal } = await done;
  promise(signal === 'SIGKILL', 'the deploy was over before it could be killed');
  print(`${paint(31, 'killed with SIGKILL')}: AWS goes on, nobody is watching\n`);
};

const journals = () => {
  try {
    return readdirSync(state, { recursive: true })
      .filter((name) => String(name).endsWith('.jsonl'))
      .map((name) => join(state, String(name)));
  } catch {
    return [];
  }
};

const story = async () => {
  say('A project with three services, and an AWS that behaves, on this machine');
  mkdirSync(project);
  await platform(['init', '--runtime', 'ecs']);
  await platform(['sandbox', 'start', '--speed', speed]);
  const from = await awsTime();

  say('Ship v1 to staging: three services, in the order that they need each other');
  await platform(['deploy', '--tag', 'v1']);
  promise((await liveImage('api')).includes('v1'), 'v1 should be live');

  say('Ship a broken v2: ECS rolls it back, and the card says why');
  const failed = await platform(['deploy', 'api', '--tag', 'v2-bad'], 7);
  promise(failed.includes('exit-code') || failed.includes('exited with code 1'), 'the card should name the exit code');
  promise((await liveImage('api')).includes('v1'), 'v1 should be live again');

  say('Ship v3, then think better of it');
  await platform(['deploy', 'api', '--tag', 'v3']);
  promise((await liveImage('api')).includes('v3'), 'v3 should be live');
  await platform(['rollback', 'api', '--yes']);
  promise((await liveImage('api')).includes('v1'), 'v1 should be live after the roll-back: v2-bad never worked');

  say('Ship v4 and kill the CLI half-way; any terminal can finish it');
  await killHalfWay(['deploy', 'api', '--tag', 'v4']);
  const [killed] = (await ask(['runs', 'list'])).runs;
  await platform(['runs', 'resume', killed.id]);
  promise((await liveImage('api')).includes('v4'), 'v4 should be live after the resume');

  say('What was, what is');
  await platform(['releases', 'api']);

  const runs = (await ask(['runs', 'list'])).runs;
  return { runs, awsMinutes: Math.round(((await awsTime()) - from) / 60_000) };
};

const main = async () => {
  if (installed === undefined) prepare();
  // What is told at the end is the work itself, without the install.
  startedAt = performance.now();
  let exit = 0;
  try {
    const { runs, awsMinutes } = await story();
    // A run that ships three services makes three deployments.
    const deployments = runs.reduce((sum, run) => sum + run.services.length, 0);
    const failures = runs.filter((run) => run.outcome === 'rolled-back').length;
    print(
      `\n${paint(1, `${deployments} deployments, ${failures} failure, 1 kill, 0 AWS accounts: ${Math.round(seconds())} s here, ${awsMinutes} min in AWS`)}\n`,
    );
    print('\nTry next, in a folder of your own:\n');
    for (const command of [
      'node bin/run.js init --runtime ecs --dir /tmp/shop',
      'node bin/run.js sandbox start --speed 60',
      'node bin/run.js --help',
    ])
      print(`  ${command}\n`);
  } catch (error) {
    exit = 1;
    print(`\n${paint(31, 'NOT AS PROMISED')}: ${error instanceof Broken ? error.message : error.stack}\n`);
  } finally {
    await start(['sandbox', 'stop'], { quiet: true, cwd: work }).done;
    rmSync(work, { recursive: true, force: true });
  }
  if (recordTo && exit === 0)
    writeFileSync(recordTo, toSvg(chunks, { title: 'platform: the demo, as it printed itself' }));
  process.exitCode = exit;
};

await main();

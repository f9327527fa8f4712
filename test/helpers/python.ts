/**
 * Python tools for tests that need a client of AWS which this project did not write: boto3 and the AWS CLI v1. Uses the
 * machine's python3 if it has exactly the pinned versions, else a venv made once under node_modules/.cache.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type PythonPackage = 'boto3' | 'awscli' | 'ecs-deploy' | 'awslogs';

export type Python =
  | {
      readonly kind: 'found';
      readonly executable: string;
      /** Where the packages' programs are: `aws`. */
      readonly scripts: string;
    }
  | { readonly kind: 'missing'; readonly reason: string };

/** tests: clients of AWS; bench: with what the benchmarks are compared with. */
export type Requirements = 'python' | 'bench';

const fileOf = (requirements: Requirements): string => resolve(`test/fixtures/${requirements}-requirements.txt`);
const cache = resolve('node_modules/.cache/platform-test-venv');

const pinned = async (packages: readonly PythonPackage[], requirements: string): Promise<readonly string[]> => {
  const text = await readFile(requirements, 'utf8');
  return packages.map((name) => {
    const version = new RegExp(`^${name}==(\\S+)`, 'm').exec(text)?.[1];
    if (!version) throw new Error(`${name} is not in ${requirements}`);
    return `${name}==${version}`;
  });
};

const probe = `
import importlib.metadata as metadata, json, sys, sysconfig
for pin in sys.argv[1:]:
    name, version = pin.split("==")
    if metadata.version(name) != version: sys.exit(1)
print(json.dumps({"executable": sys.executable, "scripts": sysconfig.get_path("scripts")}))
`;

const pythonHaving = async (executable: string, pins: readonly string[]): Promise<Python | undefined> => {
  try {
    const { stdout } = await run(executable, ['-c', probe, ...pins], { timeout: 30_000 });
    return { kind: 'found', ...(JSON.parse(stdout) as { executable: string; scripts: string }) };
  } catch {
    return undefined;
  }
};

/** Only one of several test workers makes the venv; the others wait for it. */
const withLock = async (folder: string, work: () => Promise<void>): Promise<void> => {
  await mkdir(cache, { recursive: true });
  const lock = `${folder}.lock`;
  for (let tries = 0; ; tries++) {
    try {
      await mkdir(lock);
      break;
    } catch (error) {
      const age = await stat(lock).then(
        (found) => Date.now() - found.mtimeMs,
        () => 0,
      );
      if (age > 600_000) await rm(lock, { recursive: true, force: true });
      if (tries > 600) throw error;
      await sleep(1_000);
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
};

const makeVenv = async (folder: string, requirements: string): Promise<void> => {
  await rm(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder], { timeout: 120_000 });
  const options = [
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--require-hashes',
    '--only-binary',
    ':all:',
  ];
  await run(join(folder, 'bin', 'python3'), ['-m', 'pip', 'install', ...options, '-r', requirements], {
    timeout: 480_000,
  });
  await writeFile(join(folder, 'complete'), '');
};

export const pythonWith = async (
  packages: readonly PythonPackage[],
  from: Requirements = 'python',
): Promise<Python> => {
  const requirements = fileOf(from);
  const pins = await pinned(packages, requirements);
  const onPath = await pythonHaving('python3', pins);
  if (onPath) return onPath;
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = join(cache, digest);
  try {
    await withLock(folder, async () => {
      const isComplete = await stat(join(folder, 'complete')).then(
        () => true,
        () => false,
      );
      if (!isComplete) await makeVenv(folder, requirements);
    });
  } catch (error) {
    return { kind: 'missing', reason: `${pins.join(', ')}: no venv: ${String(error).slice(0, 300)}` };
  }
  const inVenv = await pythonHaving(join(folder, 'bin', 'python3'), pins);
  return inVenv ?? { kind: 'missing', reason: `${pins.join(', ')} are not in the venv ${folder}` };
};

/**
 * What a test does when a tool is not there: says so by name and skips, unless PLATFORM_TEST_REQUIRE=all.
 * `const python = await pythonOrSkip(['boto3'], context.skip)`
 */
export const pythonOrSkip = async (
  packages: readonly PythonPackage[],
  skip: (note: string) => never,
): Promise<Extract<Python, { kind: 'found' }>> => {
  const python = await pythonWith(packages);
  if (python.kind === 'found') return python;
  if (process.env['PLATFORM_TEST_REQUIRE'] === 'all') throw new Error(`missing tool: ${python.reason}`);
  process.stdout.write(`skipped, missing tool: ${python.reason}\n`);
  return skip(python.reason);
};

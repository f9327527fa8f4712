/**
 * Commands of the built CLI on a state folder that is a small disk of its own: full, or read-only. The disk is a mount
 * in a namespace of its own, so nothing is left on the machine however the test ends.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Operator } from './e2e-shop.js';
import { binary } from './run-cli.js';

/** Why it cannot be done here; undefined when it can. */
export const diskTrouble = (): string | undefined => {
  if (process.platform !== 'linux') return 'mount namespaces are a thing of Linux';
  const { status } = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return status === 0 ? undefined : 'unshare and mount are not allowed here';
};

export interface DiskCommand {
  readonly name: string;
  readonly argv: readonly string[];
  /** Shell line that runs before it, for example to make room; $STATE is the disk. */
  readonly before?: string;
}

export interface DiskAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** All commands see one disk of that size (as tmpfs writes it: `64k`), on which the operator's state was copied. */
export const onDisk = (
  { operator, project, size }: { readonly operator: Operator; readonly project: string; readonly size: string },
  commands: readonly DiskCommand[],
): ReadonlyMap<string, DiskAnswer> => {
  const disk = join(operator.state, '..', 'disk');
  const out = join(operator.state, '..', 'out');
  for (const folder of [disk, out]) mkdirSync(folder, { recursive: true });
  const lines = commands.flatMap(({ name, argv, before }) => [
    ...(before === undefined ? [] : [before]),
    `${[process.execPath, binary, ...argv].map(quote).join(' ')} </dev/null >"$OUT/${name}.out" 2>"$OUT/${name}.err"`,
    `echo $? >"$OUT/${name}.exit"`,
  ]);
  const script = [
    'set -u',
    `STATE=${quote(disk)}; OUT=${quote(out)}; FROM=${quote(operator.state)}`,
    `mount -t tmpfs -o size=${size},mode=0700 tmpfs "$STATE" || exit 90`,
    'cp -a "$FROM/." "$STATE/" || exit 91',
    'export XDG_STATE_HOME="$STATE"',
    ...lines,
    // Whatever the last command of the script says, its exit code is in a file.
    'exit 0',
  ].join('\n');
  const env = { ...operator.env };
  const { status, stderr } = spawnSync('unshare', ['-Urm', 'sh', '-c', script], {
    cwd: project,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the disk could not be used (${status}): ${stderr}`);
  return new Map(commands.map(({ name }) => [name, answerIn(out, name)]));
};

const answerIn = (folder: string, name: string): DiskAnswer => {
  const read = (kind: string): string => readFileSync(join(folder, `${name}.${kind}`), 'utf8');
  return { exitCode: Number(read('exit')), stdout: read('out'), stderr: read('err') };
};

/** Help needs nothing: no home, no configuration, no network, no terminal. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commands } from '../helpers/manifest.js';
import { binary } from '../helpers/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'platform-help-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** In a network namespace of its own where that is allowed; elsewhere every proxy leads nowhere. */
const canIsolate = process.platform === 'linux' && spawnSync('unshare', ['-rn', 'true']).status === 0;
const [program, before] = canIsolate
  ? (['unshare', ['-rn', process.execPath]] as const)
  : ([process.execPath, []] as const);

const help = (words: readonly string[]): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, [...before, binary, ...words, '--help'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });

describe('--help without HOME and without a network', () => {
  it.each(commands().map(({ id, summary }) => [id, summary ?? ''] as const))('%s', async (id, summary) => {
    const { code, out, err } = await help(id.split(':'));
    expect([code, err]).toEqual([0, '']);
    expect(out.replace(/\s+/g, ' ')).toContain(summary.replace(/\s+/g, ' '));
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(folder)).toEqual([]);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';

/** The programs that `init` writes, run as `sandbox --exec` runs them: plain node, a port of their own, SIGTERM. */
const templates = join(import.meta.dirname, '../../templates/ecs');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Running {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  until(message: string): Promise<Record<string, unknown>>;
  readonly ended: Promise<number | null>;
}

const run = (file: string, env: Readonly<Record<string, string>>): Running => {
  const child = spawn(process.execPath, [join(templates, file)], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: Record<string, unknown>[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const until = async (message: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const found = lines.find((line) => line['message'] === message);
      if (found !== undefined) return found;
      const more = await Promise.race([once(reader, 'line').then(() => true), ended.then(() => false)]);
      if (!more) throw new Error(`${file} ended without saying "${message}": ${JSON.stringify(lines)}`);
    }
  };
  return { child, lines, until, ended };
};

const urls = { DATABASE_URL: 'postgres://app:hunter2@127.0.0.1/shop', REDIS_URL: 'redis://127.0.0.1' };

describe('the sample programs', () => {
  it.each([
    'api/server.js',
    'web/server.js',
  ])('%s answers its health check and ends with 0 on SIGTERM', async (file) => {
    const { child, until, ended, lines } = run(file, urls);
    const { port } = await until('listening');
    const answer = await fetch(`http://127.0.0.1:${String(port)}/health`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
    expect((await fetch(`http://127.0.0.1:${String(port)}/nowhere`)).status).toBe(404);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'stopped' });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('web/server.js serves its page below /web, where the smoke test asks', async () => {
    const { until } = run('web/server.js', {});
    const { port } = await until('listening');
    const answer = await fetch(`http://127.0.0.1:${String(port)}/web`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  });

  it('workers/worker.js works, and finishes on SIGTERM', async () => {
    const { child, until, ended, lines } = run('workers/worker.js', urls);
    await until('job done');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(lines.at(-1)).toMatchObject({ service: 'workers', message: 'stopped' });
  });

  it.each([
    ['api/server.js', 'DATABASE_URL'],
    ['api/server.js', 'REDIS_URL'],
    ['workers/worker.js', 'DATABASE_URL'],
    ['workers/worker.js', 'REDIS_URL'],
  ])('%s refuses to start without %s and says so', async (file, missing) => {
    const { ended, lines } = run(file, { ...urls, [missing]: '' });
    expect(await ended).toBe(1);
    expect(lines).toEqual([expect.objectContaining({ level: 'error', message: `Error: ${missing} is not set` })]);
  });
});

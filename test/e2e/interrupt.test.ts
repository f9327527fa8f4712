import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliHome, documentOf, runCli } from '../helpers/run-cli.js';

const home = cliHome();
const folder = join(home.home, 'shop');
const env = { ...home.env, PLATFORM_SANDBOX: '1' };

const cli = (line: string, onStart?: Parameters<typeof runCli>[1]['onStart']) =>
  runCli(line.split(' '), { env, cwd: folder, timeoutMs: 120_000, ...(onStart === undefined ? {} : { onStart }) });

/** Sends the signal when the deployment is under way in AWS. */
const deployAndSend = (signal: NodeJS.Signals, tag: string) =>
  cli(`deploy workers --tag ${tag} --json`, (child) => {
    let said = '';
    let isSent = false;
    child.stderr?.on('data', (text: string) => {
      said += text;
      if (isSent || !/workers: rolling, \d new/.test(said)) return;
      isSent = true;
      child.kill(signal);
    });
  });

beforeAll(async () => {
  mkdirSync(folder);
  expect(await cli('init --runtime ecs --yes')).toMatchObject({ exitCode: 0 });
  expect(await cli('sandbox start')).toMatchObject({ exitCode: 0 });
});

afterAll(async () => {
  await cli('sandbox stop');
  home.remove();
});

describe('a deployment that is interrupted', () => {
  it.each([
    ['SIGINT', 130, 'v1'],
    ['SIGTERM', 143, 'v2'],
  ] as const)('by %s hands over with exit %d, and resume finishes it', async (signal, exit, tag) => {
    const interrupted = await deployAndSend(signal, tag);
    const document = documentOf(interrupted);
    expect(interrupted.exitCode, interrupted.stderr).toBe(exit);
    expect(document).toMatchObject({ ok: false, exitCode: exit });
    expect(document.next.map(({ command }: { command: string }) => command).join()).toContain('runs resume');

    const resumed = await cli(`runs resume ${document.runId} --json`);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(documentOf(resumed)).toMatchObject({ ok: true, runId: document.runId });
    const again = await cli(`runs resume ${document.runId} --json`);
    expect(again.exitCode).toBe(0);
  });
});

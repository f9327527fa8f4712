/** Clients of AWS that this project did not write: the AWS CLI, a bash script made of it, boto3's waiters and paginators. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/lib/sandbox/start-sandbox.js';
import { pythonOrSkip } from '../helpers/python.js';
import { productionDocument, seedRegion } from '../helpers/seed-document.js';

const run = promisify(execFile);

let sandbox: Sandbox;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'platform-clients-'));
});
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await sandbox?.close();
  sandbox = await startSandbox({
    id: 'sbx-clients',
    token: 'token',
    // The waiters sleep 6 and 15 real seconds: faster, and a stopped task is forgotten (after an AWS hour) before they look.
    speed: 60,
    now: Date.now(),
    region: seedRegion,
    trafficRps: 0,
    newId: () => 'sbx-next',
  });
  await sandbox.seed(productionDocument());
});

const environment = (scripts: string): NodeJS.ProcessEnv => ({
  PATH: `${scripts}:${process.env['PATH'] ?? ''}`,
  HOME: folder,
  AWS_ENDPOINT_URL: sandbox.endpoint,
  AWS_ACCESS_KEY_ID: 'sandbox',
  AWS_SECRET_ACCESS_KEY: 'sandbox',
  AWS_DEFAULT_REGION: seedRegion,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
});

/** What a script printed under each of its titles. */
const sectionsOf = async (script: string, scripts: string): Promise<ReadonlyMap<string, readonly string[]>> => {
  const { stdout } = await run('bash', [script], { cwd: folder, env: environment(scripts), timeout: 280_000 });
  return new Map(
    stdout
      .split(/^== /m)
      .slice(1)
      .map((part) => {
        const [title = '', ...lines] = part.trimEnd().split('\n');
        return [title, lines] as const;
      }),
  );
};

describe('the sandbox, driven by other clients', () => {
  it('runs a bash script of AWS CLI commands and waiters unchanged', async (context) => {
    const python = await pythonOrSkip(['awscli'], context.skip);
    const script = resolve('test/fixtures/aws-cli-script.sh');
    const sections = await sectionsOf(script, python.scripts);
    expect(sections.get('secrets')?.[0]).toBe('2');
    expect(sections.get('scale up, wait, scale back')).toEqual(['2', '2']);
    expect(sections.get('a new release')?.at(-1)).toBe('released shop-prod-api:2');
    expect(sections.get('target health')).toEqual(['2']);
    expect(sections.get('roll back to the version before')?.at(-1)).toMatch(/shop-prod-api:1$/);
    expect(sections.get('a migration')).toEqual(['0']);
    expect(sections.get('a task by hand')).toEqual(['STOPPED', 'enough seen\tSTOPPED']);
    // The newest five depend on the moment: ECS calls a service stable before it says so in an event.
    const [events = '', steady] = sections.get('events and stopped tasks') ?? [];
    expect(events.split('\t').map((message) => message.startsWith('(service shop-prod-api) '))).toEqual(
      Array(5).fill(true),
    );
    expect(Number(steady)).toBeGreaterThan(0);
    for (const count of sections.get('logs') ?? ['0']) expect(Number(count)).toBeGreaterThan(0);
    expect(sections.has('done')).toBe(true);
  });

  it('scales, alarms and publishes for the AWS CLI', async (context) => {
    const python = await pythonOrSkip(['awscli'], context.skip);
    const sections = await sectionsOf(resolve('test/fixtures/aws-cli-metrics.sh'), python.scripts);
    expect(sections.get('scaling')).toEqual([
      'service/shop-prod-cluster/shop-prod-workers\t5\t3',
      'minimum capacity was set to 3',
    ]);
    expect(sections.get('alarms')).toEqual([
      expect.stringMatching(/^Successfully executed action arn:aws:sns:.*:shop-alerts$/),
      'api-queue',
      '25',
      '36',
    ]);
  });

  it("satisfies boto3's waiters, paginators and exception classes", async (context) => {
    const python = await pythonOrSkip(['boto3'], context.skip);
    const { stdout } = await run(python.executable, [resolve('test/fixtures/boto3-waiters.py')], {
      cwd: folder,
      env: environment(python.scripts),
      timeout: 200_000,
    });
    expect(JSON.parse(stdout)).toEqual({
      running: 3,
      stopCode: 'UserInitiated',
      parameters: [10, 3],
      missingGroup: 'The specified log group does not exist.',
      deployments: ['SUCCESSFUL'],
      alarms: [['cpu-0', 'cpu-1'], ['cpu-2']],
      missingAlarm: 'ResourceNotFound',
      badAlarm: 'ValidationError',
      cpu: true,
      missingTarget: 'ObjectNotFoundException',
      missingTopic: 'NotFound',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { childEnv } from '../../../src/lib/child-process/child-env.js';
import { runRequiredTool, runTool } from '../../../src/lib/child-process/run-tool.js';

const node = (script: string, change: object = {}) => ({
  argv: [process.execPath, '-e', script],
  cwd: process.cwd(),
  timeoutMs: 20_000,
  env: {},
  ...change,
});

describe('a child process', () => {
  it('gives exit code and output as data', async () => {
    const result = await runTool(node('console.log("out"); console.error("err"); process.exitCode = 3'));
    expect(result).toEqual({ exitCode: 3, stdout: 'out', stderr: 'err', timedOut: false });
  });

  it('takes its arguments as they are, without a shell', async () => {
    const result = await runTool({
      ...node('console.log(process.argv[1])'),
      argv: [process.execPath, '-e', 'console.log(process.argv[1])', '$HOME; rm -rf *'],
    });
    expect(result.stdout).toBe('$HOME; rm -rf *');
  });

  it('inherits nothing of the operator and gets no stdin', async () => {
    const script =
      'process.stdin.on("data", () => console.log("data")).on("end", () => console.log(Object.keys(process.env).join()))';
    expect((await runTool(node(script, { env: { ONLY: '1' } }))).stdout).toBe('ONLY');
  });

  it('shows no secret that it prints', async () => {
    const result = await runTool(
      node('console.log("postgres://shop:hunter2secret@db/shop"); console.error("AKIA" + "IOSFODNN7ABCDEFG")'),
    );
    expect(result.stdout).not.toContain('hunter2secret');
    expect(result.stderr).not.toContain('IOSFODNN7ABCDEFG');
  });

  it('ends with its time-out, and with the signal of its caller', async () => {
    expect(await runTool(node('setInterval(() => {}, 1000)', { timeoutMs: 300 }))).toMatchObject({ timedOut: true });
    const aborted = await runTool(node('setInterval(() => {}, 1000)', { signal: AbortSignal.timeout(200) }));
    expect(aborted.exitCode).toBeUndefined();
  });

  it('says so when the program is missing', async () => {
    const request = { ...node(''), argv: ['no-such-program-here'] };
    expect(await runTool(request)).toMatchObject({ failure: 'ENOENT' });
    await expect(runRequiredTool(request)).rejects.toMatchObject({ code: 'E_NOT_FOUND', exitCode: 5 });
  });
});

describe('the environment of a child that uses AWS', () => {
  const env = {
    PATH: '/bin',
    AWS_PROFILE: 'production',
    AWS_ACCESS_KEY_ID: 'real',
    AWS_SESSION_TOKEN: 'real',
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/deployer',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.2/x',
    AWS_ENDPOINT_URL_ECS: 'https://ecs.eu-west-1.amazonaws.com',
    AWS_PAGER: '',
  };

  it('leads nowhere but to the sandbox in a sandbox', () => {
    const place = { kind: 'sandbox', id: 's', endpoint: 'http://127.0.0.1:4566', speed: 60 } as const;
    const child = childEnv({ env, place, region: 'eu-west-1' });
    expect(child).toMatchObject({
      PATH: '/bin',
      AWS_ENDPOINT_URL: place.endpoint,
      AWS_ACCESS_KEY_ID: 'sandbox',
      AWS_PAGER: '',
    });
    expect(Object.keys(child)).not.toContain('AWS_PROFILE');
    expect(JSON.stringify(child)).not.toMatch(/real|role\/deployer|169\.254|amazonaws/);
    expect(child['AWS_EC2_METADATA_DISABLED']).toBe('true');
  });

  it('keeps the operator’s access against AWS and names the region twice', () => {
    const child = childEnv({ env, place: { kind: 'aws' }, region: 'eu-west-1' });
    expect(child).toMatchObject({
      AWS_PROFILE: 'production',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
    });
  });
});

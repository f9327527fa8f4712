import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/core/transport';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpTransport } from '../../../src/lib/aws/create-clients.js';
import { resolveTarget, type TargetOptions } from '../../../src/lib/context/resolve-target.js';
import { processStart } from '../../../src/lib/sandbox/daemon-process.js';
import { sandboxFolder, writeEntry } from '../../../src/lib/sandbox/registry.js';
import { type TestContext, testContext } from '../../helpers/test-context.js';

const config = (environments: string, rest = ''): string => `version: 1
project: shop
${rest}environments:
${environments}services:
  api:
    taskDefinition: api.json
    image: {repository: shop/api}
`;

const answer = (status: number, body: string): HttpTransport => ({
  handle: async () => ({
    response: new HttpResponse({
      statusCode: status,
      headers: { 'content-type': 'text/xml' },
      body: Readable.from([body]),
    }),
  }),
});

const identity = (account: string): HttpTransport =>
  answer(
    200,
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::${account}:user/ada</Arn><UserId>U</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  );

const expired = answer(
  403,
  '<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token is expired</Message></Error></ErrorResponse>',
);

let folder = '';
const contexts: TestContext[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'platform-target-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const context of contexts.splice(0)) context.dispose();
});

const both = '  staging: {}\n  production: {aws: {account: "123456789012", region: eu-west-1}}\n';

const resolve = (
  given: { yaml?: string; env?: Record<string, string>; transport?: HttpTransport; state?: (state: string) => void },
  options: TargetOptions = {},
) => {
  writeFileSync(join(folder, 'platform.yaml'), given.yaml ?? config(both));
  writeFileSync(join(folder, 'api.json'), '{}');
  const context = testContext({
    cwd: folder,
    env: given.env ?? {},
    place: { kind: 'aws' },
    transport: given.transport ?? identity('123456789012'),
  });
  contexts.push(context);
  given.state?.(context.state);
  return resolveTarget(context.ctx, options);
};

describe('the target', () => {
  it('is the environment of the flag, else PLATFORM_ENV, else the default, else the only one', async () => {
    const name = async (...given: Parameters<typeof resolve>) => (await resolve(...given)).target.environment;
    const withDefault = config(both, 'defaultEnvironment: staging\n');
    expect(await name({ env: { PLATFORM_ENV: 'staging' } }, { environment: 'production' })).toBe('production');
    expect(await name({ yaml: withDefault, env: { PLATFORM_ENV: 'production' } })).toBe('production');
    expect(await name({ yaml: withDefault })).toBe('staging');
    expect(await name({ yaml: config('  only: {}\n') })).toBe('only');
  });

  it('asks where it can, and is exit 2 naming the flag elsewhere', async () => {
    const asked: string[][] = [];
    const choose = async (names: readonly string[]) => {
      asked.push([...names]);
      return 'staging';
    };
    expect((await resolve({}, { choose })).target.environment).toBe('staging');
    expect(asked).toEqual([['staging', 'production']]);
    await expect(resolve({})).rejects.toMatchObject({
      code: 'E_ENVIRONMENT_CHOICE',
      exitCode: 2,
      hints: ['--env staging'],
    });
  });

  it('is exit 5 for an environment that does not exist', async () => {
    await expect(resolve({}, { environment: 'prod' })).rejects.toMatchObject({ exitCode: 5 });
  });

  it('has the account that STS names, and the region of the environment, of the shell, or the default', async () => {
    const production = await resolve({}, { environment: 'production' });
    expect(production.target).toEqual({
      account: '123456789012',
      region: 'eu-west-1',
      environment: 'production',
      project: 'shop',
    });
    expect(production.identity).toBe('arn:aws:iam::123456789012:user/ada');
    const staging = (env: Record<string, string>) => resolve({ env }, { environment: 'staging' });
    expect((await staging({ AWS_REGION: 'eu-central-1' })).target.region).toBe('eu-central-1');
    expect((await staging({})).target.region).toBe('us-east-1');
  });

  it('is exit 4 when the credentials are for another account', async () => {
    const wrong = resolve({ transport: identity('999999999999') }, { environment: 'production' });
    await expect(wrong).rejects.toMatchObject({ code: 'E_CREDENTIALS', exitCode: 4 });
    await expect(wrong).rejects.toThrow('account 999999999999, and production lives in 123456789012');
  });

  it('is exit 4 without credentials, and says so when a sandbox is running that nobody asked for', async () => {
    const without = resolve({ transport: expired }, { environment: 'staging' });
    await expect(without).rejects.toMatchObject({ exitCode: 4 });
    await expect(without).rejects.not.toThrow('a sandbox is running');
    const entry = {
      id: 'sbx',
      endpoint: 'http://127.0.0.1:1',
      pid: process.pid,
      pidStart: processStart(process.pid) ?? '',
      token: 't',
      speed: 60,
      region: 'us-east-1',
      account: '123456789012',
      exec: false,
      accessKeyId: 'k',
      secretAccessKey: 's',
      createdAt: '',
      log: '',
    };
    const state = (path: string): void => writeEntry(sandboxFolder(path, process.getuid?.()), entry);
    const besides = resolve({ transport: expired, state }, { environment: 'staging' });
    await expect(besides).rejects.toMatchObject({ exitCode: 4, hints: ['add --sandbox, or set PLATFORM_SANDBOX=1'] });
  });
});

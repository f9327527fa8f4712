import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { controlClient } from '../../../src/lib/rehearsal/control-client.js';
import { timelineText } from '../../../src/lib/rehearsal/sandbox-timeline.js';
import { shellEnvironment, shellLines } from '../../../src/lib/rehearsal/shell-environment.js';

const sandbox = {
  endpoint: 'http://127.0.0.1:4999',
  accessKeyId: 'SANDBOX',
  secretAccessKey: "it's $HOME",
  region: 'eu-west-1',
};

describe('the environment of a shell in the sandbox', () => {
  it('survives eval with any value, and takes away what would lead to a real account', () => {
    const script = `${shellLines(shellEnvironment(sandbox)).join('\n')}\nenv`;
    const output = execFileSync('sh', ['-c', script], {
      env: {
        PATH: process.env['PATH'] ?? '',
        AWS_PROFILE: 'production',
        AWS_SESSION_TOKEN: 'real',
        AWS_ENDPOINT_URL_ECS: 'https://x',
      },
      encoding: 'utf8',
    });
    const lines = output.split('\n');
    expect(lines).toContain("AWS_SECRET_ACCESS_KEY=it's $HOME");
    expect(lines).toContain('AWS_ENDPOINT_URL=http://127.0.0.1:4999');
    expect(lines).toContain('PLATFORM_SANDBOX=http://127.0.0.1:4999');
    expect(lines.filter((line) => /^AWS_(PROFILE|SESSION_TOKEN|ENDPOINT_URL_ECS)=/.test(line))).toEqual([]);
  });
});

describe('the client of the control API', () => {
  it.each([
    'https://127.0.0.1:1',
    'http://10.0.0.7:1',
    'http://127.0.0.1.evil.example:1',
    'http://user@127.0.0.1:1',
  ])('never sends its token to %s', (endpoint) => {
    expect(() => controlClient({ endpoint, token: 'secret' })).toThrow('is not on this machine');
  });

  it('says that the sandbox does not answer, with the way out', async () => {
    const client = controlClient({ endpoint: 'http://127.0.0.1:9', token: 'secret' });
    await expect(client.status()).rejects.toMatchObject({ code: 'E_UNREACHABLE', hints: ['platform sandbox start'] });
  });
});

describe('a line of the timeline', () => {
  const at = Date.UTC(2026, 10, 23, 12, 4, 31);

  it('says what was called, by whom, and what came of it', () => {
    const entry = {
      seq: 7,
      at,
      region: 'eu-west-1',
      kind: 'call',
      service: 'ecs',
      operation: 'UpdateService',
      mutating: true,
      status: 200,
      caller: 'SANDBOX platform',
    };
    expect(timelineText(entry)).toBe('    7  12:04:31  call   ecs:UpdateService (changes) 200 by SANDBOX platform');
  });
});

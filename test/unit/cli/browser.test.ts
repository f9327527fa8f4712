import { describe, expect, it } from 'vitest';
import type { ToolRequest } from '../../../src/lib/child-process/run-tool.js';
import { browserArgv, openInBrowser } from '../../../src/lib/cli/browser.js';

const url = 'https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/shop/services?region=eu-west-1';

const running = (system: string, exitCode: number | undefined) => {
  const requests: ToolRequest[] = [];
  return {
    requests,
    how: {
      system,
      run: async (request: ToolRequest) => {
        requests.push(request);
        return { stdout: '', stderr: '', timedOut: false, ...(exitCode === undefined ? {} : { exitCode }) };
      },
    },
  };
};

describe('the browser', () => {
  it.each([
    ['darwin', {}, ['open', url]],
    ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler', url]],
    ['linux', { DISPLAY: ':0' }, ['xdg-open', url]],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open', url]],
    ['linux', {}, undefined],
  ])('on %s with %j', (system, env, argv) => {
    expect(browserArgv(url, { env, system })).toEqual(argv);
  });

  it('gets the address as one argument and nothing of our credentials', async () => {
    const { requests, how } = running('darwin', 0);
    const env = { HOME: '/home/ana', AWS_SECRET_ACCESS_KEY: 'x', AWS_PROFILE: 'p', GITHUB_TOKEN: 't' };
    expect(await openInBrowser(url, env, how)).toBe('opened');
    expect(requests).toMatchObject([{ argv: ['open', url], env: { HOME: '/home/ana' } }]);
    expect(Object.keys(requests[0]?.env ?? {})).toEqual(['HOME']);
  });

  it('is not started for anything but the AWS console', async () => {
    const { requests, how } = running('darwin', 0);
    for (const other of ['https://evil.example/', 'file:///etc/passwd', '-a Calculator'])
      expect(await openInBrowser(other, {}, how)).toBe('failed');
    expect(requests).toEqual([]);
  });

  it('says when it could not be started', async () => {
    expect(await openInBrowser(url, {}, running('darwin', 1).how)).toBe('failed');
    expect(await openInBrowser(url, {}, running('darwin', undefined).how)).toBe('failed');
    expect(await openInBrowser(url, {}, running('linux', 0).how)).toBe('not-here');
  });
});

import { afterAll, describe, expect, it } from 'vitest';
import { loadProject } from '../../../src/lib/config/load.js';
import { resolveEnvironment } from '../../../src/lib/config/resolve.js';
import { consolePage, reportPage } from '../../../src/lib/environments/console-page.js';
import { shopFiles, tempProject } from '../../helpers/temp-project.js';

const folder = tempProject(shopFiles);
afterAll(() => folder.remove());

const env = { STAGE_PORT: '1', OWNER: 'x' };
const at = () => {
  const environment = resolveEnvironment(loadProject({ cwd: folder.root, env }), 'production', { env });
  const target = { account: '123456789012', region: environment.region, project: 'shop', environment: 'production' };
  return { environment, target };
};
const place = { kind: 'sandbox', id: 'x', endpoint: 'http://127.0.0.1:1', speed: 60 } as const;

describe('the page of the console', () => {
  it('is the cluster without a service, and the service with one', () => {
    const host = 'https://us-west-2.console.aws.amazon.com/ecs/v2/clusters/shop-production/services';
    expect(consolePage(at(), {})).toEqual({ what: 'cluster', service: null, url: `${host}?region=us-west-2` });
    expect(consolePage(at(), { service: 'api' })).toEqual({
      what: 'service',
      service: 'api',
      url: `${host}/shop-production-api/health?region=us-west-2`,
    });
  });

  it('is the logs of a service, and the alarms', () => {
    expect(consolePage(at(), { service: 'workers', what: 'logs' }).url).toContain(
      '$252Fecs$252Fshop-production-workers',
    );
    expect(consolePage(at(), { what: 'alarms' }).url).toContain('#alarmsV2:');
  });

  it('asks which service where it must be one, and knows a typing mistake', () => {
    expect(() => consolePage(at(), { what: 'logs' })).toThrow(/which service.*api, workers/);
    expect(() => consolePage(at(), { service: 'wokers' })).toThrow(
      expect.objectContaining({ code: 'E_NOT_FOUND', hints: ['did you mean `workers`?'] }),
    );
  });

  it('is only named where there is no console or no browser', () => {
    const page = consolePage(at(), {});
    expect(reportPage(page, { place, browsing: 'not-here' })).toMatchObject({ result: { how: 'none' } });
    expect(reportPage(page, { place: { kind: 'aws' }, browsing: 'opened' }).result.how).toBe('opened');
    const failed = reportPage(page, { place: { kind: 'aws' }, browsing: 'failed' });
    expect(failed).toMatchObject({ result: { how: 'printed' }, warnings: [{ code: 'W_NO_BROWSER' }] });
    expect(failed.lines).toEqual([[{ text: page.url, link: page.url }]]);
  });
});

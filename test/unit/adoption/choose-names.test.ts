import { describe, expect, it } from 'vitest';
import { chooseNames, type NamesRequest } from '../../../src/lib/adoption/choose-names.js';
import { isPlatformError } from '../../../src/lib/errors/platform-error.js';
import { serviceFacts } from '../../helpers/adoption-facts.js';

interface Service {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
}

const names = (cluster: string, services: readonly (string | Service)[], more: Partial<NamesRequest> = {}) =>
  chooseNames({
    cluster,
    only: [],
    services: services.map((service) => {
      const { name, tags = {} } = typeof service === 'string' ? { name: service } : service;
      return serviceFacts({ name, settings: { tags } });
    }),
    ...more,
  });

const summary = (cluster: string, services: readonly (string | Service)[], more: Partial<NamesRequest> = {}) => {
  const found = names(cluster, services, more);
  return {
    target: `${found.project.value}/${found.environment.value}${found.isProtected.value ? ' protected' : ''}`,
    services: [...found.services].map(([serviceName, name]) => `${serviceName}=${name}`),
    leftOut: [...found.leftOut.keys()],
    questions: found.questions.map(({ code }) => code),
  };
};

const cdk = (name: string): Service => ({
  name,
  tags: { 'aws:cloudformation:stack-name': 'ShopProdStack' },
});

const copilot = (service: string): Service => ({
  name: `shop-prod-${service}-Service-1aB2cD3eF`,
  tags: { 'copilot-application': 'shop', 'copilot-environment': 'prod', 'copilot-service': service },
});

describe('names', () => {
  it.each([
    [
      'shop-prod',
      ['shop-prod-api', 'shop-prod-web'],
      'shop/prod protected',
      ['shop-prod-api=api', 'shop-prod-web=web'],
    ],
    ['shop-staging', ['shop-staging-api'], 'shop/staging', ['shop-staging-api=api']],
    ['prod-shop', ['prod-shop-api'], 'shop/prod protected', ['prod-shop-api=api']],
    ['shop-dev', ['api', 'web'], 'shop/dev', ['api=api', 'web=web']],
    ['prod', ['shop-api', 'shop-web'], 'shop/prod protected', ['shop-api=api', 'shop-web=web']],
    ['dev', ['dev-shop-api', 'dev-shop-web'], 'shop/dev', ['dev-shop-api=api', 'dev-shop-web=web']],
    ['main', ['shop-api-qa', 'shop-web-qa'], 'shop/qa', ['shop-api-qa=api', 'shop-web-qa=web']],
    ['shop_Prod', ['shop_Prod_API'], 'shop/prod protected', ['shop_Prod_API=api']],
    ['shop-prod-Cluster-x1Y2z3A4b5', [copilot('api')], 'shop/prod protected', ['shop-prod-api-Service-1aB2cD3eF=api']],
    [
      'ShopProdStack-Cluster3DA9CCBA-aB3dE5fG7hJ9',
      [cdk('ShopProdStack-ApiService9571FDD8-aB3dE5fG7hJ9'), cdk('ShopProdStack-NightlyJobs0E1D2C3B-aB3dE5fG7hJ9')],
      'shop/prod protected',
      [
        'ShopProdStack-ApiService9571FDD8-aB3dE5fG7hJ9=api',
        'ShopProdStack-NightlyJobs0E1D2C3B-aB3dE5fG7hJ9=nightly-jobs',
      ],
    ],
  ])('%s with %j', (cluster, services, target, mapped) => {
    expect(summary(cluster, services)).toEqual({ target, services: mapped, leftOut: [], questions: [] });
  });

  it('takes the environment from a tag that all services have', () => {
    const tags = { Environment: 'Staging' };
    const found = names('main', [
      { name: 'shop-api', tags },
      { name: 'shop-web', tags },
    ]);
    expect([found.project.value, found.environment]).toEqual([
      'shop',
      { value: 'staging', origin: 'a tag of every service' },
    ]);
  });

  it('protects what nobody says anything about, and asks', () => {
    expect(summary('main', ['api', 'web'])).toEqual({
      target: 'main/main protected',
      services: ['api=api', 'web=web'],
      leftOut: [],
      questions: ['project', 'protected'],
    });
  });

  it('leaves the services of other projects out, each with the way to adopt it', () => {
    const found = names('shared', ['shop-prod-api', 'shop-prod-web', 'blog-prod-web', 'datadog-agent']);
    expect(found.project.value).toBe('shop');
    expect([...found.services.values()]).toEqual(['api', 'web']);
    expect(found.leftOut.get('blog-prod-web')).toContain('--project blog --env prod');
    expect(found.leftOut.get('datadog-agent')).toContain('--service');
    expect(found.questions.map(({ question }) => question)).toEqual([
      'is shop/prod the one? the cluster also has services of blog/prod',
    ]);
  });

  it('leaves another environment in the same cluster out', () => {
    const found = names('shop', ['shop-dev-api', 'shop-qa-api', 'shop-qa-web']);
    expect([...found.services]).toEqual([
      ['shop-qa-api', 'api'],
      ['shop-qa-web', 'web'],
    ]);
    expect([...found.leftOut.keys()]).toEqual(['shop-dev-api']);
  });

  it('is told which project by flags, and then asks nothing', () => {
    const flags = { project: 'blog', environment: 'prod' };
    expect(summary('shared', ['shop-prod-api', 'shop-prod-web', 'blog-prod-web'], flags)).toEqual({
      target: 'blog/prod protected',
      services: ['blog-prod-web=web'],
      leftOut: ['shop-prod-api', 'shop-prod-web'],
      questions: [],
    });
  });

  it('lets a flag rename the environment without losing sight of whose services are meant', () => {
    const flags = { project: 'shop', environment: 'production' };
    const found = names('shared', ['shop-prod-api', 'blog-prod-web', 'blog-prod-api'], flags);
    expect([found.project.value, found.environment.value, [...found.services.values()]]).toEqual([
      'shop',
      'production',
      ['api'],
    ]);
  });

  it('adopts a stranger in the project’s own cluster, and asks', () => {
    expect(summary('shop-prod', ['shop-prod-api', 'cron'])).toEqual({
      target: 'shop/prod protected',
      services: ['shop-prod-api=api', 'cron=cron'],
      leftOut: [],
      questions: ['project'],
    });
  });

  it('gives no name twice', () => {
    const found = summary('shop-prod', ['shop-prod-api', 'shop-prod-API', 'shop-prod-a_p_i', 'shop-prod-a-p-i']);
    expect(found.services).toEqual([
      'shop-prod-api=api',
      'shop-prod-API=api-2',
      'shop-prod-a_p_i=a-p-i',
      'shop-prod-a-p-i=a-p-i-2',
    ]);
    expect(found.questions).toEqual(['name', 'name']);
  });

  it.each([
    ['shop-prod-constructor', 'service-constructor'],
    ['shop-prod-__proto__', 'proto'],
    ['shop-prod-ÄÖ\n- x: #', 'x'],
    [`shop-prod-${'a'.repeat(255)}`, 'a'.repeat(63)],
    ['shop-prod-🚀', 'shop'],
    ['🚀', 'service'],
  ])('makes %j a name', (serviceName, name) => {
    expect(names('shop-prod', ['shop-prod-ok', serviceName]).services.get(serviceName)).toBe(name);
  });

  it('takes only what --service names, by either name', () => {
    const only = { only: ['api', 'shop-prod-web'] };
    expect(summary('shop-prod', ['shop-prod-api', 'shop-prod-web', 'shop-prod-workers'], only)).toMatchObject({
      services: ['shop-prod-api=api', 'shop-prod-web=web'],
      leftOut: ['shop-prod-workers'],
    });
  });

  it('knows what was meant by a --service that is not there', () => {
    const error = (() => {
      try {
        return names('shop-prod', ['shop-prod-api'], { only: ['aip'] });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(isPlatformError(error) && [error.exitCode, error.hints]).toEqual([5, ['did you mean --service api?']]);
  });
});

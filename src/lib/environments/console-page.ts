/** `platform open`: which page of the AWS console is meant, and what is said about it. Pure; lib/cli opens it. */
import { alarmsLink, clusterLink, logGroupLink, serviceLink } from '../aws/console-links.js';
import type { Line, Report } from '../cli/report.js';
import type { ResolvedService } from '../config/project.js';
import type { Place } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { PlatformError } from '../errors/platform-error.js';
import { chooseServices } from '../services/choose-services.js';

export const pageKinds = ['service', 'logs', 'cluster', 'alarms'] as const;
export type PageKind = (typeof pageKinds)[number];

export interface PageRequest {
  /** Name in platform.yaml. */
  readonly service?: string;
  readonly what?: PageKind;
}

export interface ConsolePage {
  readonly what: PageKind;
  readonly service: string | null;
  readonly url: string;
}

/** opened: in a browser; printed: only said; none: there is nothing to open, as in the sandbox. */
export interface OpenResult extends ConsolePage {
  readonly how: 'opened' | 'printed' | 'none';
}

type At = Pick<ResolvedTarget, 'environment' | 'target'>;

export const consolePage = ({ environment, target }: At, request: PageRequest): ConsolePage => {
  const at = { region: target.region, account: target.account };
  const what = request.what ?? (request.service === undefined ? 'cluster' : 'service');
  const named = request.service === undefined ? undefined : one(environment.services, request.service);
  switch (what) {
    case 'cluster':
      return { what, service: named?.name ?? null, url: clusterLink(at, environment.cluster) };
    case 'alarms':
      return { what, service: named?.name ?? null, url: alarmsLink(at) };
    case 'service': {
      const { name, serviceName } = named ?? theOnly(environment.services, what);
      return { what, service: name, url: serviceLink(at, { cluster: environment.cluster, serviceName }) };
    }
    case 'logs': {
      const { name, logGroup } = named ?? theOnly(environment.services, what);
      return { what, service: name, url: logGroupLink(at, logGroup) };
    }
  }
};

const one = (services: readonly ResolvedService[], name: string): ResolvedService | undefined =>
  chooseServices(services, [name])[0];

const theOnly = (services: readonly ResolvedService[], what: PageKind): ResolvedService => {
  const [only, ...others] = services;
  if (only !== undefined && others.length === 0) return only;
  const names = services.map(({ name }) => name);
  throw new PlatformError('E_USAGE', `of which service? There are ${names.join(', ')}`, {
    hints: [`platform open ${only?.name ?? 'SERVICE'} --what ${what}`],
    details: { services: names },
  });
};

export const reportPage = (
  page: ConsolePage,
  done: { readonly place: Place; readonly browsing: 'opened' | 'not-here' | 'failed' },
): Report<OpenResult> => {
  const link: Line = [{ text: page.url, link: page.url }];
  if (done.place.kind === 'sandbox') {
    return {
      result: { ...page, how: 'none' },
      lines: ['A sandbox has no console. In AWS this would be the page:', link],
    };
  }
  return {
    result: { ...page, how: done.browsing === 'opened' ? 'opened' : 'printed' },
    lines: [link],
    ...(done.browsing === 'failed'
      ? { warnings: [{ code: 'W_NO_BROWSER', message: 'no browser could be started; open the address yourself' }] }
      : {}),
  };
};

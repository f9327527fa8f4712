import { distinctStops, eventLines, type Rule, stopsMatching } from '../rule.js';

const pattern = /CannotPull|pull image manifest|manifest unknown|failed to resolve ref/i;

export const imageNotFound: Rule = {
  cause: 'image-not-found',
  find(evidence, context) {
    const stops = stopsMatching(evidence, pattern);
    const missing = evidence.missing.filter((entry) => entry.kind === 'image');
    if (stops.length === 0 && missing.length === 0) return undefined;
    const image = missing[0]?.name ?? stops[0]?.containers.find((container) => container.image)?.image;
    return {
      summary: `the image${image ? ` ${image}` : ''} could not be pulled`,
      evidence: [
        ...distinctStops(stops),
        ...missing.map((entry) => ({ source: 'lookup' as const, text: `${entry.name} is not in the registry` })),
        ...eventLines(evidence, /unable to (consistently start|place)/i, 1),
      ],
      fix: 'push the image, or deploy a tag that the registry has; if it is there, check that the execution role may pull it and that the subnets reach the registry',
      next: [
        {
          command: `platform deploy ${context.service} -e ${context.environment} --tag TAG`,
          why: 'deploy a tag that exists',
        },
      ],
    };
  },
};

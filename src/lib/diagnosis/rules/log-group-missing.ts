import { distinctStops, type Rule, redeploy, stopsMatching } from '../rule.js';

const pattern = /log group does not exist|failed to validate logger args|failed to create Cloudwatch log stream/i;

export const logGroupMissing: Rule = {
  cause: 'log-group-missing',
  find(evidence, context) {
    const stops = stopsMatching(evidence, pattern);
    const missing = evidence.missing.filter((entry) => entry.kind === 'log-group');
    if (stops.length === 0 && missing.length === 0) return undefined;
    const name = missing[0]?.name ?? evidence.logs[0]?.group;
    return {
      summary: `the log group${name ? ` ${name}` : ''} does not exist, so no container can start`,
      evidence: [
        ...distinctStops(stops),
        ...missing.map((entry) => ({ source: 'lookup' as const, text: `log group ${entry.name} does not exist` })),
      ],
      fix: name
        ? `aws logs create-log-group --log-group-name ${name}`
        : 'create the log group that the task definition names',
      next: [redeploy(context)],
    };
  },
};

import { distinctStops, eventLines, logLines, type Rule, redeploy, stopsMatching } from '../rule.js';

const pattern = /failed (ELB|container) health checks|Task failed .*health checks/i;

export const unhealthy: Rule = {
  cause: 'unhealthy',
  find(evidence, context) {
    const stops = stopsMatching(evidence, pattern);
    const targets = evidence.targets.filter((target) => target.state === 'unhealthy');
    const events = eventLines(evidence, /is unhealthy in|failed container health checks/i);
    if (stops.length === 0 && targets.length === 0 && events.length === 0) return undefined;
    const why = targets[0]?.description ?? targets[0]?.reason;
    return {
      summary: `the tasks start but do not pass their health check${why ? `: ${why}` : ''}`,
      evidence: [
        ...targets.slice(0, 3).map((target) => ({
          source: 'target' as const,
          text: `target ${target.id}: ${target.state}${target.reason ? `, ${target.reason}` : ''}${target.description ? `, ${target.description}` : ''}`,
        })),
        ...events,
        ...distinctStops(stops),
        ...logLines(evidence, undefined),
      ],
      fix: 'check the health path and port in platform.yaml against what the program serves, and whether it needs a longer grace period to start',
      next: [redeploy(context)],
    };
  },
};

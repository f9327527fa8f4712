import { eventLines, logLines, type Rule, redeploy } from '../rule.js';

export const notReadyInTime: Rule = {
  cause: 'not-ready-in-time',
  find(evidence, context) {
    const deadline = evidence.deadline;
    if (!deadline) return undefined;
    const minutes = Math.round(deadline.limitMs / 6_000) / 10;
    return {
      summary: `${deadline.healthy} of ${deadline.desired} tasks were healthy after ${minutes} minutes`,
      evidence: [
        {
          source: 'deployment',
          text: `deadline ${minutes} min passed: ${deadline.healthy} of ${deadline.desired} tasks healthy`,
        },
        ...eventLines(evidence, /unable to|unhealthy|insufficient|capacity|has started/i),
        ...logLines(evidence, undefined),
      ],
      fix: `if the program needs longer to start, raise services.${context.service}.strategy.deadline and its health check grace period; otherwise its log says what it waits for`,
      next: [redeploy(context)],
    };
  },
};

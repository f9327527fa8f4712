import { logLines, type Rule, redeploy } from '../rule.js';

export const smokeFailed: Rule = {
  cause: 'smoke-failed',
  find(evidence, context) {
    const smoke = evidence.smoke;
    if (!smoke) return undefined;
    return {
      summary: `the tasks are healthy, but the smoke test failed: ${smoke.lastResult}`,
      evidence: [
        {
          source: 'smoke',
          text: `${smoke.what}: ${smoke.lastResult} (${smoke.attempts} attempt${smoke.attempts === 1 ? '' : 's'})`,
        },
        ...logLines(evidence, undefined),
      ],
      fix: 'run the smoke test by hand against this release, or correct services.smoke in platform.yaml if it asks the wrong thing',
      next: [redeploy(context)],
    };
  },
};

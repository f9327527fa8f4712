import { distinctStops, logLines, ownStops, type Rule, redeploy } from '../rule.js';

export const outOfMemory: Rule = {
  cause: 'out-of-memory',
  find(evidence, context) {
    const hits = ownStops(evidence).filter((task) =>
      [task.stoppedReason, ...task.containers.map((container) => container.reason)].some((reason) =>
        /OutOfMemory/i.test(reason ?? ''),
      ),
    );
    const first = hits[0];
    if (!first) return undefined;
    const container = first.containers.find((entry) => /OutOfMemory/i.test(entry.reason ?? ''));
    return {
      summary: `container ${container?.name ?? context.service} was killed because it used more memory than it has`,
      evidence: [
        ...(container
          ? [
              {
                source: 'container' as const,
                text: `${container.name}: exit code ${container.exitCode ?? 'none'}, ${container.reason ?? ''}`,
              },
            ]
          : []),
        ...distinctStops(hits),
        ...logLines(evidence, container?.name),
      ],
      fix: `raise memory in the task definition of ${context.service}, or find what grew`,
      next: [redeploy(context)],
    };
  },
};

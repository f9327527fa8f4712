import type { StoppedTaskEvidence } from '../evidence.js';
import { distinctStops, logLines, ownStops, type Rule, redeploy } from '../rule.js';

/** The container that ended first on its own account: non-zero before zero (a sidecar that followed it down ends with 0). */
const culprit = (task: StoppedTaskEvidence) =>
  task.containers.find((container) => (container.exitCode ?? 0) !== 0) ??
  task.containers.find((container) => container.exitCode !== undefined);

const known: Readonly<Record<number, string>> = {
  0: 'it ended by itself, but a service must keep running',
  126: 'the command is not executable',
  127: 'the command was not found in the image',
  137: 'it was killed (SIGKILL), without a memory report',
  139: 'it crashed (segmentation fault)',
  143: 'it was told to stop (SIGTERM)',
};

export const exitCode: Rule = {
  cause: 'exit-code',
  find(evidence, context) {
    const stops = ownStops(evidence).filter((task) => task.stopCode === 'EssentialContainerExited' && culprit(task));
    const first = stops[0];
    const container = first && culprit(first);
    if (!container) return undefined;
    const code = container.exitCode ?? 0;
    return {
      summary: `container ${container.name} exited with code ${code}${known[code] ? `: ${known[code]}` : ''}`,
      evidence: [
        {
          source: 'container',
          text: `${container.name}: exit code ${code}${container.reason ? `, ${container.reason}` : ''}`,
        },
        ...distinctStops(stops),
        ...logLines(evidence, container.name),
      ],
      fix: 'the last log lines above are the program\u2019s own words: mend what they name',
      next: [redeploy(context)],
    };
  },
};

import { distinctStops, type Rule, redeploy, stopsMatching } from '../rule.js';

const pattern = /unable to (pull secrets|retrieve secrets?)|invalid parameters?:|Secrets Manager can't find/i;
/** AWS ends the text with the names: `… invalid parameters: /shop/staging/DATABASE_URL` or `… failed to fetch secret NAME from …`. */
const named = /(?:invalid parameters?:\s*|failed to fetch secret\s+)([^\s,]+)/i;

export const secretMissing: Rule = {
  cause: 'secret-missing',
  find(evidence, context) {
    const stops = stopsMatching(evidence, pattern);
    const missing = evidence.missing.filter((entry) => entry.kind === 'parameter' || entry.kind === 'secret');
    if (stops.length === 0 && missing.length === 0) return undefined;
    const fromText = stops.map((task) => named.exec(task.stoppedReason ?? '')?.[1]).find((name) => name !== undefined);
    const name = missing[0]?.name ?? fromText;
    return {
      summary: `a secret that the container needs does not exist or cannot be read${name ? `: ${name}` : ''}`,
      evidence: [
        ...distinctStops(stops),
        ...missing.map((entry) => ({ source: 'lookup' as const, text: `${entry.kind} ${entry.name} does not exist` })),
      ],
      fix: `create ${name ?? 'the parameter or secret'}, or correct its name in the task definition; if it exists, the execution role lacks the right to read it`,
      next: [redeploy(context)],
    };
  },
};

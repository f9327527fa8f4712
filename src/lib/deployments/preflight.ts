/** What stands in the way of a deploy, before the plan: refusals with their exit code, and what is only worth a warning. */

import { revisionOf } from '../aws/ecs-model.js';
import { toStepError } from '../aws/errors.js';
import type { Warning } from '../cli/report.js';
import { PlatformError } from '../errors/platform-error.js';
import type { EcsPorts } from '../runtimes/ecs/ports.js';
import { observeMissing } from '../runtimes/ecs/references.js';
import type { LiveService } from '../services/observe-live.js';
import type { Composed } from './compose-release.js';

/** A sleeping environment has desired counts that somebody has put to 0 on purpose. */
export const assertAwake = (live: readonly LiveService[], environment: string): void => {
  if (live.length === 0 || live.some((service) => service.seen.desired > 0)) return;
  throw new PlatformError(
    'E_CONFLICT',
    `${environment} is asleep: every chosen service has desired count 0; nothing was changed`,
    {
      hints: ['give the services a desired count first'],
      details: { services: live.map((service) => service.seen.name) },
    },
  );
};

export const assertNobodyElse = (live: readonly LiveService[], environment: string): void => {
  const busy = live.find((service) => service.inProgress !== undefined);
  const deployment = busy?.inProgress;
  if (!busy || !deployment) return;
  const since = new Date(deployment.startedAtMs ?? deployment.createdAtMs).toISOString();
  const name = busy.service.name;
  const run = busy.live.tags['platform:run'];
  throw new PlatformError(
    'E_CONFLICT',
    `another deployment of ${name} is in progress: ${deployment.arn}, ${deployment.status} since ${since}, to release ${revisionOf(busy.picture.taskDefinition)}; nothing was changed`,
    {
      hints: [
        // A run of ours began it: it may have died, then going on with it is what is wanted.
        ...(run === undefined ? [] : [`platform runs resume ${run}`, `platform runs undo ${run}`]),
        `platform deploy ${name} -e ${environment} --attach`,
        `platform deploy ${name} -e ${environment} --supersede`,
        `platform rollback ${name} -e ${environment}`,
      ],
      details: { service: name, deployment: deployment.arn, status: deployment.status, since },
    },
  );
};

/** Terraform registers revisions too: what it last wrote may be missing from what is live. Ours that failed are no news. */
export const staleFamilyWarnings = (composed: readonly Composed[]): readonly Warning[] =>
  composed.flatMap(({ live }) =>
    live.latest?.by !== 'others'
      ? []
      : [
          {
            code: 'latest-not-live',
            message: `${live.service.name}: the newest revision of ${live.service.family} is ${revisionOf(live.latest.arn)}, live is ${live.live.revision}; it was registered elsewhere (Terraform?)`,
          },
        ],
  );

/** Tasks could not start: said before the plan, and not refused, because whoever deploys may be about to create it. */
export const missingReferenceWarnings = async (
  ports: Pick<EcsPorts, 'ssm' | 'secrets' | 'logs'>,
  composed: readonly Composed[],
): Promise<readonly Warning[]> => {
  const found = await Promise.all(
    composed
      .filter((candidate) => !candidate.isUnchanged)
      .map(async ({ live, definition }): Promise<readonly Warning[]> => {
        try {
          const missing = await observeMissing(ports, definition);
          return missing.map(({ kind, name }) => ({
            code: `${kind}-missing`,
            message: `${live.service.name}: the ${kind.replace('-', ' ')} ${name} does not exist, so its tasks will not start`,
          }));
        } catch (error) {
          const { message } = toStepError(error);
          return [
            {
              code: 'references-unchecked',
              message: `${live.service.name}: secrets and log groups could not be checked: ${message}`,
            },
          ];
        }
      }),
  );
  return found.flat();
};

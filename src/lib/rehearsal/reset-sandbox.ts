/** `platform sandbox reset`: a new, empty AWS account at the same address, seeded again from the project here. */
import type { Report } from '../cli/report.js';
import type { Ctx } from '../context/context.js';
import { chosenControl } from './choose-sandbox.js';
import { seedFromFolder } from './seed-sandbox.js';

export interface SandboxResetResult {
  readonly id: string;
  readonly seeded: readonly string[];
}

export const resetSandbox = async (
  ctx: Pick<Ctx, 'env' | 'paths'>,
  options: { readonly environment?: string; readonly config?: string },
): Promise<Report<SandboxResetResult>> => {
  const client = chosenControl(ctx);
  const { id } = await client.reset();
  const seeded = await seedFromFolder(ctx, { client, ...options });
  return {
    result: { id, seeded: seeded.added },
    lines: [
      `The sandbox begins anew as ${id}; runs of the old one cannot be resumed.`,
      ...(seeded.environments.length > 0 ? [`In it: ${seeded.environments.join(', ')}.`] : []),
    ],
    warnings: seeded.warnings,
  };
};

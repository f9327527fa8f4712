/**
 * The first command from a project puts it into the sandbox. Only the first: what somebody has deleted there since is
 * meant to be gone. A marker beside the registry remembers it; `sandbox reset` gives a new id, and so a new first time.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Project, ResolvedEnvironment } from '../config/project.js';
import type { Paths, Place } from './context.js';

export interface SeedOnceOptions {
  readonly place: Extract<Place, { kind: 'sandbox' }>;
  readonly project: Project;
  readonly environment: ResolvedEnvironment;
}

export const seedOnce = async (paths: Paths, { place, project, environment }: SeedOnceOptions): Promise<void> => {
  if (place.controlToken === undefined) return;
  const marker = join(paths.state, 'sandboxes', `${place.id}.${environment.project}.${environment.name}.seeded`);
  if (existsSync(marker)) return;
  const [{ controlClient }, { seedFromProject }] = await Promise.all([
    import('../rehearsal/control-client.js'),
    import('../rehearsal/seed-from-project.js'),
  ]);
  const client = controlClient({ endpoint: place.endpoint, token: place.controlToken });
  await client.seedOnce(seedFromProject({ project, environment }));
  try {
    writeFileSync(marker, '', { mode: 0o600 });
  } catch {
    // A full or read-only disk: the sandbox itself remembers that it was given this very document.
  }
};

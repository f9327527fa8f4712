/**
 * The proof before anything is promised: the files are written to a private temporary folder, loaded as every command
 * loads them, each template is rendered with the live image and compared with the live task definition. Whoever does not
 * render is left out; whoever renders to something else gets a question.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadProject } from '../config/load.js';
import { normaliseTaskDefinition } from '../config/normalise-task-definition.js';
import type { Project, ResolvedEnvironment } from '../config/project.js';
import { resolveEnvironment } from '../config/resolve.js';
import { attemptRender } from '../config/template.js';
import { sameJson } from '../plan/json.js';
import type { Adoption } from './map-cluster.js';
import { isMembers, type Members, membersOf, textOf } from './members.js';
import type { AdoptedService } from './model.js';

export interface AdoptionFile {
  readonly path: string;
  readonly text: string;
}

export type Finding =
  | { readonly kind: 'broken'; readonly serviceName: string; readonly why: string }
  | { readonly kind: 'different'; readonly serviceName: string; readonly members: readonly string[] };

export const verifyAdoption = (adoption: Adoption, files: readonly AdoptionFile[]): readonly Finding[] => {
  const folder = mkdtempSync(join(tmpdir(), 'platform-adopt-'));
  try {
    for (const { path, text } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text, { mode: 0o600 });
    }
    const project = loadProject({ cwd: folder, env: {}, file: join(folder, 'platform.yaml') });
    const environment = resolveEnvironment(project, adoption.names.environment.value, { env: {} });
    return adoption.services.flatMap((service) => check(service, { adoption, project, environment }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

interface Checking {
  readonly adoption: Adoption;
  readonly project: Project;
  readonly environment: ResolvedEnvironment;
}

const check = (service: AdoptedService, { adoption, project, environment }: Checking): readonly Finding[] => {
  const { serviceName } = service;
  const resolved = environment.services.find(({ name }) => name === service.name);
  const live = adoption.facts.services.find(({ settings }) => settings.name === serviceName)?.record?.definition;
  if (resolved === undefined || live === undefined)
    return [{ kind: 'broken', serviceName, why: 'it is missing from what was written' }];
  const { account } = adoption.facts;
  const rendered = attemptRender(resolved, { project, environment, image: service.image, account });
  const [first] = rendered.diagnostics;
  if (rendered.taskDefinition === undefined)
    return [{ kind: 'broken', serviceName, why: `its task definition cannot be a template: ${first?.message ?? ''}` }];
  const members = differences(normaliseTaskDefinition(live), normaliseTaskDefinition(rendered.taskDefinition));
  return members.length === 0 ? [] : [{ kind: 'different', serviceName, members }];
};

const byName = (containers: unknown): ReadonlyMap<string, Members> =>
  new Map(membersOf(containers).map((container) => [textOf(container['name']), container]));

/** Names of members that differ, never their values. */
const differences = (live: Members, ours: Members): readonly string[] => {
  const keys = [...new Set([...Object.keys(live), ...Object.keys(ours)])].sort();
  return keys
    .filter((key) => !sameJson(live[key], ours[key]))
    .flatMap((key) => {
      if (key !== 'containerDefinitions') return [key];
      const [before, after] = [byName(live[key]), byName(ours[key])];
      return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) =>
        containerDifferences(before.get(name) ?? {}, after.get(name) ?? {}).map((member) => `${name}.${member}`),
      );
    });
};

const containerDifferences = (live: Members, ours: Members): readonly string[] =>
  [...new Set([...Object.keys(live), ...Object.keys(ours)])]
    .sort()
    .filter((key) => !sameJson(live[key], ours[key]))
    .filter((key) => isMembers(live) && key !== 'name');

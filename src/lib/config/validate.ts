/** `config validate`: every environment, every variable and every template, all at once. */
import type { Line, Report } from '../cli/report.js';
import { configError, tidy } from './diagnostics.js';
import { inspectProject, type LoadOptions } from './load.js';
import type { Diagnostic, Project, ResolvedEnvironment } from './project.js';
import { resolveEnvironment } from './resolve.js';
import type { ConfigValidateResult } from './result-schemas.js';
import { attemptRender } from './template.js';

// Templates are rendered to be checked, not to be sent: any digest and account will do.
const sampleDigest = `sha256:${'0'.repeat(64)}`;
const sampleAccount = '123456789012';

const checkTemplates = (project: Project, environment: ResolvedEnvironment): readonly Diagnostic[] =>
  environment.services.flatMap(
    (service) =>
      attemptRender(service, {
        project,
        environment,
        image: `${service.repository}@${sampleDigest}`,
        account: environment.account ?? sampleAccount,
      }).diagnostics,
  );

/** Errors that loadProject leaves to whoever needs the value, and those of the templates. Empty when all is well. */
export const validateProject = (project: Project): readonly Diagnostic[] => {
  const found = Object.keys(project.config.environments).flatMap((name) => {
    const view = project.viewOf(name);
    if (view.unset.length > 0 || view.config === undefined) return view.unset;
    return checkTemplates(project, resolveEnvironment(project, name, { env: project.env }));
  });
  return tidy(found);
};

/** Throws E_CONFIG with all of it; also templates of a platform.yaml that has errors of its own. */
export const validateConfig = (options: LoadOptions): Report<ConfigValidateResult> => {
  const { file, diagnostics, unset, project } = inspectProject(options);
  const templates = project === undefined ? [] : validateProject(project);
  const all = [...diagnostics, ...unset, ...templates];
  const files = new Set(all.map(({ at }) => at?.file));
  if (all.length > 0)
    throw configError(files.size > 1 ? 'the configuration' : (all[0]?.at?.file ?? file), all, { hints: [] });
  const environments = Object.keys(project?.config.environments ?? {});
  const services = Object.keys(project?.config.services ?? {});
  const lines: readonly Line[] = [
    [
      { text: file, tone: 'strong' },
      { text: ' is valid', tone: 'good' },
    ],
    `  environments  ${environments.join(', ')}`,
    `  services      ${services.join(', ')}`,
  ];
  return { result: { file: project?.file ?? file, environments, services }, lines };
};

/**
 * `platform adopt`: what runs in an ECS cluster already → platform.yaml and a template for each service, so that status,
 * logs and deploy work on it at once. AWS is only read. What it is, in order: choose the cluster, observe, guess names,
 * map (pure), prove that the files say what is live, compare with the folder, write. Start reading at adoptCluster.
 * May import the gateways, config, scaffold's files; never another noun's actions.
 */
import { resolve } from 'node:path';
import type { Report } from '../cli/report.js';
import { platformSchemaText } from '../config/json-schema.js';
import { namePattern } from '../config/schema.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedAccount } from '../context/resolve-account.js';
import { isPlatformError, PlatformError } from '../errors/platform-error.js';
import { planFiles } from '../scaffold/plan-files.js';
import { assertNothingLost, writeScaffold } from '../scaffold/write-scaffold.js';
import { type ClusterRequest, chooseCluster } from './choose-cluster.js';
import { chooseNames } from './choose-names.js';
import { type Adoption, mapCluster } from './map-cluster.js';
import type { AdoptedService, ClusterFacts, Names } from './model.js';
import { observeCluster } from './observe-cluster.js';
import { reportAdoption } from './report-adoption.js';
import type { AdoptResult } from './result-schema.js';
import { type AdoptionFile, type Finding, verifyAdoption } from './verify-adoption.js';
import { platformYaml, templatePath } from './write-platform-yaml.js';
import { jsonText } from './yaml-text.js';

export interface AdoptRequest extends ClusterRequest {
  readonly project?: string | undefined;
  readonly environment?: string | undefined;
  /** Names of services; all when empty. */
  readonly services: readonly string[];
  readonly outputDir: string;
  readonly mode: 'write' | 'preview';
  readonly edited: 'keep' | 'overwrite';
}

export const adoptCluster = async (
  ctx: Pick<Ctx, 'paths'>,
  account: ResolvedAccount,
  request: AdoptRequest,
): Promise<Report<AdoptResult>> => {
  assertName(request.project, '--project');
  assertName(request.environment, '--env');
  const facts = await observeCluster(account, await chooseCluster(account, request));
  if (facts.services.length === 0)
    throw new PlatformError('E_NOT_FOUND', `cluster ${facts.cluster} has no services: there is nothing to adopt`, {
      hints: ['platform init, to begin a new project'],
    });
  const { adoption, files } = proven(facts, chooseNames({ ...request, ...facts, only: request.services }));
  const schema = { path: 'platform.schema.json', text: platformSchemaText() };
  const folder = resolve(ctx.paths.cwd, request.outputDir);
  const plan = planFiles(folder, files.length === 0 ? [] : [...files, schema]);
  if (request.mode === 'write' && plan.files.length > 0) {
    if (request.edited === 'keep')
      assertNothingLost(plan, { source: 'live account', command: `platform adopt --cluster ${facts.cluster} --force` });
    writeScaffold(plan);
  }
  return reportAdoption({ adoption, plan, mode: request.mode, cwd: ctx.paths.cwd });
};

const assertName = (name: string | undefined, flag: string): void => {
  if (name === undefined || namePattern.test(name)) return;
  throw new PlatformError('E_USAGE', `${JSON.stringify(name)} is not a name for ${flag}`, {
    hints: ['lower-case letters, digits and dashes, at most 63 characters'],
  });
};

export const filesOf = (adoption: Adoption): readonly AdoptionFile[] => [
  { path: 'platform.yaml', text: platformYaml(adoption) },
  ...adoption.services.map((service) => ({ path: templatePath(service), text: jsonText(service.template) })),
];

export interface Proven {
  readonly adoption: Adoption;
  readonly files: readonly AdoptionFile[];
}

/** Maps, and holds the result against the live account, as it would be loaded. */
export const proven = (facts: ClusterFacts, names: Names): Proven => {
  const first = mapCluster(facts, names);
  if (first.services.length === 0) return { adoption: first, files: [] };
  const findings = findingsOf(first);
  // Without the broken ones the rest may look different (who is behind which path): proven again.
  if (findings.some(({ kind }) => kind === 'broken')) return proven(facts, withoutBroken(names, findings));
  const adoption = withQuestions(first, findings);
  return { adoption, files: filesOf(adoption) };
};

const findingsOf = (adoption: Adoption): readonly Finding[] => {
  try {
    return verifyAdoption(adoption, filesOf(adoption));
  } catch (error) {
    throw tooMuch(error, adoption.services.length);
  }
};

/** More than every command is willing to load. */
const tooMuch = (error: unknown, services: number): unknown => {
  if (!isPlatformError(error) || error.code !== 'E_CONFIG') return error;
  const [, reason = ''] = error.message.split('\n');
  return new PlatformError(
    'E_USAGE',
    `${services} services do not make a platform.yaml that can be loaded; nothing was written:${reason}`,
    { hints: ['--service NAME, several times', '--project NAME --env NAME'], cause: error },
  );
};

const withoutBroken = (names: Names, findings: readonly Finding[]): Names => {
  const broken = new Map(findings.flatMap((each) => (each.kind === 'broken' ? [[each.serviceName, each.why]] : [])));
  return {
    ...names,
    services: new Map([...names.services].filter(([serviceName]) => !broken.has(serviceName))),
    leftOut: new Map([...names.leftOut, ...broken]),
  };
};

/** What differs by intention when a secret moved has its own question. */
const unintended = (service: AdoptedService, members: readonly string[]): readonly string[] =>
  service.questions.some(({ code }) => code === 'secret')
    ? members.filter((member) => !/\.(environment|secrets|logConfiguration)$/.test(member))
    : members;

const withQuestions = (adoption: Adoption, findings: readonly Finding[]): Adoption => ({
  ...adoption,
  services: adoption.services.map((service) => {
    const found = findings.find((each) => each.kind === 'different' && each.serviceName === service.serviceName);
    const members = found?.kind === 'different' ? unintended(service, found.members) : [];
    if (members.length === 0) return service;
    return {
      ...service,
      questions: [
        ...service.questions,
        {
          code: 'difference',
          service: service.name,
          question: `a deploy would change ${members.slice(0, 5).join(', ')}, which could not be said exactly`,
          fix: 'look at platform deploy --config-only --dry-run before the first deploy',
        },
      ],
    };
  }),
});
